//! What the claims of a verified token make of its bearer.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::EMAIL;
use crate::authenticate::OidcSettings;
use crate::identity::User;

/// How far the provider's clock may be ahead of ours, as for other clients of such tokens.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// Groups of one user, as many as of one whom somebody impersonates; more come from a provider that lists everything.
const GROUPS_MAX: usize = 1_000;

/// The user, or why there is none.
pub(super) fn user(
    claims: &Value,
    settings: &OidcSettings,
    prefix: &str,
    now: Timestamp,
) -> Result<User, String> {
    check_times(claims, now)?;
    if !is_for(claims, &settings.client_id) {
        return Err(format!("oidc: verify token: expected audience {:?}", settings.client_id));
    }
    let name = username(claims, &settings.username_claim)?;
    for (claim, wanted) in &settings.required_claims {
        match claims[claim].as_str() {
            Some(found) if found == wanted => {}
            Some(_) => return Err(format!("oidc: required claim {claim} value does not match")),
            None => return Err(format!("oidc: required claim {claim} not present in ID token")),
        }
    }
    let groups = match &settings.groups_claim {
        Some(claim) => groups(&claims[claim], claim)?,
        None => Vec::new(),
    };
    let groups = groups.into_iter().map(|group| format!("{}{group}", settings.groups_prefix));
    Ok(User { name: format!("{prefix}{name}"), groups: groups.collect(), ..User::default() })
}

fn check_times(claims: &Value, now: Timestamp) -> Result<(), String> {
    // Some providers write fractions.
    let time = |claim: &str| {
        let seconds = &claims[claim];
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fractions and what no clock shows are cut"
        )]
        let seconds = seconds.as_i64().or_else(|| seconds.as_f64().map(|number| number as i64));
        seconds.and_then(|seconds| Timestamp::from_second(seconds).ok())
    };
    match time("exp") {
        Some(end) if now < end => {}
        _ => return Err("oidc: verify token: token is expired".to_owned()),
    }
    match time("nbf") {
        Some(start) if now + AHEAD < start => {
            Err("oidc: verify token: current time is before the nbf (not before) time".to_owned())
        }
        _ => Ok(()),
    }
}

fn is_for(claims: &Value, client: &str) -> bool {
    match &claims["aud"] {
        Value::String(only) => only == client,
        Value::Array(several) => several.iter().any(|one| one == client),
        _ => false,
    }
}

fn username<'a>(claims: &'a Value, claim: &str) -> Result<&'a str, String> {
    let name = claims[claim].as_str().filter(|name| !name.is_empty());
    let name =
        name.ok_or_else(|| format!("oidc: parse username claims {claim:?}: claim not present"))?;
    // A provider that lets people choose their address says so by this claim.
    if claim == EMAIL && claims.get("email_verified").is_some_and(|verified| verified != true) {
        return Err("oidc: email not verified".to_owned());
    }
    Ok(name)
}

/// One group or several.
fn groups(value: &Value, claim: &str) -> Result<Vec<String>, String> {
    let malformed =
        || format!("oidc: parse groups claim {claim:?}: a text or a list of texts is wanted");
    match value {
        Value::Null => Ok(Vec::new()),
        Value::String(one) => Ok(vec![one.clone()]),
        Value::Array(several) if several.len() > GROUPS_MAX => Err(format!(
            "oidc: parse groups claim {claim:?}: a user may be in {GROUPS_MAX} groups at most"
        )),
        Value::Array(several) => several
            .iter()
            .map(|group| group.as_str().map(str::to_owned).ok_or_else(malformed))
            .collect(),
        _ => Err(malformed()),
    }
}

#[cfg(test)]
mod tests;
