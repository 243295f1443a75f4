//! What of an object's metadata is the server's, whatever webhooks make of the rest.

use machinery::document;
use machinery::managed::ManagedFields;
use serde_json::{Map, Value};

const MANAGED_FIELDS: &str = "managedFields";
/// What says which object it is, and how far its life has come.
const OWN: [&str; 8] = [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// The server's part of an object's metadata.
#[derive(Debug)]
pub(super) struct Own {
    fields: Map<String, Value>,
    managed: Option<Value>,
}

impl Own {
    pub(super) fn of(object: &Value) -> Self {
        let metadata = &object["metadata"];
        let field = |name: &str| Some((name.to_owned(), metadata.get(name)?.clone()));
        Self {
            fields: OWN.into_iter().filter_map(field).collect(),
            managed: metadata.get(MANAGED_FIELDS).cloned(),
        }
    }

    /// Puts it back. Who owns which field may be changed to something else that can be read.
    pub(super) fn keep(&self, object: &mut Value) {
        if !object.is_object() {
            return;
        }
        let metadata = document::metadata_mut(object);
        for name in OWN {
            match self.fields.get(name) {
                Some(value) => metadata.insert(name.to_owned(), value.clone()),
                // What has no name yet may be given one.
                None if name == "name" => continue,
                None => metadata.remove(name),
            };
        }
        let readable = metadata
            .get(MANAGED_FIELDS)
            .is_none_or(|managed| ManagedFields::decode(managed).is_ok());
        if !readable {
            match &self.managed {
                Some(managed) => metadata.insert(MANAGED_FIELDS.to_owned(), managed.clone()),
                None => metadata.remove(MANAGED_FIELDS),
            };
        }
    }
}
