//! What a program behind the proxy is told of the way to it, and where its redirects and links then lead.

use http::header::{HOST, HeaderMap, HeaderValue, LOCATION};
use http::request::Parts;

/// The path by which the client came.
const FORWARDED_URI: &str = "x-forwarded-uri";
/// The name by which the client knows this server.
const FORWARDED_HOST: &str = "x-forwarded-host";
/// The scheme by which it speaks to this server.
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The way of a request to a program.
#[derive(Debug)]
pub(super) struct Way {
    /// What stands before the program's own paths, up to `/proxy`.
    prefix: String,
    /// The client's name for this server.
    host: String,
    /// This server's name for the program.
    backend: String,
}

impl Way {
    /// Of a request whose path ends in this path behind the proxy.
    pub(super) fn new(parts: &Parts, behind: &str, backend: &str) -> Self {
        let path = parts.uri.path();
        let named = || parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = parts.uri.authority().map(http::uri::Authority::as_str).or_else(named);
        let prefix = path.strip_suffix(behind).unwrap_or(path);
        let host = host.unwrap_or_default();
        Self { prefix: prefix.to_owned(), host: host.to_owned(), backend: backend.to_owned() }
    }

    /// Tells the program; what a proxy in front of this server has said of names stays.
    pub(super) fn tell(&self, parts: &Parts, headers: &mut HeaderMap) {
        let mut say = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        say(FORWARDED_URI, parts.uri.path());
        if !parts.headers.contains_key(FORWARDED_HOST) && !self.host.is_empty() {
            say(FORWARDED_HOST, &self.host);
        }
        if !parts.headers.contains_key(FORWARDED_PROTO) {
            say(FORWARDED_PROTO, "https");
        }
    }

    /// Makes a redirect to one of the program's own paths lead there by the proxy.
    pub(super) fn redirect(&self, headers: &mut HeaderMap) {
        let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let Some(location) = location.and_then(|location| self.by_proxy(location)) else { return };
        if let Ok(location) = HeaderValue::from_str(&location) {
            headers.insert(LOCATION, location);
        }
    }

    /// Where a link in a page leads by the proxy, as the value of an attribute; `None` when it stays as it is.
    pub(super) fn link(&self, value: &str) -> Option<String> {
        let path = self.by_proxy(value)?;
        let Some(own) = path.strip_prefix(&self.prefix) else { return Some(path) };
        // What follows is the page's own, and written as values are.
        let mut link = String::with_capacity(path.len());
        for character in self.prefix.chars() {
            match character {
                '&' => link.push_str("&amp;"),
                '"' => link.push_str("&#34;"),
                '\'' => link.push_str("&#39;"),
                '<' => link.push_str("&lt;"),
                '>' => link.push_str("&gt;"),
                other => link.push(other),
            }
        }
        Some(link + own)
    }

    /// The path at this server; `None` when a relative link or another host is meant.
    fn by_proxy(&self, location: &str) -> Option<String> {
        let schemeless = ["http:", "https:"].iter().find_map(|scheme| {
            let start = location.get(..scheme.len())?;
            start.eq_ignore_ascii_case(scheme).then(|| &location[scheme.len()..])
        });
        let path = match schemeless.unwrap_or(location).strip_prefix("//") {
            Some(rest) => {
                let (host, path) = rest.split_at(rest.find(['/', '?', '#'])?);
                (host == self.backend || host == self.host).then_some(path)?
            }
            None if schemeless.is_some() => return None,
            None => location,
        };
        if !path.starts_with('/') {
            return None;
        }
        let below = path.strip_prefix(self.prefix.as_str());
        let is_there =
            below.is_some_and(|below| below.is_empty() || below.starts_with(['/', '?', '#']));
        Some(if is_there { path.to_owned() } else { format!("{}{path}", self.prefix) })
    }
}

#[cfg(test)]
mod tests;
