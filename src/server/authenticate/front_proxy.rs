//! A proxy in front of the server that has authenticated the client itself and says in headers who it is.

use http::HeaderMap;
use http::header::HeaderName;

use super::settings::RequestHeader;
use crate::BoxError;
use crate::identity::User;
use crate::query;

/// Values one request may carry; a user in more groups than these is a mistake.
const VALUES_MAX: usize = 1_000;

/// What all headers start with that say who asks unless flags name others.
const USUAL_PREFIX: &str = "x-remote-";

/// The headers in which proxies say who asks. They end here: servers behind this one, and pods, take what such a
/// header says for this server's word, whoever has sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyHeaders {
    names: Vec<HeaderName>,
    prefixes: Vec<String>,
}

impl ProxyHeaders {
    /// Those that are always meant, and those that flags name.
    pub(crate) fn new(settings: &RequestHeader) -> Self {
        let RequestHeader { username_headers, uid_headers, group_headers, .. } = settings;
        let names = [username_headers, uid_headers, group_headers].into_iter().flatten();
        let prefixes = settings.extra_headers_prefix.iter();
        let prefixes = prefixes.map(|prefix| prefix.trim().to_ascii_lowercase());
        let usual = std::iter::once(USUAL_PREFIX.to_owned());
        Self {
            names: names.filter_map(|name| HeaderName::try_from(name.trim()).ok()).collect(),
            prefixes: usual.chain(prefixes.filter(|prefix| !prefix.is_empty())).collect(),
        }
    }

    /// Takes them out.
    pub(crate) fn withhold(&self, headers: &mut HeaderMap) {
        let is_meant = |name: &HeaderName| {
            let starts = |prefix: &String| name.as_str().starts_with(prefix.as_str());
            self.names.contains(name) || self.prefixes.iter().any(starts)
        };
        let meant: Vec<HeaderName> =
            headers.keys().filter(|name| is_meant(name)).cloned().collect();
        for name in meant {
            headers.remove(name);
        }
    }
}

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
        let extras: usize = user.extra.values().map(Vec::len).sum();
        (user.groups.len() + extras <= VALUES_MAX).then_some(user)
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
