//! What a request is about, read from its method and path.
//!
//! Paths of objects have one shape, so one function reads them all; whether the resource exists is the
//! catalog's business.

use std::borrow::Cow;

use http::Method;
use machinery::ApiError;

use crate::query::{Query, decode};

/// What a client wants to do, as RBAC names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
    /// What only passes through proxies: a verb without a name, which whoever may use every verb may use.
    Options,
}

impl Verb {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
            Self::Options => "",
        }
    }
}

/// A request that names a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub(crate) verb: Verb,
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    /// The plural.
    pub(crate) resource: &'a str,
    pub(crate) namespace: Option<Cow<'a, str>>,
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) subresource: Option<&'a str>,
}

/// Reads a path; `None` when it is not one of a resource, such as `/version` or `/apis/apps`.
pub(crate) fn parse<'a>(
    method: &Method,
    path: &'a str,
    query: &Query<'_>,
) -> Result<Option<Target<'a>>, ApiError> {
    let Some((group, version, rest)) = group_and_version(path) else { return Ok(None) };
    let (legacy_watch, rest) = match rest.strip_prefix("watch/") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let Some(place) = Place::read(group, rest)? else { return Err(ApiError::unknown_path()) };
    let verb = match *method {
        Method::GET | Method::HEAD if legacy_watch => Verb::Watch,
        _ if legacy_watch => {
            return Err(ApiError::new(
                machinery::Reason::MethodNotAllowed,
                "the server does not allow this method on the requested resource",
            ));
        }
        _ => verb(method, &place, query.flag("watch"))?,
    };
    Ok(Some(Target {
        verb,
        group,
        version,
        resource: place.resource,
        namespace: place.namespace,
        name: place.name,
        subresource: place.subresource,
    }))
}

/// Splits `/api/v1/…` and `/apis/<group>/<version>/…`; `None` when nothing follows.
fn group_and_version(path: &str) -> Option<(&str, &str, &str)> {
    let (group, rest) = match path.strip_prefix("/api/") {
        Some(rest) => ("", rest),
        None => path.strip_prefix("/apis/")?.split_once('/')?,
    };
    let (version, rest) = rest.split_once('/')?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    (!rest.is_empty()).then_some((group, version, rest))
}

/// Where in the tree of a group's objects a path points.
struct Place<'a> {
    namespace: Option<Cow<'a, str>>,
    resource: &'a str,
    name: Option<Cow<'a, str>>,
    subresource: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn read(group: &str, rest: &'a str) -> Result<Option<Self>, ApiError> {
        let mut parts = rest.split('/');
        let first = parts.next().unwrap_or_default();
        let (namespace, resource) = match (first, parts.clone().next()) {
            ("namespaces", Some(namespace)) => {
                let mut inner = parts.clone().skip(1);
                match inner.next() {
                    Some("status" | "finalize") if group.is_empty() && inner.next().is_none() => {
                        (None, first)
                    }
                    None => (None, first),
                    Some(resource) => {
                        parts = rest.split('/');
                        parts.nth(2);
                        (Some(segment(namespace)?), resource)
                    }
                }
            }
            _ => (None, first),
        };
        let name = parts.next().map(segment).transpose()?;
        let subresource = parts.next();
        let complete = parts.next().is_none() || subresource == Some("proxy");
        let empty = resource.is_empty()
            || namespace.as_deref() == Some("")
            || name.as_deref() == Some("")
            || subresource == Some("");
        Ok((complete && !empty).then_some(Self { namespace, resource, name, subresource }))
    }
}

fn segment(text: &str) -> Result<Cow<'_, str>, ApiError> {
    decode(text, false).ok_or_else(|| ApiError::bad_request("invalid URL escape in the path"))
}

fn verb(method: &Method, place: &Place<'_>, watch: bool) -> Result<Verb, ApiError> {
    let named = place.name.is_some();
    Ok(match *method {
        Method::GET | Method::HEAD if named => Verb::Get,
        Method::GET | Method::HEAD if watch => Verb::Watch,
        Method::GET | Method::HEAD => Verb::List,
        Method::POST => Verb::Create,
        Method::PUT => Verb::Update,
        Method::PATCH => Verb::Patch,
        Method::DELETE if named => Verb::Delete,
        Method::DELETE => Verb::DeleteCollection,
        Method::OPTIONS => Verb::Options,
        _ => {
            return Err(ApiError::new(
                machinery::Reason::MethodNotAllowed,
                format!("the method {method} is not known here"),
            ));
        }
    })
}

#[cfg(test)]
mod tests;
