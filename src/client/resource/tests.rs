//! Paths under which objects are asked for.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::rbac::v1::ClusterRole;

use super::*;

#[test]
fn an_object_has_a_path_and_a_subresource_one_below() {
    let target = Target { resource: Resource::of::<Pod>(), key: Key::new("n", "a-0.b") };
    assert_eq!(target.path(""), "/api/v1/namespaces/n/pods/a-0.b");
    assert_eq!(target.path("status"), "/api/v1/namespaces/n/pods/a-0.b/status");
}

#[test]
fn a_name_that_is_no_plain_part_of_a_url_is_encoded() {
    let path = |name: &str| {
        Target { resource: Resource::of::<ClusterRole>(), key: Key::cluster(name) }.path("")
    };
    let collection = "/apis/rbac.authorization.k8s.io/v1/clusterroles/";
    for (name, encoded) in [
        ("system:node", "system:node"),
        ("a b", "a%20b"),
        ("a?b#c", "a%3Fb%23c"),
        ("r\u{f6}le", "r%C3%B6le"),
    ] {
        assert_eq!(path(name), format!("{collection}{encoded}"));
    }
}
