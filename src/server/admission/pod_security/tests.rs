use machinery::Labels;
use serde_json::{Value, json};

use super::broken;
use super::policy::Policy;
use super::subject::Subject;
use crate::admission::tests::{PODS, pod};
use crate::testing::Fixture;

/// What a pod with these additions breaks of a level.
fn verdict(level: &str, spec: &Value, container: &Value) -> String {
    let (level, version) = level.split_once(':').unwrap_or((level, "latest"));
    let labels = Labels::from([
        ("pod-security.kubernetes.io/enforce".to_owned(), level.to_owned()),
        ("pod-security.kubernetes.io/enforce-version".to_owned(), version.to_owned()),
    ]);
    let mut pod = pod("p", json!({}));
    for (field, value) in spec.as_object().unwrap() {
        pod["spec"][field] = value.clone();
    }
    for (field, value) in container.as_object().unwrap() {
        pod["spec"]["containers"][0][field] = value.clone();
    }
    broken(&Subject::read(&pod), &Policy::read(&labels, &Policy::default()).enforce)
        .unwrap_or_default()
}

fn restricted() -> Value {
    json!({
        "allowPrivilegeEscalation": false, "runAsNonRoot": true,
        "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"},
    })
}

#[test]
fn the_baseline_forbids_what_reaches_for_the_node() {
    let none = json!({});
    let context = |context: Value| json!({ "securityContext": context });
    for (spec, container, problem) in [
        (json!({}), json!({}), ""),
        (
            json!({"hostNetwork": true, "hostPID": true}),
            none.clone(),
            "host namespaces (hostNetwork=true, hostPID=true)",
        ),
        (
            json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}),
            none.clone(),
            "hostPath volumes (volume \"v\")",
        ),
        (
            none.clone(),
            json!({"ports": [{"containerPort": 80, "hostPort": 80}]}),
            "hostPort (container \"main\" uses hostPort 80)",
        ),
        (
            none.clone(),
            context(json!({"privileged": true})),
            "privileged (container \"main\" must not set securityContext.privileged=true)",
        ),
        (
            none.clone(),
            context(json!({"capabilities": {"add": ["SYS_TIME", "CHOWN", "NET_ADMIN"]}})),
            "non-default capabilities (container \"main\" must not include \"NET_ADMIN\", \
             \"SYS_TIME\" in securityContext.capabilities.add)",
        ),
        (
            none.clone(),
            context(json!({"procMount": "Unmasked"})),
            "procMount (container \"main\" must not set securityContext.procMount to \"Unmasked\")",
        ),
        (
            context(json!({"seLinuxOptions": {"type": "t", "user": "u"}})),
            none.clone(),
            "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"t\"; user \
             may not be set)",
        ),
        (
            context(json!({"seccompProfile": {"type": "Unconfined"}})),
            none.clone(),
            "seccompProfile (pod must not set securityContext.seccompProfile.type to \
             \"Unconfined\")",
        ),
        (
            context(json!({"sysctls": [{"name": "kernel.msgmax", "value": "1"},
                {"name": "net.ipv4.tcp_rmem", "value": "1"}]})),
            none.clone(),
            "forbidden sysctls (kernel.msgmax)",
        ),
        (
            context(json!({"windowsOptions": {"hostProcess": true}})),
            context(json!({"windowsOptions": {"hostProcess": true}})),
            "hostProcess (pod and container \"main\" must not set \
             securityContext.windowsOptions.hostProcess=true)",
        ),
        (
            none.clone(),
            context(json!({"appArmorProfile": {"type": "Unconfined"}})),
            "forbidden AppArmor profile (container \"main\" must not set AppArmor profile type to \
             \"Unconfined\")",
        ),
        (
            none.clone(),
            json!({"livenessProbe": {"httpGet": {"host": "example.com", "port": 80}}}),
            "probe or lifecycle host (container \"main\" must not set probe or lifecycle host to \
             \"example.com\")",
        ),
    ] {
        assert_eq!(verdict("baseline", &spec, &container), problem);
    }
}

#[test]
fn the_restricted_level_wants_good_practice() {
    let none = json!({});
    assert_eq!(
        verdict("restricted", &none, &none),
        "allowPrivilegeEscalation != false (container \"main\" must set \
         securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \
         \"main\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod \
         or container \"main\" must set securityContext.runAsNonRoot=true), seccompProfile (pod or \
         container \"main\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \
         \"Localhost\")"
    );
    let good = json!({"securityContext": restricted()});
    assert_eq!(verdict("restricted", &none, &good), "");
    let volumes = json!({"volumes": [
        {"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/"}},
        {"name": "c", "nfs": {"server": "s", "path": "/"}},
    ]});
    assert_eq!(
        verdict("restricted", &volumes, &good),
        "restricted volume types (volumes \"b\", \"c\" use restricted volume types \"hostPath\", \
         \"nfs\")"
    );
    let root = json!({"securityContext": {"runAsUser": 0}});
    assert_eq!(verdict("restricted", &root, &good), "runAsUser=0 (pod must not set runAsUser=0)");
    let mut wrong = good.clone();
    wrong["securityContext"]["runAsNonRoot"] = false.into();
    assert_eq!(
        verdict("restricted", &none, &wrong),
        "runAsNonRoot != true (container \"main\" must not set securityContext.runAsNonRoot=false)"
    );
}

#[test]
fn a_level_is_read_as_of_its_version() {
    let none = json!({});
    assert_eq!(
        verdict("restricted:v1.7", &none, &none),
        "runAsNonRoot != true (pod or container \"main\" must set securityContext.runAsNonRoot=true)"
    );
    let sysctl =
        json!({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}});
    assert_eq!(verdict("baseline:v1.31", &sysctl, &none), "forbidden sysctls (net.ipv4.tcp_rmem)");
    assert_eq!(verdict("baseline:v1.32", &sysctl, &none), "");
    assert_eq!(verdict("nonsense", &none, &json!({"securityContext": restricted()})), "");
    assert_ne!(verdict("nonsense", &none, &none), "", "what cannot be read is the strictest");
}

#[test]
fn what_is_enforced_is_warned_of_unless_the_namespace_says_otherwise() {
    let warned = |labels: &[(&str, &str)]| {
        let label = |(mode, text): &(&str, &str)| {
            (format!("pod-security.kubernetes.io/{mode}"), (*text).to_owned())
        };
        let labels = labels.iter().map(label).collect();
        Policy::read(&labels, &Policy::default()).warn.to_string()
    };
    for (labels, expected) in [
        ([("enforce", "restricted"), ("enforce-version", "v1.30")].as_slice(), "restricted:v1.30"),
        (&[("enforce", "baseline"), ("warn-version", "v1.29")], "baseline:v1.29"),
        (&[("enforce", "restricted"), ("warn", "baseline")], "baseline:latest"),
        (&[("enforce", "nonsense")], "privileged:latest"),
        (&[("warn", "nonsense")], "privileged:latest"),
        (&[("enforce", "baseline"), ("warn", "nonsense")], "privileged:latest"),
    ] {
        assert_eq!(warned(labels), expected, "{labels:?}");
    }
}

#[tokio::test]
async fn a_namespace_refuses_pods_and_warns_of_workloads() {
    let server = Fixture::new().await;
    let bad = {
        let mut pod = pod("x", json!({}));
        pod["spec"]["containers"][0]["securityContext"] = json!({"privileged": true});
        pod
    };
    server.post(PODS, &bad).await.expect(201);
    let labels = json!({"metadata": {"labels": {
        "pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": "baseline",
    }}});
    let namespace = "/api/v1/namespaces/default";
    let labelled = server.patch(namespace, "merge", &labels).await;
    labelled.expect(200);
    let warnings = labelled.warnings().join("\n");
    assert!(warnings.contains("violate the new PodSecurity enforce level"), "{warnings}");
    assert!(warnings.contains("x: privileged"), "{warnings}");
    let mut second = bad.clone();
    second["metadata"]["name"] = "y".into();
    assert_eq!(
        server.post(PODS, &second).await.failure(403, "Forbidden"),
        "pods \"y\" is forbidden: violates PodSecurity \"baseline:latest\": privileged (container \
         \"main\" must not set securityContext.privileged=true)"
    );
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {
            "selector": {"matchLabels": {"app": "d"}},
            "template": {"metadata": {"labels": {"app": "d"}}, "spec": bad["spec"]},
        },
    });
    let made = server.post("/apis/apps/v1/namespaces/default/deployments", &deployment).await;
    made.expect(201);
    assert!(made.warnings()[0].contains("would violate PodSecurity"), "{:?}", made.warnings());
    // Labels of a pod let in before may still change.
    let patch = json!({"metadata": {"labels": {"a": "b"}}});
    server.patch(&format!("{PODS}/x"), "merge", &patch).await.expect(200);
    let labels = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "hard"}}});
    let message = server.patch(namespace, "merge", &labels).await.failure(422, "Invalid");
    assert!(message.contains("must be one of privileged, baseline, restricted"), "{message}");
}

#[tokio::test]
async fn a_container_that_is_added_later_is_held_to_the_level_too() {
    let server = Fixture::new().await;
    server.post(PODS, &pod("p", json!({"requests": {"cpu": "1m"}}))).await.expect(201);
    let labels =
        json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}});
    server.patch("/api/v1/namespaces/default", "merge", &labels).await.expect(200);
    let added = |context: Value| {
        json!({"spec": {"ephemeralContainers": [
            {"name": "debug", "image": "hello", "securityContext": context},
        ]}})
    };
    let path = format!("{PODS}/p/ephemeralcontainers");
    let privileged = added(json!({"privileged": true}));
    let refused = server.patch(&path, "strategic-merge", &privileged).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "pods \"p\" is forbidden: violates PodSecurity \"baseline:latest\": privileged (container \
         \"debug\" must not set securityContext.privileged=true)"
    );
    server.patch(&path, "strategic-merge", &added(json!({}))).await.expect(200);
    // A stricter level later on is no reason to keep a pod from getting other resources.
    let labels =
        json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    server.patch("/api/v1/namespaces/default", "merge", &labels).await.expect(200);
    let more = json!({"spec": {"containers": [
        {"name": "main", "resources": {"requests": {"cpu": "2m"}}},
    ]}});
    server.patch(&format!("{PODS}/p/resize"), "strategic-merge", &more).await.expect(200);
}
