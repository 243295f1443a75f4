//! What is sent for a plan, and how its end is judged.

use std::sync::{Arc, Mutex};

use base::{Clock, Tasks};
use http::Response;
use http_body_util::{BodyExt, Full};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};

use super::*;

/// Answers every request as told and writes down what it was asked.
struct Script {
    executor: Executor,
    asked: Arc<Mutex<Vec<String>>>,
    tasks: Tasks,
}

impl Script {
    fn new(answer: impl Fn(&str) -> (u16, Value) + Send + Sync + Clone + 'static) -> Self {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        let service = tower::service_fn(move |request: Request<kube::client::Body>| {
            let (answer, log) = (answer.clone(), Arc::clone(&log));
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                let line =
                    format!("{} {} {}", parts.method, parts.uri, String::from_utf8_lossy(&body));
                let (code, reply) = answer(&line);
                log.lock().unwrap().push(line.trim().to_owned());
                let reply = Full::new(bytes::Bytes::from(reply.to_string()));
                Ok::<_, std::convert::Infallible>(
                    Response::builder().status(code).body(reply).unwrap(),
                )
            }
        });
        let tasks = Tasks::new();
        let client = crate::in_process(service, "default");
        let recorder = EventRecorder::new(client.clone(), "test", None, &Clock::system(), &tasks);
        let caches = Caches::new(client, &tasks);
        Self { executor: Executor { caches, recorder }, asked, tasks }
    }

    async fn run(&self, plan: Plan) -> (Outcome, Vec<String>) {
        let (outcome, _) = self.executor.execute(plan).await;
        self.tasks.stop_token().cancel();
        (outcome, self.asked.lock().unwrap().clone())
    }
}

fn object<K: crate::Cached>(version: &str) -> K {
    serde_json::from_value(json!({
        "metadata": {"name": "a", "namespace": "n", "uid": "u", "resourceVersion": version},
    }))
    .unwrap()
}

fn failure(code: u16, reason: &str) -> (u16, Value) {
    let status = json!({"kind": "Status", "status": "Failure", "reason": reason, "code": code, "message": "no"});
    (code, status)
}

#[tokio::test]
async fn a_step_follows_the_version_that_an_earlier_step_made() {
    let script = Script::new(|line| {
        let version = if line.starts_with("PATCH") { "8" } else { "9" };
        (200, json!({"metadata": {"name": "a", "uid": "u", "resourceVersion": version}}))
    });
    let mut plan = Plan::default();
    plan.patch(&object::<Pod>("7"), json!({"metadata": {"labels": {"x": "y"}}}));
    plan.set_status(&object::<Pod>("7"));
    plan.set_status(&object::<Pod>("7"));
    let (outcome, asked) = script.run(plan).await;
    assert!(matches!(outcome, Outcome::Done));
    assert!(asked[0].contains("\"resourceVersion\":\"7\""), "{asked:?}");
    assert!(asked[1].starts_with("PUT /api/v1/namespaces/n/pods/a/status"), "{asked:?}");
    assert!(asked[1].contains("\"resourceVersion\":\"8\""), "{asked:?}");
    assert!(asked[2].contains("\"resourceVersion\":\"9\""), "{asked:?}");
}

#[tokio::test]
async fn a_conflict_drops_the_rest() {
    let script = Script::new(|_| failure(409, "Conflict"));
    let mut plan = Plan::default();
    plan.update(&object::<ConfigMap>("7"));
    plan.delete(&object::<ConfigMap>("7"));
    let (outcome, asked) = script.run(plan).await;
    assert!(matches!(outcome, Outcome::Stale));
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn a_refused_creation_stops_the_slow_start() {
    let script = Script::new(|_| failure(403, "Forbidden"));
    let mut plan = Plan::default();
    plan.create_many(&object::<Pod>(""), 100, None);
    let (outcome, asked) = script.run(plan).await;
    assert!(matches!(outcome, Outcome::Failed(_)));
    assert_eq!(asked.len(), 1, "one try, not a hundred");
}

#[tokio::test]
async fn deleting_what_is_gone_is_success() {
    let script = Script::new(|_| failure(404, "NotFound"));
    let mut plan = Plan::default();
    plan.delete(&object::<Pod>("7")).grace_seconds = Some(0);
    let (outcome, asked) = script.run(plan).await;
    assert!(matches!(outcome, Outcome::Done));
    assert!(asked[0].contains(r#""gracePeriodSeconds":0"#), "{asked:?}");
    assert!(asked[0].contains(r#""preconditions":{"uid":"u"}"#), "{asked:?}");
}

#[tokio::test]
async fn a_plan_goes_on_only_when_what_it_requires_is_so() {
    for (items, expected) in [(json!([]), 2), (json!([{}]), 1)] {
        let script = Script::new(move |_| (200, json!({"items": items, "metadata": {}})));
        let mut plan = Plan::default();
        let resource = Resource::of::<Pod>();
        plan.push(Action::Require(Requirement::Empty { resource, namespace: "n".to_owned() }));
        plan.delete(&object::<Pod>("7"));
        let (_, asked) = script.run(plan).await;
        assert_eq!(asked.len(), expected);
        assert_eq!(asked[0], "GET /api/v1/namespaces/n/pods?limit=1");
    }
}

#[tokio::test]
async fn nothing_is_done_for_an_owner_that_is_being_deleted_or_another() {
    let leaving = json!({"name": "a", "uid": "u", "deletionTimestamp": "2026-01-01T00:00:00Z"});
    let answers = [
        ((200, json!({"metadata": {"name": "a", "uid": "u"}})), 2),
        ((200, json!({"metadata": leaving})), 1),
        ((200, json!({"metadata": {"name": "a", "uid": "other"}})), 1),
        (failure(404, "NotFound"), 1),
    ];
    for (answer, expected) in answers {
        let script = Script::new(move |_| answer.clone());
        let mut plan = Plan::default();
        let (target, uid) = (Target::of(&object::<ConfigMap>("")), "u".to_owned());
        plan.push(Action::Require(Requirement::Alive { target, uid }));
        plan.delete(&object::<Pod>("7"));
        let (_, asked) = script.run(plan).await;
        assert_eq!(asked.len(), expected);
        assert_eq!(asked[0], "GET /api/v1/namespaces/n/configmaps/a");
    }
}

#[tokio::test]
async fn what_was_made_beside_a_refusal_is_waited_for() {
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    // The first of the second batch is refused, the other made.
    let script =
        Script::new(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            1 => failure(403, "Forbidden"),
            made => (201, json!({"metadata": {"name": "a", "resourceVersion": made.to_string()}})),
        });
    let mut plan = Plan::default();
    plan.create_many(&object::<Pod>(""), 3, None);
    let (outcome, written) = script.executor.execute(plan).await;
    assert!(matches!(outcome, Outcome::Failed(_)));
    assert_eq!(script.asked.lock().unwrap().len(), 3);
    assert_eq!(written.revisions, [(Resource::of::<Pod>(), 2)]);
    script.tasks.stop_token().cancel();
}

#[tokio::test]
async fn a_name_that_no_url_can_hold_asks_for_nothing_else() {
    let script = Script::new(|_| (200, json!({"metadata": {}})));
    let mut plan = Plan::default();
    let resource = Resource { plural: "odd plurals".into(), ..Resource::of::<Pod>() };
    let target = Target { resource, key: crate::Key::new("n", "a") };
    plan.push(Action::Delete(Deletion::of(target, None)));
    let (outcome, asked) = script.run(plan).await;
    assert!(matches!(outcome, Outcome::Failed(_)));
    assert!(asked.is_empty(), "{asked:?}");
}
