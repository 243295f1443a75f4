//! Environments, line by line.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::{Expect, expect};
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

use super::*;
use crate::amounts::Amounts;

fn pod(container: serde_json::Value) -> Pod {
    serde_json::from_value(json!({
        "metadata": {
            "name": "p", "namespace": "ns", "uid": "u",
            "labels": {"app": "web"}, "annotations": {"note": "a \"b\""},
        },
        "spec": {
            "nodeName": "n", "serviceAccountName": "default", "containers": [container],
        },
    }))
    .unwrap()
}

fn some_sources() -> Sources {
    let data = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()));
        Some(Arc::new(pairs.collect::<BTreeMap<_, _>>()))
    };
    Sources {
        namespace: "ns".to_owned(),
        found: [
            (Source::ConfigMap("c".to_owned()), data(&[("a", "1"), ("b", "2")])),
            (Source::Secret("s".to_owned()), data(&[("password", "secret")])),
            (Source::ConfigMap("absent".to_owned()), None),
        ]
        .into(),
    }
}

fn services() -> Vec<Arc<Service>> {
    let service = |namespace: &str, name: &str, address: &str, ports: serde_json::Value| {
        let object = json!({
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"clusterIP": address, "ports": ports},
        });
        Arc::new(serde_json::from_value(object).unwrap())
    };
    vec![
        service("ns", "my-db", "10.43.0.9", json!([{"name": "sql-port", "port": 5432}])),
        service("ns", "headless", "None", json!([{"port": 1}])),
        service("other", "hidden", "10.43.0.8", json!([{"port": 1}])),
        service("default", "kubernetes", "10.43.0.1", json!([{"name": "https", "port": 443}])),
    ]
}

fn check(container: serde_json::Value, services: &[Arc<Service>], expected: Expect) {
    let mut container = container;
    container["name"] = json!("app");
    let pod = pod(container);
    let ips = ["10.42.0.7".parse().unwrap()];
    let node_ips = ["192.0.2.1".parse().unwrap()];
    let allocatable: Amounts = [("cpu".to_owned(), 4000), ("memory".to_owned(), 8_000_000)].into();
    let fields =
        Fields { pod: &pod, pod_ips: &ips, host_ips: &node_ips, allocatable: &allocatable };
    let container = &pod.spec.as_ref().unwrap().containers[0];
    let text = match compose(container, &fields, &some_sources(), services) {
        Ok(environment) => {
            let args = arguments(container, &environment);
            let pairs = environment.into_pairs().into_iter();
            let lines = pairs.map(|(name, value)| format!("{name}={value}"));
            let lines = lines.chain(args.iter().map(|arg| format!("> {arg}")));
            lines.collect::<Vec<_>>().join("\n") + "\n"
        }
        Err(setback) => format!("{}: {}\n", setback.reason, setback.message),
    };
    expected.assert_eq(&text);
}

#[test]
fn values_refer_to_earlier_ones_and_nothing_else() {
    check(
        json!({
            "env": [
                {"name": "A", "value": "1"},
                {"name": "B", "value": "$(A)$(C) $$(A) $A $(open"},
                {"name": "C", "value": "3"},
            ],
            "command": ["program", "--a=$(A)"],
            "args": ["$(B)", "$$(A)", "$(NONE)"],
        }),
        &[],
        expect![[r"
            A=1
            B=1$(C) $(A) $A $(open
            C=3
            > --a=1
            > 1$(C) $(A) $A $(open
            > $(A)
            > $(NONE)
        "]],
    );
}

#[test]
fn sources_come_whole_or_by_key() {
    check(
        json!({
            "envFrom": [
                {"prefix": "P_", "configMapRef": {"name": "c"}},
                {"secretRef": {"name": "gone", "optional": true}},
            ],
            "env": [
                {"name": "P_a", "value": "over"},
                {"name": "PW", "valueFrom": {"secretKeyRef": {"name": "s", "key": "password"}}},
                {"name": "NO", "valueFrom": {"configMapKeyRef": {"name": "absent", "key": "x", "optional": true}}},
            ],
        }),
        &[],
        expect![[r"
            P_a=over
            P_b=2
            PW=secret
        "]],
    );
}

#[test]
fn what_is_missing_is_named() {
    let key = |name: &str, key: &str| json!({"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": name, "key": key}}}]});
    check(
        key("absent", "x"),
        &[],
        expect![[r#"
        CreateContainerConfigError: configmap "absent" not found
    "#]],
    );
    check(
        key("c", "x"),
        &[],
        expect![[r"
        CreateContainerConfigError: couldn't find key x in ConfigMap ns/c
    "]],
    );
    check(
        json!({"envFrom": [{"secretRef": {"name": "gone"}}]}),
        &[],
        expect![[r#"
        CreateContainerConfigError: secret "gone" not found
    "#]],
    );
}

#[test]
fn a_pod_can_be_told_about_itself() {
    let field = |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}});
    let resource = |name: &str, resource: &str, divisor: &str| json!({"name": name, "valueFrom": {"resourceFieldRef": {"resource": resource, "divisor": divisor}}});
    check(
        json!({
            "resources": {"limits": {"cpu": "1500m"}, "requests": {"memory": "3Mi"}},
            "env": [
                field("NAME", "metadata.name"), field("NS", "metadata.namespace"),
                field("UID", "metadata.uid"), field("APP", "metadata.labels['app']"),
                field("NOTE", "metadata.annotations['note']"), field("NODE", "spec.nodeName"),
                field("ACCOUNT", "spec.serviceAccountName"), field("IP", "status.podIP"),
                field("HOST", "status.hostIP"),
                resource("CPU", "limits.cpu", "0"), resource("MILLI", "limits.cpu", "1m"),
                resource("MEMORY", "requests.memory", "1Mi"), resource("ALL", "limits.memory", "1k"),
            ],
        }),
        &[],
        expect![[r#"
            NAME=p
            NS=ns
            UID=u
            APP=web
            NOTE=a "b"
            NODE=n
            ACCOUNT=default
            IP=10.42.0.7
            HOST=192.0.2.1
            CPU=2
            MILLI=1500
            MEMORY=3
            ALL=8
        "#]],
    );
}

#[test]
fn services_of_the_namespace_are_named() {
    check(
        json!({}),
        &services(),
        expect![[r"
        KUBERNETES_SERVICE_HOST=10.43.0.1
        KUBERNETES_SERVICE_PORT=443
        KUBERNETES_SERVICE_PORT_HTTPS=443
        KUBERNETES_PORT=tcp://10.43.0.1:443
        KUBERNETES_PORT_443_TCP=tcp://10.43.0.1:443
        KUBERNETES_PORT_443_TCP_PROTO=tcp
        KUBERNETES_PORT_443_TCP_PORT=443
        KUBERNETES_PORT_443_TCP_ADDR=10.43.0.1
        MY_DB_SERVICE_HOST=10.43.0.9
        MY_DB_SERVICE_PORT=5432
        MY_DB_SERVICE_PORT_SQL_PORT=5432
        MY_DB_PORT=tcp://10.43.0.9:5432
        MY_DB_PORT_5432_TCP=tcp://10.43.0.9:5432
        MY_DB_PORT_5432_TCP_PROTO=tcp
        MY_DB_PORT_5432_TCP_PORT=5432
        MY_DB_PORT_5432_TCP_ADDR=10.43.0.9
    "]],
    );
}
