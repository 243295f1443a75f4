//! Writes into a certificate request who makes it: nobody says so about themselves.

use serde_json::{Value, json};

use super::call::Call;
use crate::identity::User;

const GROUP: &str = "certificates.k8s.io";
const PLURAL: &str = "certificatesigningrequests";

/// Fills in the requester of a new certificate request.
pub(super) fn sign_in(call: &Call<'_>, object: &mut Value) {
    let names = call.place.served.kind().names();
    if names.plural != PLURAL || names.group != GROUP {
        return;
    }
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let User { name, uid, groups, extra } = &call.identity.user;
    spec.insert("username".to_owned(), name.as_str().into());
    if !uid.is_empty() {
        spec.insert("uid".to_owned(), uid.as_str().into());
    }
    if !groups.is_empty() {
        spec.insert("groups".to_owned(), groups.clone().into());
    }
    if !extra.is_empty() {
        spec.insert("extra".to_owned(), json!(extra));
    }
}
