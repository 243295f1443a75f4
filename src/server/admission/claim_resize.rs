//! Lets a claim grow only where its class allows it (`PersistentVolumeClaimResize`).

use machinery::ApiError;

use super::read::{amount, text};
use super::{Attributes, Tools};
use crate::request::Verb;

pub(super) fn check(tools: &Tools<'_>, attributes: &Attributes<'_>) -> Result<(), ApiError> {
    let (Verb::Update, Some(old)) = (attributes.verb, attributes.old) else { return Ok(()) };
    if !attributes.is("", "persistentvolumeclaims") || attributes.subresource.is_some() {
        return Ok(());
    }
    let storage = "/spec/resources/requests/storage";
    let (new, old) = (attributes.object.pointer(storage), old.pointer(storage));
    if new == old || new.and_then(amount) <= old.and_then(amount) {
        return Ok(());
    }
    let class = text(&attributes.object["spec"], "storageClassName");
    let class = tools.get("storage.k8s.io", "storageclasses", None, class);
    if class.is_some_and(|class| class.object()["allowVolumeExpansion"] == true) {
        return Ok(());
    }
    Err(attributes.forbidden(
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc \
         must support resize",
    ))
}
