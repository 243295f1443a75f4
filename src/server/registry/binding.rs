//! Placing a pod on a node, which happens once.

use machinery::{ApiError, FieldErrors, document};
use serde_json::{Value, json};

use super::call::{Call, Content, Object, Outcome};
use super::change::{Origin, Part, Proposal};
use super::{Registry, object_meta};
use crate::respond;

impl Registry {
    /// Binds the pod the path names.
    pub(crate) async fn bind(
        &self,
        call: &Call<'_>,
        content: &Content<'_>,
    ) -> Result<Outcome, ApiError> {
        let binding = content.decode_as("", "v1", "Binding")?.object;
        let name = document::name(&binding);
        if !name.is_empty() && name != call.place.name {
            return Err(ApiError::bad_request("name in URL does not match name in Binding object"));
        }
        self.bind_as(call, binding).await
    }

    /// Binds the pod the body names, which is how clients did before pods had a path for it.
    pub(crate) async fn bind_by_body(
        &self,
        call: &Call<'_>,
        content: &Content<'_>,
    ) -> Result<Outcome, ApiError> {
        let binding = content.decode_as("", "v1", "Binding")?.object;
        let name = document::name(&binding).to_owned();
        let mut named = call.clone();
        named.place.name = &name;
        self.bind_as(&named, binding).await
    }

    async fn bind_as(&self, call: &Call<'_>, binding: Value) -> Result<Outcome, ApiError> {
        let binding = &self.admit_document(call, "binding", binding).await?;
        let node = document::str_at(binding, "/target/name");
        let kind = document::str_at(binding, "/target/kind");
        let errors = FieldErrors::new();
        if !matches!(kind, "" | "Node") {
            errors.at("target").not_supported("kind", kind, &["Node", "<empty>"]);
        }
        if node.is_empty() {
            errors.at("target").required("name", "");
        }
        if !errors.is_empty() {
            return Err(ApiError::invalid("", "Binding", call.place.name, errors));
        }
        let now = object_meta::timestamp(self.clock.now());
        let origin = Origin { part: Part::Internal, subresource: Some("binding") };
        self.change(call, origin, |old| bound(call, old, binding, node, &now)).await?;
        let mut status = respond::success(Value::Null);
        status["code"] = 201.into();
        if let Some(fields) = status.as_object_mut() {
            fields.remove("details");
        }
        Ok(Outcome::created(Object::Foreign(status)))
    }
}

fn bound(
    call: &Call<'_>,
    old: &Value,
    binding: &Value,
    node: &str,
    now: &str,
) -> Result<Proposal, ApiError> {
    let (resource, name) = (call.place.served.resource(), call.place.name);
    let conflict = |message: String| Err(ApiError::conflict(resource, name, &message));
    let uid = document::uid(binding);
    if !uid.is_empty() && uid != document::uid(old) {
        return Err(super::options::uid_mismatch(resource, name, uid, document::uid(old)));
    }
    if document::is_terminating(old) {
        return conflict(format!("pod {name} is being deleted, cannot be assigned to a host"));
    }
    let present = document::str_at(old, "/spec/nodeName");
    if !present.is_empty() {
        return conflict(format!("pod {name} is already assigned to node {present:?}"));
    }
    if !document::list_at(old, "/spec/schedulingGates").is_empty() {
        return conflict(format!("pod {name} has non-empty .spec.schedulingGates"));
    }
    let mut pod = old.clone();
    document::child_mut(&mut pod, "spec").insert("nodeName".to_owned(), node.into());
    let metadata = document::metadata_mut(&mut pod);
    let version = document::resource_version(binding);
    if !version.is_empty() {
        // A precondition, which the write sees to.
        metadata.insert("resourceVersion".to_owned(), version.into());
    }
    for field in ["annotations", "labels"] {
        if let Some(added) = document::map_at(binding, &format!("/metadata/{field}")) {
            document::entry_mut(metadata, field).extend(added.clone());
        }
    }
    set_scheduled(&mut pod, now);
    // It has its node; the one it was to get has played its part.
    document::child_mut(&mut pod, "status").remove("nominatedNodeName");
    Ok(Proposal::new(pod, Vec::new()))
}

/// Sets the condition `PodScheduled` to true.
fn set_scheduled(pod: &mut Value, now: &str) {
    let status = document::child_mut(pod, "status");
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    let Some(conditions) = conditions.as_array_mut() else { return };
    let scheduled = json!({
        "type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": now
    });
    match conditions.iter_mut().find(|condition| condition["type"] == "PodScheduled") {
        Some(condition) if condition["status"] == "True" => {}
        Some(condition) => *condition = scheduled,
        None => conditions.push(scheduled),
    }
}
