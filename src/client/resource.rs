//! Which REST resource an action is about, and the paths under it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use crate::{Cached, Key};

/// A REST resource: what to put into a URL, and the kind it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// API group; empty for core.
    pub group: Cow<'static, str>,
    /// API version.
    pub version: Cow<'static, str>,
    /// Plural name, as in URLs.
    pub plural: Cow<'static, str>,
    /// Kind, as in bodies.
    pub kind: Cow<'static, str>,
}

impl Resource {
    /// The resource of a typed object.
    pub fn of<K: Cached>() -> Self {
        Self {
            group: K::group(&()).into_owned().into(),
            version: K::version(&()).into_owned().into(),
            plural: K::plural(&()).into_owned().into(),
            kind: K::kind(&()).into_owned().into(),
        }
    }

    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The path of the collection, in a namespace unless that is empty.
    pub fn path(&self, namespace: &str) -> String {
        let root = if self.group.is_empty() { "api" } else { "apis" };
        let version = self.api_version();
        if namespace.is_empty() {
            format!("/{root}/{version}/{}", self.plural)
        } else {
            format!("/{root}/{version}/namespaces/{}/{}", segment(namespace), self.plural)
        }
    }
}

/// A name as a part of a path: those of roles and their bindings may hold nearly anything.
fn segment(name: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte);
    if name.bytes().all(is_plain) {
        return Cow::Borrowed(name);
    }
    let mut encoded = String::new();
    for byte in name.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to text cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Cow::Owned(encoded)
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plural)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        Ok(())
    }
}

/// One object of one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Its resource.
    pub resource: Resource,
    /// Its place.
    pub key: Key,
}

impl Target {
    /// The place of a typed object.
    pub fn of<K: Cached>(object: &K) -> Self {
        Self { resource: Resource::of::<K>(), key: Key::of(object) }
    }

    /// The object's path, or that of one of its subresources unless that is empty.
    pub fn path(&self, subresource: &str) -> String {
        let slash = if subresource.is_empty() { "" } else { "/" };
        let collection = self.resource.path(&self.key.namespace);
        format!("{collection}/{}{slash}{subresource}", segment(&self.key.name))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.resource.kind.to_lowercase(), self.key.name)
    }
}

#[cfg(test)]
mod tests;
