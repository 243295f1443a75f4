//! A kubelet gets tokens only for the pods it runs, so that a stolen one is no way to others' rights.

use machinery::{ApiError, Resource, document};
use serde_json::Value;

use crate::authorize::{Action, Authorizer};
use crate::identity::Identity;

impl Authorizer {
    /// Refuses a token that a kubelet requests for anything else than a pod of its node.
    pub(crate) fn check_token(
        &self,
        identity: &Identity,
        namespace: &str,
        account: &str,
        request: &Value,
    ) -> Result<(), ApiError> {
        let Some(node) = identity.node().filter(|_| !identity.trusted) else { return Ok(()) };
        let text = |field| document::str_at(request, field);
        let pod = text("/spec/boundObjectRef/name");
        let refusal = if text("/spec/boundObjectRef/kind") != "Pod" || pod.is_empty() {
            "node requested token not bound to a pod"
        } else if text("/spec/boundObjectRef/uid").is_empty() {
            "node requested token with a pod binding without a uid"
        } else {
            let action = Action { verb: "get", namespace, name: pod, ..Action::default() };
            if self.resident.nodes.see_pods(node, &action).is_ok() {
                return Ok(());
            }
            "node requested token bound to a pod scheduled on a different node"
        };
        Err(ApiError::forbidden(&Resource::new("", "serviceaccounts"), account, refusal))
    }
}
