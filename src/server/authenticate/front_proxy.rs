//! A proxy in front of the server that has authenticated the client itself and says in headers who it is.

use http::HeaderMap;
use http::header::HeaderName;

use super::settings::RequestHeader;
use crate::BoxError;
use crate::identity::User;
use crate::query;

/// Values one request may carry; a user in more groups than these is a mistake.
const VALUES_MAX: usize = 1_000;

/// Which headers are believed, and from whom.
#[derive(Debug)]
pub(super) struct FrontProxy {
    allowed_names: Vec<String>,
    username: Vec<HeaderName>,
    uid: Vec<HeaderName>,
    groups: Vec<HeaderName>,
    extra_prefixes: Vec<String>,
}

impl FrontProxy {
    pub(super) fn new(settings: &RequestHeader) -> Result<Self, BoxError> {
        let names = |list: &[String]| -> Result<Vec<HeaderName>, BoxError> {
            let names = list.iter().filter(|name| !name.trim().is_empty());
            names.map(|name| Ok(HeaderName::try_from(name.trim())?)).collect()
        };
        let prefixes = settings.extra_headers_prefix.iter();
        Ok(Self {
            allowed_names: settings.allowed_names.clone(),
            username: names(&settings.username_headers)?,
            uid: names(&settings.uid_headers)?,
            groups: names(&settings.group_headers)?,
            extra_prefixes: prefixes.map(|prefix| prefix.trim().to_ascii_lowercase()).collect(),
        })
    }

    /// The user that a proxy of this name speaks for, if it names one and may.
    pub(super) fn user(&self, proxy: &str, headers: &HeaderMap) -> Option<User> {
        if !self.allowed_names.is_empty() && !self.allowed_names.iter().any(|name| name == proxy) {
            return None;
        }
        let first = |names: &[HeaderName]| {
            let mut values = names.iter().filter_map(|name| headers.get(name)?.to_str().ok());
            values.find(|value| !value.is_empty()).map(str::to_owned)
        };
        if headers.len() > VALUES_MAX {
            return None;
        }
        let mut user = User { name: first(&self.username)?, ..User::default() };
        user.uid = first(&self.uid).unwrap_or_default();
        for name in &self.groups {
            let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            user.groups.extend(values.filter(|value| !value.is_empty()).map(str::to_owned));
        }
        for (name, value) in headers {
            let Some(key) = self.extra_key(name.as_str()) else { continue };
            let Ok(value) = value.to_str() else { continue };
            user.extra.entry(key).or_default().push(value.to_owned());
        }
        Some(user)
    }

    /// What a header says something about, such as `scopes` for `x-remote-extra-scopes`.
    fn extra_key(&self, header: &str) -> Option<String> {
        let mut keys = self.extra_prefixes.iter().filter_map(|prefix| header.strip_prefix(prefix));
        let key = keys.next().filter(|key| !key.is_empty())?;
        Some(query::decode(key, false).unwrap_or(key.into()).into_owned())
    }
}

#[cfg(test)]
mod tests;
