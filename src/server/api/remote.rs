//! Requests for what another API server has.

use http::request::Parts;
use machinery::ApiError;

use crate::aggregation::Route;
use crate::api::Api;
use crate::api::bodies::RequestBody;
use crate::authenticate::Peer;
use crate::authorize;
use crate::query::Query;
use crate::request;
use crate::respond::Answer;

impl Api {
    /// Lets the other server answer what this user may ask.
    pub(super) async fn answer_remote(
        &self,
        route: &Route,
        parts: &Parts,
        body: Option<RequestBody>,
        peer: &Peer,
    ) -> Result<Answer, ApiError> {
        let path = parts.uri.path();
        let query = Query::parse(parts.uri.query())?;
        let caller = self.authenticators.authenticate(&parts.headers, peer).await?;
        let identity = authorize::impersonate(&self.authorizer, &parts.headers, caller)?;
        let target = request::parse(&parts.method, object_path(path), &query)?;
        let Some(target) = target else {
            let verb = parts.method.as_str().to_ascii_lowercase();
            self.authorizer.authorize_path(&identity, &verb, path)?;
            let body = self.bodies.read(body).await?;
            return self.aggregation.forward(route, parts, &identity, body.bytes.clone()).await;
        };
        self.authorizer.authorize(&identity, &target, &query)?;
        let _permit = self.permit(&target)?;
        let body = self.bodies.read(body).await?;
        self.aggregation.forward(route, parts, &identity, body.bytes.clone()).await
    }
}

/// The part of a path that names an object and a subresource; what another server finds below that is its business,
/// and whoever may use the subresource may use all of it.
fn object_path(path: &str) -> &str {
    let parts: Vec<&str> = path.split('/').collect();
    // /apis/<group>/<version>/[namespaces/<namespace>/]<resource>/<name>/<subresource>
    let most = if parts.get(4) == Some(&"namespaces") && parts.len() > 6 { 8 } else { 6 };
    match path.match_indices('/').nth(most) {
        Some((end, _)) => &path[..end],
        None => path,
    }
}

#[cfg(test)]
mod tests;
