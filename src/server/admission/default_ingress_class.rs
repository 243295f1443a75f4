//! Gives ingresses that name no class the default one.

use super::default_class::newest_default;
use super::{Attributes, Tools};

const MARKS: &[&str] = &["ingressclass.kubernetes.io/is-default-class"];
/// How ingresses named their class before there was a field for it.
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

pub(super) fn admit(tools: &Tools<'_>, attributes: &mut Attributes<'_>) -> bool {
    let ingress = &attributes.object;
    if !attributes.creates("networking.k8s.io", "ingresses")
        || !ingress["spec"]["ingressClassName"].is_null()
        || !ingress["metadata"]["annotations"][CLASS_ANNOTATION].is_null()
    {
        return false;
    }
    let Some(class) = newest_default(tools, "networking.k8s.io", "ingressclasses", MARKS) else {
        return false;
    };
    attributes.object["spec"]["ingressClassName"] = class.into();
    true
}

#[cfg(test)]
mod tests;
