//! `clientConfig`, by which webhooks of every sort say what to call.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Destination, Settings, Trust};

/// What a `clientConfig` says: a URL or a Service, and the authority that vouches for it.
pub(crate) fn client_config(config: &Value) -> Result<Settings, String> {
    let destination = match (config["url"].as_str(), config.get("service")) {
        (Some(url), _) => Destination::of_url(url)?,
        (None, Some(reference)) if reference.is_object() => Destination::of_service(reference)?,
        _ => return Err("neither a url nor a service is given".to_owned()),
    };
    let trust = match config["caBundle"].as_str().unwrap_or_default() {
        "" => Trust::System,
        text => Trust::Authorities(
            STANDARD.decode(text).map_err(|error| format!("caBundle is no base64: {error}"))?,
        ),
    };
    Ok(Settings { trust, ..Settings::new(destination) })
}
