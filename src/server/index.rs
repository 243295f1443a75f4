//! `/`: which paths there are that are no resource's.

use http::StatusCode;
use machinery::ApiError;
use serde_json::json;

use crate::aggregation::Merge;
use crate::catalog::Catalog;
use crate::discovery;
use crate::negotiate::Form;
use crate::respond::{self, Answer};

/// Those that are always there.
const PATHS: &[&str] = &[
    "/.well-known/openid-configuration",
    "/flagz",
    "/healthz",
    "/livez",
    "/metrics",
    "/metrics/slis",
    "/openapi/v2",
    "/openapi/v3",
    "/openid/v1/jwks",
    "/readyz",
    "/statusz",
    "/version",
];

/// Answers with all of them, in order.
pub(crate) fn respond(catalog: &Catalog, others: &Merge) -> Result<Answer, ApiError> {
    let mut paths = discovery::paths(catalog, others);
    paths.extend(PATHS.iter().map(|path| (*path).to_owned()));
    paths.sort_unstable();
    let form = Form { pretty: true, ..Form::default() };
    respond::document(StatusCode::OK, form, &json!({ "paths": paths }))
}
