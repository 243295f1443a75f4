//! Subresources whose answer is a stream.

use bytes::Bytes;
use http::request::Parts;
use machinery::ApiError;

use crate::api::Api;
use crate::identity::Identity;
use crate::query::Query;
use crate::registry::Place;
use crate::request::{Target, Verb};
use crate::respond::Answer;
use crate::streaming;

impl Api {
    pub(super) async fn answer_stream(
        &self,
        parts: &Parts,
        query: &Query<'_>,
        target: &Target<'_>,
        identity: &Identity,
        place: &Place<'_>,
        body: Bytes,
    ) -> Result<Answer, ApiError> {
        let name = target.subresource.unwrap_or_default();
        let subresource = place.served.subresource(name).ok_or_else(ApiError::unknown_path)?;
        let verb = target.verb.as_str();
        if !subresource.verbs().iter().any(|own| own.as_str() == verb) {
            return Err(ApiError::method_not_supported(place.served.resource(), verb));
        }
        if streaming::needs_create(target) && target.verb != Verb::Create {
            let create = Target { verb: Verb::Create, ..target.clone() };
            self.authorizer.authorize(identity, &create, query)?;
        }
        match name {
            "attach" | "exec" => self.streaming.attach(name, parts, query, place),
            "portforward" => self.streaming.port_forward(parts, query, place),
            "proxy" => self.streaming.proxy(parts, place, self.registry.catalog(), body).await,
            _ => Err(ApiError::unknown_path()),
        }
    }
}
