//! The paths of no kind: where the server, its groups and their versions say what they are.

use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use k8s_openapi::apimachinery::pkg::version::Info;
use kinds::Kind;
use serde_json::{Map, Value, json};

use super::operation::{Answer, Operation};
use super::{described, document, paths};
use crate::negotiate::JSON;

const API_GROUP: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup";
const API_GROUPS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList";
const API_RESOURCES: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList";
const API_VERSIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions";
const VERSION: &str = "io.k8s.apimachinery.pkg.version.Info";
const KEY_SET: &str = "application/jwk-set+json";

/// The documents of the server itself, by their paths.
pub(super) fn of_server() -> Vec<(String, Value)> {
    let versions = described::only::<meta::APIVersions>();
    let groups = described::only::<meta::APIGroupList>();
    let issuer = "get the discovery document of the issuer of service account tokens";
    let keys = "get the public keys that service account tokens are checked with";
    [
        (
            "api",
            about(
                "getCoreAPIVersions",
                "core",
                "get available API versions",
                Answer::Of(API_VERSIONS),
            ),
            versions,
        ),
        (
            "apis",
            about("getAPIVersions", "apis", "get available API versions", Answer::Of(API_GROUPS)),
            groups,
        ),
        (
            "version",
            about(
                "getCodeVersion",
                "version",
                "get the version of this server",
                Answer::Json(VERSION),
            ),
            described::only::<Info>(),
        ),
        (
            ".well-known/openid-configuration",
            about(
                "getServiceAccountIssuerOpenIDConfiguration",
                "WellKnown",
                issuer,
                Answer::Media(JSON),
            ),
            Map::new(),
        ),
        (
            "openid/v1/jwks",
            about("getServiceAccountIssuerOpenIDKeyset", "openid", keys, Answer::Media(KEY_SET)),
            Map::new(),
        ),
    ]
    .map(|(path, operation, definitions)| of_one(path, &operation, definitions))
    .into()
}

/// The document of a group, by its path.
pub(super) fn of_group(group: &str) -> (String, Value) {
    let (id, tag) = (format!("get{}APIGroup", paths::camel(group)), paths::tag_of_group(group));
    let operation = about(&id, &tag, "get information about a group", Answer::Of(API_GROUP));
    of_one(&format!("apis/{group}"), &operation, described::only::<meta::APIGroup>())
}

/// Adds where a group and version describes itself to clients of the older discovery.
pub(super) fn add_version(paths: &mut Map<String, Value>, root: &str, kind: &dyn Kind) {
    let names = kind.names();
    let id = format!("get{}APIResources", paths::stem(&names.group, &names.version));
    let tag = paths::tag(&names.group, &names.version);
    let operation = about(&id, &tag, "get available resources", Answer::Of(API_RESOURCES));
    add(paths, root, &operation);
}

fn of_one(
    path: &str,
    operation: &Operation<'_>,
    definitions: Map<String, Value>,
) -> (String, Value) {
    let mut paths = Map::new();
    add(&mut paths, path, operation);
    (path.to_owned(), document::whole(paths, document::annotated(definitions)))
}

fn add(paths: &mut Map<String, Value>, path: &str, operation: &Operation<'_>) {
    paths.insert(format!("/{path}/"), json!({ "get": operation.describe() }));
}

fn about<'a>(id: &str, tag: &str, description: &str, answer: Answer<'a>) -> Operation<'a> {
    Operation {
        id: id.to_owned(),
        tag: tag.to_owned(),
        description: description.to_owned(),
        action: None,
        kind: None,
        query: &[],
        body: None,
        answer,
        custom: false,
        codes: &["200"],
    }
}
