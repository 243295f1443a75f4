//! Requests for what another API server has.

use http::header::EXPECT;
use machinery::ApiError;

use crate::aggregation::Route;
use crate::api::Api;
use crate::api::bodies::Sent;
use crate::authenticate::Peer;
use crate::body::RequestBody;
use crate::query::Query;
use crate::record::Record;
use crate::respond::Answer;

impl Api {
    /// Lets the other server answer what this user may ask.
    pub(super) async fn answer_remote(
        &self,
        route: &Route,
        record: &mut Record<'_>,
        query: &Query<'_>,
        body: Option<RequestBody>,
        peer: &Peer,
    ) -> Result<Answer, ApiError> {
        let parts = record.parts;
        let identity = self.identify(record, peer).await?;
        let target = record.target.clone();
        let class = self.classify(record, target.as_ref(), &identity);
        self.allow(record, &identity, query).await?;
        let asked = parts.headers.contains_key(EXPECT);
        let sent = match body.map(|body| body.read_out(&self.tasks, asked)) {
            // Whoever listens while talking is not waited for.
            Some(body) if record.is_long_running() && body.length().is_none() => {
                Sent::Passing(body)
            }
            body => self.bodies.read_short(&identity.user.name, body).await?,
        };
        let seat = self.seat(&class, target.as_ref(), query).await;
        let seat = seat.inspect_err(|_| record.terminated = true)?;
        // Whoever sends for long keeps nobody else from a seat.
        let _seat = seat.filter(|_| !sent.is_passing());
        let _executing = (!record.is_stream()).then(|| class.execute(record.is_long_running()));
        let share =
            sent.is_passing().then(|| self.aggregation.share(&identity.user)).transpose()?;
        self.aggregation.forward(route, parts, &identity, sent.into_body(), share).await
    }
}

/// The part of a path that names an object and a subresource; what another server finds below that is its business,
/// and whoever may use the subresource may use all of it.
pub(super) fn object_path(path: &str) -> &str {
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
