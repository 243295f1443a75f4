//! Statuses in full.

use expect_test::expect;
use serde_json::{Value, json};

use super::*;
use crate::lifecycle::{Image, Input, step};

fn running(pod: &Pod) -> (Policy, State, Timestamp) {
    let policy = Policy::of(pod);
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut state = State::new(&policy, now);
    let image = Image { name: "i:latest".to_owned(), id: "i@sha256:1".to_owned() };
    let inputs = [
        Input::Tick,
        Input::Prepared(Ok(())),
        Input::Pulled { container: 0, result: Ok(image) },
        Input::Started { container: 0, result: Ok("wasm://1".to_owned()) },
    ];
    for input in inputs {
        state = step(&policy, state, input, now).0;
    }
    (policy, state, now)
}

fn pod(extra: Value) -> Pod {
    let mut pod = json!({
        "metadata": {"name": "p", "namespace": "ns", "uid": "u", "generation": 1},
        "spec": {"containers": [{"name": "app", "image": "i"}]},
        "status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2025-12-31T23:59:59Z"},
        ]},
    });
    merge(&mut pod, extra);
    serde_json::from_value(pod).unwrap()
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

fn view() -> View {
    View {
        pod_ips: vec!["10.42.0.7".parse().unwrap()],
        host_ips: vec!["192.0.2.1".parse().unwrap()],
        resources: BTreeMap::new(),
    }
}

#[test]
fn a_running_pod_says_all_that_kubernetes_says() {
    let pod = pod(json!({}));
    let (policy, state, now) = running(&pod);
    let status = render(&pod, &policy, &state, &view(), now);
    expect![[r#"
        {
          "conditions": [
            {
              "lastTransitionTime": "2026-01-01T00:00:00Z",
              "observedGeneration": 1,
              "status": "True",
              "type": "PodReadyToStartContainers"
            },
            {
              "lastTransitionTime": "2026-01-01T00:00:00Z",
              "observedGeneration": 1,
              "status": "True",
              "type": "Initialized"
            },
            {
              "lastTransitionTime": "2026-01-01T00:00:00Z",
              "observedGeneration": 1,
              "status": "True",
              "type": "Ready"
            },
            {
              "lastTransitionTime": "2026-01-01T00:00:00Z",
              "observedGeneration": 1,
              "status": "True",
              "type": "ContainersReady"
            },
            {
              "lastTransitionTime": "2025-12-31T23:59:59Z",
              "status": "True",
              "type": "PodScheduled"
            }
          ],
          "containerStatuses": [
            {
              "containerID": "wasm://1",
              "image": "i:latest",
              "imageID": "i@sha256:1",
              "lastState": {},
              "name": "app",
              "ready": true,
              "restartCount": 0,
              "started": true,
              "state": {
                "running": {
                  "startedAt": "2026-01-01T00:00:00Z"
                }
              }
            }
          ],
          "hostIP": "192.0.2.1",
          "hostIPs": [
            {
              "ip": "192.0.2.1"
            }
          ],
          "observedGeneration": 1,
          "phase": "Running",
          "podIP": "10.42.0.7",
          "podIPs": [
            {
              "ip": "10.42.0.7"
            }
          ],
          "qosClass": "BestEffort",
          "startTime": "2026-01-01T00:00:00Z"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&status).unwrap());
}

#[test]
fn a_patch_says_only_what_changed() {
    let mut pod = pod(json!({}));
    let (policy, state, now) = running(&pod);
    let status = render(&pod, &policy, &state, &view(), now);
    pod.status = Some(status.clone());
    assert_eq!(patch("u", &status, &status), None);
    let exit = crate::lifecycle::Exit {
        code: 1,
        out_of_memory: false,
        message: None,
        started: now,
        finished: now,
    };
    let (state, _) = step(&policy, state, Input::Exited { container: 0, exit }, now);
    let view = View { pod_ips: vec!["10.42.0.8".parse().unwrap()], ..view() };
    let later = render(&pod, &policy, &state, &view, now);
    let patch = patch("u", &status, &later).unwrap();
    expect![[r#"
        {
          "metadata": {
            "uid": "u"
          },
          "status": {
            "conditions": [
              {
                "lastTransitionTime": "2026-01-01T00:00:00Z",
                "message": "containers with unready status: [app]",
                "observedGeneration": 1,
                "reason": "ContainersNotReady",
                "status": "False",
                "type": "Ready"
              },
              {
                "lastTransitionTime": "2026-01-01T00:00:00Z",
                "message": "containers with unready status: [app]",
                "observedGeneration": 1,
                "reason": "ContainersNotReady",
                "status": "False",
                "type": "ContainersReady"
              }
            ],
            "containerStatuses": [
              {
                "containerID": "wasm://1",
                "image": "i:latest",
                "imageID": "i@sha256:1",
                "lastState": {},
                "name": "app",
                "ready": false,
                "restartCount": 0,
                "started": false,
                "state": {
                  "terminated": {
                    "containerID": "wasm://1",
                    "exitCode": 1,
                    "finishedAt": "2026-01-01T00:00:00Z",
                    "reason": "Error",
                    "startedAt": "2026-01-01T00:00:00Z"
                  }
                }
              }
            ],
            "podIP": "10.42.0.8",
            "podIPs": [
              {
                "$patch": "replace"
              },
              {
                "ip": "10.42.0.8"
              }
            ]
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&patch).unwrap());
}

#[test]
fn what_a_condition_no_longer_says_is_taken_back() {
    let pod = pod(json!({}));
    let (policy, state, now) = running(&pod);
    let ready = render(&pod, &policy, &state, &view(), now);
    let unready = render(&pod, &policy, &State::new(&policy, now), &view(), now);
    let patch = patch("u", &unready, &ready).unwrap();
    let conditions = patch["status"]["conditions"].as_array().unwrap();
    assert!(conditions.iter().any(|one| one["type"] == "Ready" && one["reason"].is_null()));
    assert!(conditions.iter().any(|one| one["type"] == "Ready" && one["message"].is_null()));
}

#[test]
fn readiness_gates_hold_a_pod_back_and_others_conditions_stay() {
    let gates = json!({"spec": {"readinessGates": [{"conditionType": "example.com/gate"}]}});
    let mut pod = pod(gates);
    let (policy, state, now) = running(&pod);
    let ready = |pod: &Pod| {
        let status = render(pod, &policy, &state, &view(), now);
        let conditions = status.conditions.unwrap();
        let ready = conditions.iter().find(|one| one.type_ == "Ready").unwrap();
        format!("{} {}", ready.status, ready.message.clone().unwrap_or_default())
    };
    expect![[
        r#"False corresponding condition of pod readiness gate "example.com/gate" does not exist."#
    ]]
    .assert_eq(&ready(&pod));
    let mut status = pod.status.clone().unwrap();
    let mut gate = k8s_openapi::api::core::v1::PodCondition {
        type_: "example.com/gate".to_owned(),
        status: "False".to_owned(),
        ..Default::default()
    };
    status.conditions.as_mut().unwrap().push(gate.clone());
    pod.status = Some(status.clone());
    expect![[
        r#"False the status of pod readiness gate "example.com/gate" is not "True", but False"#
    ]]
    .assert_eq(&ready(&pod));
    gate.status = "True".to_owned();
    *status.conditions.as_mut().unwrap().last_mut().unwrap() = gate.clone();
    pod.status = Some(status);
    assert_eq!(ready(&pod), "True ");
    let rendered = render(&pod, &policy, &state, &view(), now);
    assert!(rendered.conditions.unwrap().contains(&gate));
}

#[test]
fn the_quality_of_service_follows_from_requests_and_limits() {
    let class = |resources: Value| {
        let containers = json!([{"name": "app", "image": "i", "resources": resources}]);
        qos_class(&pod(json!({"spec": {"containers": containers}})))
    };
    assert_eq!(class(json!({})), "BestEffort");
    assert_eq!(class(json!({"requests": {"cpu": "1"}})), "Burstable");
    assert_eq!(class(json!({"limits": {"cpu": "1", "memory": "1Gi"}})), "Guaranteed");
    let both = json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}});
    assert_eq!(class(both), "Burstable");
}

#[test]
fn a_resize_is_pending_until_the_container_starts_again() {
    let resources = |cpu: &str| json!({"requests": {"cpu": cpu}, "limits": {"cpu": cpu}});
    let mut pod = pod(json!({}));
    let spec = pod.spec.as_mut().unwrap();
    spec.containers[0].resources = serde_json::from_value(resources("2")).unwrap();
    let (policy, state, now) = running(&pod);
    let started_with = |cpu: &str| View {
        resources: [(0, serde_json::from_value(resources(cpu)).unwrap())].into(),
        ..view()
    };
    let pending = |status: &PodStatus| {
        let conditions = status.conditions.iter().flatten();
        let found = conditions.filter(|one| one.type_ == "PodResizePending");
        found.map(|one| one.reason.clone().unwrap()).collect::<Vec<_>>()
    };
    let shown = |status: &PodStatus| {
        let first = &status.container_statuses.as_ref().unwrap()[0];
        let limits = first.resources.clone().unwrap().limits.unwrap();
        (limits["cpu"].0.clone(), first.allocated_resources.clone().unwrap()["cpu"].0.clone())
    };
    let resized = render(&pod, &policy, &state, &started_with("1"), now);
    assert_eq!(pending(&resized), ["Infeasible"]);
    assert_eq!(shown(&resized), ("1".to_owned(), "1".to_owned()));

    pod.status = Some(resized.clone());
    let restarted = render(&pod, &policy, &state, &started_with("2"), now);
    assert!(pending(&restarted).is_empty());
    assert_eq!(shown(&restarted), ("2".to_owned(), "2".to_owned()));
    let change = patch("u", &resized, &restarted).unwrap();
    let conditions = &change["status"]["conditions"];
    assert_eq!(*conditions, json!([{"$patch": "delete", "type": "PodResizePending"}]));
}
