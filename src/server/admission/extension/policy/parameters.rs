//! The objects that parameterise a policy.

use std::sync::Arc;

use machinery::{LabelSelector, document};
use serde_json::Value;

use super::Body;
use super::binding::Binding;
use crate::admission::Tools;
use crate::admission::extension::request::Request;
use crate::cache::{Cached, ListQuery, Scope};

/// With which parameters a policy is evaluated, once for each; null when it has none.
pub(super) async fn find(
    body: &Body,
    binding: &Binding,
    tools: &Tools<'_>,
    request: &Request<'_>,
) -> Result<Vec<Value>, String> {
    let Some((api_version, kind)) = &body.parameters else { return Ok(vec![Value::Null]) };
    let reference = &binding.parameters;
    if reference.is_null() {
        return Ok(vec![Value::Null]);
    }
    let served = tools
        .catalog
        .load()
        .iter()
        .find(|served| served.api_version() == &**api_version && served.kind_name() == &**kind)
        .cloned();
    let shelf = served.as_ref().and_then(|served| served.shelf());
    let Some((served, shelf)) = served.as_ref().zip(shelf) else {
        return Err(format!(
            "failed to configure policy: failed to find resource referenced by paramKind: '{api_version}, Kind={kind}'"
        ));
    };
    let namespace = match (served.is_namespaced(), document::str_at(reference, "/namespace")) {
        (true, "") if request.namespace_name().is_empty() => {
            return Err("failed to configure binding: cannot use namespaced paramRef in policy binding that matches \
                cluster-scoped resources".to_owned());
        }
        (true, "") => Some(request.namespace_name()),
        (true, namespace) => Some(namespace),
        (false, "") => None,
        (false, _) => {
            return Err("failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped \
                `paramKind`".to_owned());
        }
    };
    let name = document::str_at(reference, "/name");
    let found: Vec<Arc<Cached>> = if name.is_empty() {
        let selector = LabelSelector::from_value(&reference["selector"])
            .map_err(|error| format!("failed to configure binding: {}", error.message))?;
        let scope = Scope { namespace: namespace.map(str::to_owned) };
        let listed = shelf.list(&ListQuery { scope, ..ListQuery::default() });
        let items = listed.map(|listed| listed.items).unwrap_or_default();
        items.into_iter().filter(|item| selector.matches(&item.labels)).collect()
    } else {
        shelf.get(&served.key(namespace, name)).into_iter().collect()
    };
    if found.is_empty() && reference["parameterNotFoundAction"] != "Allow" {
        return Err("failed to configure binding: no params found for policy binding with `Deny` \
            parameterNotFoundAction"
            .to_owned());
    }
    served.prepare(&found).await.map_err(|error| error.message)?;
    Ok(found.iter().map(|item| served.document(item)).collect())
}
