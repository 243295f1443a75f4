//! Discovery: which groups, versions and kinds the server has, in both styles clients ask for.
//!
//! Everything is derived from the table of kinds. The aggregated style answers with two documents
//! (KEP-3352); the older one with a document for each group and version.

mod aggregated;
mod groups;
mod resources;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use machinery::media::Accept;
use machinery::{ApiError, document};
use serde_json::Value;

use crate::aggregation::Merge;
use crate::catalog::Catalog;
use crate::negotiate::{Form, JSON};
use crate::query::Query;
use crate::respond::{self, Answer};

use aggregated::Style;
use groups::Groups;

/// What the aggregated style is called in `Accept`.
const GROUP: &str = "apidiscovery.k8s.io";
const KIND: &str = "APIGroupDiscoveryList";

/// The paths at which groups and versions say what they are.
pub(crate) fn paths(catalog: &Catalog, others: &Merge) -> Vec<String> {
    let present = catalog.load();
    let served = present.iter().map(|served| served.kind());
    let groups = Groups::of(served.chain(kinds::METRICS.iter().copied()));
    let mut list = groups.list();
    others.list(&mut list);
    let of_group = |group: &Value| {
        let versions = document::list_at(group, "/versions").iter();
        let versions = versions.map(|version| document::str_at(version, "/groupVersion"));
        let own = document::str_at(group, "/name");
        std::iter::once(own).chain(versions).map(|path| format!("/apis/{path}")).collect::<Vec<_>>()
    };
    let core = groups.core_versions();
    let core = document::strs_at(&core, "/versions").map(|version| format!("/api/{version}"));
    let fixed = ["/api", "/apis"].map(str::to_owned);
    fixed
        .into_iter()
        .chain(core)
        .chain(document::list_at(&list, "/groups").iter().flat_map(of_group))
        .collect()
}

/// Answers `/api`, `/apis` and below, down to a group's version; `None` for other paths.
pub(crate) fn respond(
    catalog: &Catalog,
    others: &Merge,
    path: &str,
    query: &Query<'_>,
    headers: &HeaderMap,
) -> Option<Result<Answer, ApiError>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let present = catalog.load();
    let groups = || {
        let served = present.iter().map(|served| served.kind());
        Groups::of(served.chain(kinds::METRICS.iter().copied()))
    };
    let document = match parts.as_slice() {
        ["api" | "apis"] => {
            let core = parts[0] == "api";
            if let Some(style) = aggregated_style(headers) {
                let mut document = groups().aggregated(core, style);
                if !core {
                    others.aggregated(&mut document);
                }
                return Some(aggregated(&document, style, headers));
            }
            if core {
                groups().core_versions()
            } else {
                let mut document = groups().list();
                others.list(&mut document);
                document
            }
        }
        ["api", version] => groups().resource_list("", version)?,
        ["apis", group] => others.group(group, groups().group_document(group))?,
        ["apis", group, version] => groups().resource_list(group, version)?,
        _ => return None,
    };
    Some(plain(&document, query, headers))
}

fn plain(document: &Value, query: &Query<'_>, headers: &HeaderMap) -> Result<Answer, ApiError> {
    // Discovery has one shape; a client that prefers another here still reads JSON.
    let form = Form::negotiate(headers, query).unwrap_or_default().whole();
    respond::document(StatusCode::OK, form, document)
}

fn aggregated(document: &Value, style: Style, headers: &HeaderMap) -> Result<Answer, ApiError> {
    let bytes = respond::encode(Form::default(), document)?;
    let hash = respond::hash(&bytes);
    let mut answer = respond::with_body(StatusCode::OK, JSON, bytes.into());
    let media = HeaderValue::from_static(style.content_type());
    answer.headers_mut().insert(header::CONTENT_TYPE, media);
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    Ok(respond::tagged(answer, &hash, headers))
}

/// The first aggregated style the client accepts, if it names one before plain JSON.
fn aggregated_style(headers: &HeaderMap) -> Option<Style> {
    let accept = headers.get(header::ACCEPT)?.to_str().ok()?;
    for offer in Accept::parse(accept).offers {
        if offer.wants(GROUP, "v2", KIND) {
            return Some(Style::V2);
        }
        if offer.wants(GROUP, "v2beta1", KIND) {
            return Some(Style::V2Beta1);
        }
        if offer.as_kind.is_none() && offer.takes(JSON) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests;
