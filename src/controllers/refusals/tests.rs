//! How long a refusal is remembered.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::ReplicaSet;
use serde_json::json;

use super::*;
use crate::testing::object;

#[test]
fn a_namesake_is_not_told_of_what_was_refused_before_it() {
    let (refusals, sets) = (Refusals::default(), Cache::<ReplicaSet>::default());
    let key = Key::new("n", "web");
    let put = |uid: &str| {
        let set = json!({"metadata": {"name": "web", "namespace": "n", "uid": uid}});
        sets.insert(Arc::unwrap_or_clone(object(set)));
    };
    let told = || refusals.of(&key, sets.get(&key).as_deref());
    put("one");
    refusals.note(&sets, &key, Some("exceeded quota"));
    assert_eq!(told().as_deref(), Some("exceeded quota"));
    put("two");
    assert_eq!(told(), None);
    put("one");
    assert_eq!(told(), None, "it was forgotten");
    refusals.note(&sets, &key, Some("exceeded quota"));
    sets.remove(&key);
    assert_eq!(told(), None);
    assert!(refusals.0.lock().unwrap().is_empty());
    refusals.note(&sets, &key, Some("too late"));
    assert!(refusals.0.lock().unwrap().is_empty());
}
