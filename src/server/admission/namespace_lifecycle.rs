//! Nothing is created in a namespace that does not exist or is going away, and some namespaces stay.

use machinery::{ApiError, Cause, Resource};

use super::Attributes;
use crate::catalog::Catalog;
use crate::request::Verb;

/// Namespaces the cluster cannot do without.
const IMMORTAL: &[&str] = &["default", "kube-system", "kube-public"];

pub(super) fn admit(catalog: &Catalog, attributes: &Attributes<'_>) -> Result<(), ApiError> {
    let resource = attributes.served.resource();
    if resource.group.is_empty() && resource.resource == "namespaces" {
        let goes = attributes.verb == Verb::Delete && IMMORTAL.contains(&attributes.name);
        let message = "this namespace may not be deleted";
        return if goes {
            Err(ApiError::forbidden(resource, attributes.name, message))
        } else {
            Ok(())
        };
    }
    let (Verb::Create, Some(namespace)) = (attributes.verb, attributes.namespace) else {
        return Ok(());
    };
    let namespaces = Resource::new("", "namespaces");
    let found = catalog.shelf("", "v1", "namespaces");
    let Some(object) = found.and_then(|shelf| shelf.get(namespace)) else {
        return Err(ApiError::not_found(&namespaces, namespace));
    };
    if !object.terminating || attributes.subresource.is_some() {
        return Ok(());
    }
    let message = format!(
        "unable to create new content in namespace {namespace} because it is being terminated"
    );
    let cause = Cause {
        reason: "NamespaceTerminating".to_owned(),
        message: format!("namespace {namespace} is being terminated"),
        field: "metadata.namespace".to_owned(),
    };
    let error = ApiError::forbidden(resource, attributes.name, &message);
    Err(error.with_details(|details| details.causes.push(cause)))
}
