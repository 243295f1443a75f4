//! The finalizers in a namespace's spec, which only its controllers write.

use machinery::{ApiError, document};
use serde_json::Value;

use super::Registry;
use super::call::{Call, Content, Outcome};
use super::change::{Origin, Part, Proposal};

impl Registry {
    /// Replaces `spec.finalizers`; a terminating namespace without any is gone.
    pub(crate) async fn finalize(
        &self,
        call: &Call<'_>,
        content: &Content<'_>,
    ) -> Result<Outcome, ApiError> {
        let decoded = content.decode_for(call.place.served, call.options.validation)?;
        let sent = decoded.object;
        let origin = Origin { part: Part::Internal, subresource: Some("finalize") };
        self.change(call, origin, |old| finalized(call, old, &sent)).await
    }
}

fn finalized(call: &Call<'_>, old: &Value, sent: &Value) -> Result<Proposal, ApiError> {
    let (uid, present) = (document::uid(sent), document::uid(old));
    if !uid.is_empty() && uid != present {
        let (resource, name) = (call.place.served.resource(), call.place.name);
        return Err(super::options::uid_mismatch(resource, name, uid, present));
    }
    let mut object = old.clone();
    let finalizers = document::list_at(sent, "/spec/finalizers");
    let spec = document::child_mut(&mut object, "spec");
    if finalizers.is_empty() {
        spec.remove("finalizers");
    } else {
        spec.insert("finalizers".to_owned(), finalizers.to_vec().into());
    }
    let version = document::resource_version(sent);
    if !version.is_empty() {
        document::metadata_mut(&mut object).insert("resourceVersion".to_owned(), version.into());
    }
    Ok(Proposal::new(object, Vec::new()))
}
