//! Names of images, read as everybody reads them: `nginx` is `docker.io/library/nginx:latest`.

use std::fmt;

/// The longest registry and repository together (OCI distribution specification).
const NAME_LENGTH_MAX: usize = 255;
/// The longest tag (OCI distribution specification).
const TAG_LENGTH_MAX: usize = 128;

const DEFAULT_REGISTRY: &str = "docker.io";
const DEFAULT_TAG: &str = "latest";

/// A complete name: registry, repository, and tag or digest or both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Host and port.
    pub registry: String,
    /// Path at the registry.
    pub repository: String,
    /// What moves; `latest` unless given or a digest is.
    pub tag: Option<String>,
    /// What does not: `sha256:` and 64 hexadecimal digits.
    pub digest: Option<String>,
}

/// Why a text is not a name of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("couldn't parse image name {name:?}: {reason}")]
pub struct InvalidReference {
    /// The text.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The complete form of a name.
pub fn normalize(name: &str) -> Result<String, InvalidReference> {
    Ok(Reference::parse(name)?.to_string())
}

impl Reference {
    /// Reads a name and completes it.
    pub fn parse(name: &str) -> Result<Self, InvalidReference> {
        parse(name).map_err(|reason| InvalidReference { name: name.to_owned(), reason })
    }

    /// Registry and repository.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

const INVALID: &str = "invalid reference format";

fn parse(text: &str) -> Result<Reference, String> {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(check_digest(digest)?.to_owned())),
        None => (text, None),
    };
    let (name, tag) = split_tag(rest);
    let (registry, repository) = split_registry(name);
    let (registry, repository) = complete(registry, repository);
    if name.len() == 64 && is_hex(name) {
        return Err(format!(
            "invalid repository name ({name}), cannot specify 64-byte hexadecimal strings"
        ));
    }
    if repository.to_lowercase() != repository {
        return Err(format!("{INVALID}: repository name ({repository}) must be lowercase"));
    }
    let valid =
        is_registry(registry) && repository.split('/').all(is_component) && tag.is_none_or(is_tag);
    if !valid {
        return Err(INVALID.to_owned());
    }
    if registry.len() + 1 + repository.len() > NAME_LENGTH_MAX {
        return Err(format!("repository name must not be more than {NAME_LENGTH_MAX} characters"));
    }
    let tag = tag.map(str::to_owned);
    let tag = if digest.is_none() { tag.or(Some(DEFAULT_TAG.to_owned())) } else { tag };
    Ok(Reference { registry: registry.to_owned(), repository, tag, digest })
}

/// The registry's only name, and the repository with the folder that Docker Hub leaves out.
fn complete<'a>(registry: &'a str, repository: &str) -> (&'a str, String) {
    let registry = if registry == "index.docker.io" { DEFAULT_REGISTRY } else { registry };
    if registry == DEFAULT_REGISTRY && !repository.contains('/') {
        (registry, format!("library/{repository}"))
    } else {
        (registry, repository.to_owned())
    }
}

/// A colon after the last slash begins the tag; one before it belongs to a port.
fn split_tag(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (text, None),
    }
}

/// The first component is a registry if it could not be a user's name.
fn split_registry(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':'])
                || first == "localhost"
                || first.to_lowercase() != first =>
        {
            (first, rest)
        }
        _ => (DEFAULT_REGISTRY, name),
    }
}

fn is_registry(registry: &str) -> bool {
    let (host, port) = match registry.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (registry, None),
    };
    let is_number = |port: &str| !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit());
    (is_host(host) || is_ipv6(host)) && port.is_none_or(is_number)
}

fn is_host(host: &str) -> bool {
    host.split('.').all(|label| {
        !label.is_empty()
            && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

fn is_ipv6(host: &str) -> bool {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
}

/// Words of lower-case letters and digits, between them one dot, one or two underscores, or dashes.
fn is_component(component: &str) -> bool {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separated = component
        .as_bytes()
        .split(|c| word(*c))
        .all(|separator| matches!(separator, b"" | b"." | b"_" | b"__") || is_dashes(separator));
    let bytes = component.as_bytes();
    separated && bytes.first().is_some_and(|c| word(*c)) && bytes.last().is_some_and(|c| word(*c))
}

fn is_dashes(separator: &[u8]) -> bool {
    separator.iter().all(|c| *c == b'-')
}

fn is_tag(tag: &str) -> bool {
    let letter = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    tag.len() <= TAG_LENGTH_MAX
        && tag.bytes().next().is_some_and(letter)
        && tag.bytes().all(|c| letter(c) || c == b'.' || c == b'-')
}

fn check_digest(digest: &str) -> Result<&str, String> {
    match digest.split_once(':') {
        Some(("sha256", hex)) if hex.len() == 64 && is_hex(hex) => Ok(digest),
        Some(("sha256", hex)) if hex.len() >= 32 && is_hex(hex) => {
            Err("invalid checksum digest length".to_owned())
        }
        Some((algorithm, hex)) if algorithm != "sha256" && hex.len() >= 32 && is_hex(hex) => {
            Err("unsupported digest algorithm".to_owned())
        }
        _ => Err(INVALID.to_owned()),
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
}

#[cfg(test)]
mod tests;
