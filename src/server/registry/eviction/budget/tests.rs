use super::*;

const NOW: &str = "2026-01-01T00:00:00Z";

fn budget(status: Value) -> Value {
    json!({
        "metadata": {"name": "web", "generation": 2},
        "spec": {"selector": {"matchLabels": {"app": "web"}}},
        "status": status,
    })
}

fn status(allowed: i64) -> Value {
    json!({
        "observedGeneration": 2, "disruptionsAllowed": allowed, "desiredHealthy": 2, "currentHealthy": 3,
        "expectedPods": 3,
    })
}

fn pod(phase: &str, ready: &str) -> Value {
    json!({
        "metadata": {"name": "p", "labels": {"app": "web"}},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": ready}]},
    })
}

fn refusal(budget: &Value) -> (u16, String, u32) {
    let error = with_one_taken(budget, "p", NOW).unwrap_err();
    let details = error.details.clone().unwrap_or_default();
    let cause = details.causes.first().map(|cause| format!("{}: {}", cause.reason, cause.message));
    (error.code(), cause.unwrap_or(error.message), details.retry_after_seconds)
}

#[test]
fn a_disruption_is_counted_with_the_pod_that_got_it() {
    let taken = with_one_taken(&budget(status(2)), "p", NOW).unwrap();
    assert_eq!(taken["status"]["disruptionsAllowed"], 1);
    assert_eq!(taken["status"]["disruptedPods"], json!({"p": NOW}));
    assert_eq!(taken["status"].get("conditions"), None);
    let last = with_one_taken(&taken, "q", NOW).unwrap();
    assert_eq!(last["status"]["disruptedPods"], json!({"p": NOW, "q": NOW}));
    let condition = &last["status"]["conditions"][0];
    let told = (&condition["status"], &condition["reason"]);
    assert_eq!(told, (&json!("False"), &json!("InsufficientPods")));
}

#[test]
fn a_budget_without_rest_says_what_it_needs() {
    let words =
        "DisruptionBudget: The disruption budget web needs 2 healthy pods and has 3 currently";
    assert_eq!(refusal(&budget(status(0))), (429, words.to_owned(), 0));
}

#[test]
fn a_budget_nobody_has_looked_at_yet_asks_for_patience() {
    let mut young = status(5);
    young["observedGeneration"] = json!(1);
    let words =
        "DisruptionBudget: The disruption budget web is still being processed by the server.";
    assert_eq!(refusal(&budget(young)), (429, words.to_owned(), RETRY_SECONDS));
}

#[test]
fn a_budget_that_could_not_be_computed_says_why() {
    let mut failed = status(0);
    failed["conditions"] = json!([{
        "type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed", "message": "no controller",
    }]);
    let (code, words, _) = refusal(&budget(failed));
    assert_eq!(code, 429);
    assert!(words.ends_with("because it failed sync: no controller"), "{words}");
}

#[test]
fn a_budget_out_of_order_gives_nothing() {
    assert_eq!(refusal(&budget(status(-1))).0, 403);
    let mut full = status(1);
    let pods = (0..=UNCONFIRMED_MAX).map(|at| (format!("p{at}"), json!(NOW)));
    full["disruptedPods"] = pods.collect::<serde_json::Map<_, _>>().into();
    assert_eq!(refusal(&budget(full)).0, 403);
}

#[test]
fn pods_that_do_no_work_need_no_leave() {
    for phase in ["Pending", "Succeeded", "Failed"] {
        assert!(is_no_loss(&pod(phase, "False")), "{phase}");
    }
    assert!(!is_no_loss(&pod("Running", "False")));
    let mut leaving = pod("Running", "True");
    leaving["metadata"]["deletionTimestamp"] = json!(NOW);
    assert!(is_no_loss(&leaving));
}

#[test]
fn an_unready_pod_goes_freely_while_enough_are_healthy() {
    assert!(lets_unhealthy_go(&budget(status(0))));
    let mut short = budget(status(0));
    short["status"]["currentHealthy"] = json!(1);
    assert!(!lets_unhealthy_go(&short));
    short["spec"]["unhealthyPodEvictionPolicy"] = json!("AlwaysAllow");
    assert!(lets_unhealthy_go(&short));
    let mut nothing = budget(status(0));
    nothing["status"]["desiredHealthy"] = json!(0);
    assert!(!lets_unhealthy_go(&nothing));
}

#[test]
fn an_empty_selector_is_about_every_pod_and_none_about_no_pod() {
    let mut budget = budget(status(0));
    assert!(is_about(&budget, &pod("Running", "True")));
    budget["spec"]["selector"] = json!({});
    assert!(is_about(&budget, &json!({"metadata": {"name": "q"}})));
    budget["spec"].as_object_mut().unwrap().remove("selector");
    assert!(!is_about(&budget, &pod("Running", "True")));
}
