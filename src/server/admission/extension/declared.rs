//! What expressions may name, with what is known of it before there is a request.

use std::sync::LazyLock;

use kinds::expression::{Declarations, Reader, Type};
use serde_json::Value;

/// The schemas of what is the same for all requests.
static SCHEMAS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("declared.json")).expect("the file is a document")
});

/// What match conditions of webhooks may name.
pub(super) fn by_webhooks() -> Declarations<'static> {
    of_request(Type::Dyn).with("authorizer", authorizer())
}

/// What policies may name, about objects of one type. Parameters have a name where there are any.
pub(super) fn by_policies<'s>(
    object: Type<'s>,
    params: Option<Type<'s>>,
    asks_authorizer: bool,
) -> Declarations<'s> {
    let mut declared = of_request(object)
        .with("namespaceObject", schema("namespaceObject", "kubernetes.Namespace"))
        .with("variables", Type::Dyn);
    if let Some(params) = params {
        declared = declared.with("params", params);
    }
    if asks_authorizer { declared.with("authorizer", authorizer()) } else { declared }
}

fn of_request(object: Type<'_>) -> Declarations<'_> {
    Declarations::default()
        .with("object", object.clone())
        .with("oldObject", object)
        .with("request", schema("request", "kubernetes.AdmissionRequest"))
}

fn schema(name: &str, type_name: &str) -> Type<'static> {
    Type::of_schema(&SCHEMAS[name], false, type_name, Reader::Policy)
}

fn authorizer() -> Type<'static> {
    Type::opaque("kubernetes.authorization.Authorizer")
}
