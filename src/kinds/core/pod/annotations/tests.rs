use expect_test::expect;
use serde_json::{Value, json};

use crate::core::Pod;
use crate::fixture::{admitted, problems, problems_of_update};

fn pod(annotations: Value) -> Value {
    admitted(
        &Pod,
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web", "namespace": "default", "annotations": annotations},
            "spec": {"containers": [{"name": "a", "image": "hello"}]}}),
    )
}

fn cost(text: &str) -> Value {
    json!({"controller.kubernetes.io/pod-deletion-cost": text})
}

#[test]
fn a_cost_of_deletion_is_a_number_without_ornaments() {
    for good in ["0", "-5", "2147483647"] {
        assert_eq!(problems(&Pod, &pod(cost(good))), "", "{good}");
    }
    for bad in ["", "+1", "01", "2147483648", "1.5", "-"] {
        let expected = format!(
            "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: {bad:?}: must be a 32bit \
             integer"
        );
        assert_eq!(problems(&Pod, &pod(cost(bad))), expected);
    }
}

#[test]
fn a_wrong_cost_that_is_stored_keeps_nobody_from_changing_the_pod() {
    assert_eq!(problems_of_update(&Pod, &pod(cost("x")), &pod(cost("y"))), "");
    expect![[
        r#"metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "x": must be a 32bit integer"#
    ]]
    .assert_eq(&problems_of_update(&Pod, &pod(cost("x")), &pod(cost("1"))));
}

#[test]
fn what_a_pod_is_made_with_stays() {
    let mirror = |file: &str| json!({"kubernetes.io/config.mirror": file});
    let profile = json!({"container.apparmor.security.beta.kubernetes.io/a": "runtime/default"});
    let mut said = Vec::new();
    for (new, old) in [
        (mirror("b"), mirror("a")),
        (json!({}), mirror("a")),
        (mirror("a"), json!({})),
        (profile.clone(), json!({})),
        (json!({}), profile),
    ] {
        let (mut new, mut old) = (pod(new), pod(old));
        new["spec"]["nodeName"] = json!("n");
        old["spec"]["nodeName"] = json!("n");
        said.push(problems_of_update(&Pod, &new, &old));
    }
    expect![[r"
        metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation
        metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation
        metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation
        metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]: Forbidden: may not add AppArmor annotations
        metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]: Forbidden: may not remove or update AppArmor annotations
    "]].assert_eq(&(said.join("\n") + "\n"));
}

#[test]
fn what_only_shows_a_file_is_on_a_node() {
    expect![[
        r#"metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "a": must set spec.nodeName if mirror pod annotation is set"#
    ]]
    .assert_eq(&problems(&Pod, &pod(json!({"kubernetes.io/config.mirror": "a"}))));
}
