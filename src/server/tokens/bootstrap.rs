//! Bootstrap tokens: `<id>.<secret>`, kept in a Secret, with which a machine joins before it has a certificate.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use machinery::document;
use serde_json::Value;

use crate::catalog::Catalog;
use crate::identity::User;

const NAMESPACE: &str = "kube-system";
const TYPE: &str = "bootstrap.kubernetes.io/token";
const GROUP: &str = "system:bootstrappers";
const ID_CHARS: usize = 6;
const SECRET_CHARS: usize = 16;

/// The user a bootstrap token stands for.
pub(super) fn user(catalog: &Catalog, token: &str, now: Timestamp) -> Option<User> {
    let (id, secret) = parts(token)?;
    let secrets = catalog.find("", "v1", "secrets")?;
    let key = secrets.key(Some(NAMESPACE), &format!("bootstrap-token-{id}"));
    let found = secrets.shelf()?.get(&key).filter(|found| !found.terminating)?.object();
    let text = |field: &str| text(&found["data"][field]);
    let valid = found["type"] == TYPE
        && text("token-id").is_some_and(|own| own == id)
        && text("token-secret").is_some_and(|own| is_same(&own, secret))
        && text("usage-bootstrap-authentication").is_some_and(|usage| usage == "true")
        && text("expiration").is_none_or(|end| end.parse::<Timestamp>().is_ok_and(|end| now < end));
    if !valid || document::name(&found) != format!("bootstrap-token-{id}") {
        return None;
    }
    let extra = text("auth-extra-groups").unwrap_or_default();
    let extra = extra.split(',').map(str::trim);
    // Only groups of their own: a Secret must not make somebody an administrator.
    let extra = extra.filter(|group| group.starts_with("system:bootstrappers:"));
    let groups = std::iter::once(GROUP).chain(extra).map(str::to_owned).collect();
    Some(User { name: format!("system:bootstrap:{id}"), groups, ..User::default() })
}

fn parts(token: &str) -> Option<(&str, &str)> {
    let (id, secret) = token.split_once('.')?;
    let plain = |part: &str, chars: usize| {
        part.len() == chars
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    (plain(id, ID_CHARS) && plain(secret, SECRET_CHARS)).then_some((id, secret))
}

fn text(encoded: &Value) -> Option<String> {
    String::from_utf8(STANDARD.decode(encoded.as_str()?).ok()?).ok()
}

/// Compares in a time that does not tell where they differ.
fn is_same(own: &str, given: &str) -> bool {
    let difference =
        own.bytes().zip(given.bytes()).fold(0, |all, (own, given)| all | (own ^ given));
    own.len() == given.len() && difference == 0
}

#[cfg(test)]
mod tests;
