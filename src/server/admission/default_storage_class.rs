//! Gives claims that name no class the default one.

use super::default_class::newest_default;
use super::{Attributes, Tools};

/// How the default class is marked, today and in old clusters.
const MARKS: &[&str] = &[
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
];
/// How claims named their class before there was a field for it.
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

pub(super) fn admit(tools: &Tools<'_>, attributes: &mut Attributes<'_>) -> bool {
    let claim = &attributes.object;
    if !attributes.creates("", "persistentvolumeclaims")
        // The empty name is an answer too: no class.
        || !claim["spec"]["storageClassName"].is_null()
        || !claim["metadata"]["annotations"][CLASS_ANNOTATION].is_null()
    {
        return false;
    }
    let Some(class) = newest_default(tools, "storage.k8s.io", "storageclasses", MARKS) else {
        return false;
    };
    attributes.object["spec"]["storageClassName"] = class.into();
    true
}

#[cfg(test)]
mod tests;
