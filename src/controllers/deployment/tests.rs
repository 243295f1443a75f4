//! Rollouts, played against `ReplicaSets` and pods in memory.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::fmt::Write as _;

use client::Action;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::pod;
use crate::replica_set;
use crate::testing::World;

struct Cluster(World);

impl Cluster {
    fn new(replicas: i32, strategy: serde_json::Value) -> Self {
        let mut cluster = Self(World::new());
        let deployment: Deployment = serde_json::from_value(json!({
            "metadata": {"name": "web", "namespace": "n"},
            "spec": {
                "replicas": replicas,
                "strategy": strategy,
                "progressDeadlineSeconds": 600,
                "revisionHistoryLimit": 1,
                "selector": {"matchLabels": {"app": "web"}},
                "template": template("v1"),
            },
        }))
        .unwrap();
        cluster.0.put(&deployment);
        cluster
    }

    fn rolling(replicas: i32, surge: &str, unavailable: &str) -> Self {
        let number = |text: &str| text.parse::<i32>().map_or(json!(text), |number| json!(number));
        let rolling = json!({"maxSurge": number(surge), "maxUnavailable": number(unavailable)});
        Self::new(replicas, json!({"type": "RollingUpdate", "rollingUpdate": rolling}))
    }

    fn key() -> Key {
        Key::new("n", "web")
    }

    fn deployment(&self) -> Arc<Deployment> {
        self.0.get(&Self::key()).unwrap()
    }

    fn edit(&mut self, patch: serde_json::Value) {
        let generation = self.deployment().metadata.generation.unwrap_or(0);
        let mut spec: serde_json::Value = json!({"metadata": {"generation": generation + 1}});
        spec["spec"] = patch;
        self.0.change::<Deployment>(&Self::key(), &spec);
    }

    fn image(&mut self, version: &str) {
        self.edit(json!({"template": template(version)}));
    }

    fn plan(&self) -> Plan {
        reconcile(&Snapshot {
            deployment: self.deployment(),
            sets: self.0.list(),
            pods: self.0.list(),
            now: self.0.now,
        })
    }

    fn sets(&mut self) -> bool {
        let mut changed = false;
        for set in self.0.list::<ReplicaSet>() {
            let pods = self.0.list::<Pod>();
            let snapshot = replica_set::Snapshot {
                set,
                siblings: pods.clone(),
                pods,
                refusal: None,
                now: self.0.now,
            };
            changed |= self.0.apply(replica_set::reconcile(&snapshot));
        }
        changed
    }

    fn settle_sets(&mut self) {
        while self.sets() {}
    }

    fn make_ready(&mut self, limit: usize) -> bool {
        let mut waiting = self.0.list::<Pod>();
        waiting.retain(|pod| !pod::is_ready(pod));
        for pod in waiting.iter().take(limit) {
            let ready = json!({"type": "Ready", "status": "True", "lastTransitionTime": self.0.now.to_string()});
            let patch = json!({"status": {"phase": "Running", "conditions": [ready]}});
            self.0.change::<Pod>(&Key::of(pod.as_ref()), &patch);
        }
        limit > 0 && !waiting.is_empty()
    }

    /// Lets everything happen until nothing changes; answers the events.
    fn settle(&mut self) -> String {
        let mut events = String::new();
        for _ in 0..1000 {
            self.0.wait(1);
            let plan = self.plan();
            for action in &plan.actions {
                if let Action::Emit(event) = action {
                    writeln!(events, "{}", name_sets(&event.message, self)).unwrap();
                }
            }
            let mut changed = self.0.apply(plan);
            changed |= self.sets();
            changed |= self.make_ready(usize::MAX);
            if !changed {
                return events;
            }
        }
        panic!("no end of changes");
    }

    fn status(&self) -> String {
        let deployment = self.deployment();
        let status = deployment.status.clone().unwrap_or_default();
        let count = |count: Option<i32>| count.unwrap_or(0);
        let mut text = format!(
            "replicas={} updated={} ready={} available={} unavailable={} observed={}/{}\n",
            count(status.replicas),
            count(status.updated_replicas),
            count(status.ready_replicas),
            count(status.available_replicas),
            count(status.unavailable_replicas),
            status.observed_generation.unwrap_or(0),
            deployment.metadata.generation.unwrap_or(0),
        );
        for condition in status.conditions.unwrap_or_default() {
            let message = name_sets(&condition.message.unwrap_or_default(), self);
            let reason = condition.reason.unwrap_or_default();
            writeln!(text, "{}={} {reason}: {message}", condition.type_, condition.status).unwrap();
        }
        for set in sorted(self.0.list()) {
            let annotations = set.metadata.annotations.clone().unwrap_or_default();
            let shown = |name: &str| annotations.get(name).cloned().unwrap_or_default();
            writeln!(
                text,
                "{} {}/{} revision={} history={}",
                image_of(&set),
                set.status.as_ref().and_then(|status| status.available_replicas).unwrap_or(0),
                set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0),
                shown(annotations::REVISION),
                shown(annotations::REVISION_HISTORY),
            )
            .unwrap();
        }
        text
    }
}

fn template(version: &str) -> serde_json::Value {
    json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": version}]},
    })
}

fn image_of(set: &ReplicaSet) -> String {
    let template = set.spec.as_ref().and_then(|spec| spec.template.as_ref());
    let container =
        template.and_then(|template| template.spec.as_ref()?.containers.first().cloned());
    container.and_then(|container| container.image).unwrap_or_default()
}

fn sorted(mut sets: Vec<Arc<ReplicaSet>>) -> Vec<Arc<ReplicaSet>> {
    sets.sort_by_key(|set| set.metadata.creation_timestamp.clone());
    sets
}

/// Hashes are nobody's business in a test.
fn name_sets(text: &str, cluster: &Cluster) -> String {
    let mut text = text.to_owned();
    for set in cluster.0.list::<ReplicaSet>() {
        text =
            text.replace(set.metadata.name.as_deref().unwrap(), &format!("({})", image_of(&set)));
    }
    match text.split_once("web-") {
        Some((before, after)) => {
            let after = after.split_once(' ').map_or("", |(_, after)| after);
            format!("{before}(new) {after}")
        }
        None => text,
    }
}

fn check(actual: &str, expect: Expect) {
    expect.assert_eq(actual);
}

#[test]
fn a_new_deployment_makes_one_set_and_becomes_available() {
    let mut cluster = Cluster::rolling(3, "25%", "25%");
    check(
        &cluster.settle(),
        expect![[r#"
        Scaled up replica set (new) from 0 to 3
    "#]],
    );
    check(
        &cluster.status(),
        expect![[r#"
        replicas=3 updated=3 ready=3 available=3 unavailable=0 observed=1/1
        Available=True MinimumReplicasAvailable: Deployment has minimum availability.
        Progressing=True NewReplicaSetAvailable: ReplicaSet "(v1)" has successfully progressed.
        v1 3/3 revision=1 history=
    "#]],
    );
}

#[test]
fn a_rolling_update_moves_pod_by_pod() {
    let mut cluster = Cluster::rolling(3, "1", "0");
    cluster.settle();
    cluster.image("v2");
    check(
        &cluster.settle(),
        expect![[r#"
        Scaled up replica set (new) from 0 to 1
        Scaled down replica set (v1) from 3 to 2
        Scaled up replica set (v2) from 1 to 2
        Scaled down replica set (v1) from 2 to 1
        Scaled up replica set (v2) from 2 to 3
        Scaled down replica set (v1) from 1 to 0
    "#]],
    );
    check(
        &cluster.status(),
        expect![[r#"
        replicas=3 updated=3 ready=3 available=3 unavailable=0 observed=2/2
        Available=True MinimumReplicasAvailable: Deployment has minimum availability.
        Progressing=True NewReplicaSetAvailable: ReplicaSet "(v2)" has successfully progressed.
        v1 0/0 revision=1 history=
        v2 3/3 revision=2 history=
    "#]],
    );
}

#[test]
fn recreate_ends_all_old_pods_before_the_first_new_one() {
    let mut cluster = Cluster::new(2, json!({"type": "Recreate"}));
    cluster.settle();
    cluster.image("v2");
    check(
        &cluster.settle(),
        expect![[r#"
        Scaled down replica set (v1) from 2 to 0
        Scaled up replica set (new) from 0 to 2
    "#]],
    );
}

#[test]
fn going_back_renumbers_the_old_set_and_keeps_its_history() {
    let mut cluster = Cluster::rolling(1, "1", "0");
    cluster.settle();
    cluster.image("v2");
    cluster.settle();
    cluster.image("v1");
    cluster.settle();
    check(
        &cluster.status(),
        expect![[r#"
        replicas=1 updated=1 ready=1 available=1 unavailable=0 observed=3/3
        Available=True MinimumReplicasAvailable: Deployment has minimum availability.
        Progressing=True NewReplicaSetAvailable: ReplicaSet "(v1)" has successfully progressed.
        v1 1/1 revision=3 history=1
        v2 0/0 revision=2 history=
    "#]],
    );
}

#[test]
fn old_sets_beyond_the_history_limit_are_deleted() {
    let mut cluster = Cluster::rolling(1, "1", "0");
    for version in ["v1", "v2", "v3", "v4"] {
        cluster.image(version);
        cluster.settle();
    }
    check(
        &cluster.status(),
        expect![[r#"
        replicas=1 updated=1 ready=1 available=1 unavailable=0 observed=5/5
        Available=True MinimumReplicasAvailable: Deployment has minimum availability.
        Progressing=True NewReplicaSetAvailable: ReplicaSet "(v4)" has successfully progressed.
        v3 0/0 revision=3 history=
        v4 1/1 revision=4 history=
    "#]],
    );
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll() {
    let mut cluster = Cluster::rolling(2, "1", "0");
    cluster.settle();
    cluster.edit(json!({"paused": true, "replicas": 4, "template": template("v2")}));
    check(
        &cluster.settle(),
        expect![[r#"
        Scaled up replica set (v1) from 2 to 4
    "#]],
    );
    check(
        &cluster.status(),
        expect![[r#"
        replicas=4 updated=0 ready=4 available=4 unavailable=0 observed=2/2
        Progressing=Unknown DeploymentPaused: Deployment is paused
        Available=True MinimumReplicasAvailable: Deployment has minimum availability.
        v1 4/4 revision=1 history=
    "#]],
    );
    cluster.edit(json!({"paused": false}));
    cluster.settle();
    check(
        &cluster.status(),
        expect![[r#"
        replicas=4 updated=4 ready=4 available=4 unavailable=0 observed=3/3
        Available=True MinimumReplicasAvailable: Deployment has minimum availability.
        Progressing=True NewReplicaSetAvailable: ReplicaSet "(v2)" has successfully progressed.
        v1 0/0 revision=1 history=
        v2 4/4 revision=2 history=
    "#]],
    );
}

#[test]
fn scaling_in_the_middle_of_a_rollout_is_shared_by_size() {
    let mut cluster = Cluster::rolling(10, "3", "2");
    cluster.settle();
    cluster.image("v2");
    let plan = cluster.plan();
    cluster.0.apply(plan);
    cluster.settle_sets();
    let plan = cluster.plan();
    cluster.0.apply(plan);
    cluster.settle_sets();
    check(
        &cluster.status(),
        expect![[r#"
        replicas=11 updated=3 ready=8 available=8 unavailable=5 observed=2/2
        Available=True MinimumReplicasAvailable: Deployment has minimum availability.
        Progressing=True ReplicaSetUpdated: ReplicaSet "(v2)" is progressing.
        v1 8/8 revision=1 history=
        v2 0/5 revision=2 history=
    "#]],
    );
    cluster.edit(json!({"replicas": 15}));
    let plan = cluster.plan();
    cluster.0.apply(plan);
    cluster.settle_sets();
    check(
        &cluster.status(),
        expect![[r#"
        replicas=13 updated=5 ready=8 available=8 unavailable=10 observed=3/3
        Progressing=True ReplicaSetUpdated: ReplicaSet "(v2)" is progressing.
        Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability.
        v1 8/11 revision=1 history=
        v2 0/7 revision=2 history=
    "#]],
    );
}

#[test]
fn a_rollout_that_does_not_get_on_exceeds_its_deadline() {
    let mut cluster = Cluster::rolling(1, "1", "0");
    cluster.settle();
    cluster.image("broken");
    for _ in 0..4 {
        let plan = cluster.plan();
        cluster.0.apply(plan);
        cluster.settle_sets();
    }
    let plan = cluster.plan();
    check(
        &plan.to_string(),
        expect![[r#"
        again in 601s
    "#]],
    );
    cluster.0.wait(601);
    let plan = cluster.plan();
    cluster.0.apply(plan);
    check(
        &cluster.status(),
        expect![[r#"
        replicas=2 updated=1 ready=1 available=1 unavailable=1 observed=2/2
        Available=True MinimumReplicasAvailable: Deployment has minimum availability.
        Progressing=False ProgressDeadlineExceeded: ReplicaSet "(broken)" has timed out progressing.
        v1 1/1 revision=1 history=
        broken 0/1 revision=2 history=
    "#]],
    );
    let plan = cluster.plan();
    check(&plan.to_string(), expect![[""]]);
}

#[test]
fn another_object_with_the_sets_name_makes_it_try_another() {
    let mut cluster = Cluster::rolling(1, "1", "0");
    let Some(Action::Create(creation)) = cluster.plan().actions.into_iter().next() else {
        panic!("a set is made first");
    };
    let mut foreign: ReplicaSet = serde_json::from_value(creation.body).unwrap();
    foreign.metadata.owner_references = None;
    foreign.metadata.labels = None;
    cluster.0.put(&foreign);
    cluster.settle();
    assert_eq!(cluster.deployment().status.as_ref().unwrap().collision_count, Some(1));
    assert_eq!(cluster.0.list::<ReplicaSet>().len(), 2);
}

#[test]
fn limits_round_surge_up_and_unavailability_down() {
    let limits = |replicas, surge: &str, unavailable: &str| {
        let cluster = Cluster::rolling(replicas, surge, unavailable);
        let limits = limits::Limits::of(cluster.deployment().spec.as_ref().unwrap());
        (limits.surge, limits.unavailable)
    };
    assert_eq!(limits(10, "25%", "25%"), (3, 2));
    assert_eq!(limits(1, "25%", "25%"), (1, 0));
    assert_eq!(limits(3, "0", "0"), (0, 1));
    assert_eq!(limits(3, "0%", "10%"), (0, 1));
    assert_eq!(limits(2, "0", "5"), (0, 2));
    assert_eq!(limits(0, "1", "1"), (1, 0));
}

/// One thing that happens during a rollout.
#[derive(Debug, Clone)]
enum Step {
    Decide,
    Sets,
    Ready(usize),
    Image(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Decide),
        4 => Just(Step::Sets),
        3 => (1_usize..4).prop_map(Step::Ready),
        1 => (1_u8..4).prop_map(Step::Image),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_rollout_stays_in_bounds_and_ends(
        replicas in 1_i32..8,
        surge in 0_i32..4,
        unavailable in 0_i32..4,
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let mut cluster = Cluster::rolling(replicas, &surge.to_string(), &unavailable.to_string());
        cluster.settle();
        let limits = limits::Limits::of(cluster.deployment().spec.as_ref().unwrap());
        for step in steps {
            cluster.0.wait(1);
            match step {
                Step::Decide => {
                    let plan = cluster.plan();
                    cluster.0.apply(plan);
                }
                Step::Sets => cluster.settle_sets(),
                Step::Ready(count) => { cluster.make_ready(count); }
                Step::Image(version) => cluster.image(&format!("v{version}")),
            }
            let sets = cluster.0.list::<ReplicaSet>();
            let size = |set: &Arc<ReplicaSet>| set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
            let sizes: i32 = sets.iter().map(size).sum();
            prop_assert!(sizes <= replicas + limits.surge, "sets ask for {sizes} pods");
            let available = cluster.0.list::<Pod>().iter().filter(|pod| pod::is_ready(pod)).count();
            let floor = usize::try_from(replicas - limits.unavailable).unwrap();
            prop_assert!(available >= floor, "only {available} of at least {floor} pods are available");
        }
        cluster.settle();
        let status = cluster.deployment().status.clone().unwrap();
        prop_assert_eq!(status.available_replicas, Some(replicas));
        prop_assert_eq!(status.updated_replicas, Some(replicas));
        prop_assert_eq!(status.replicas, Some(replicas));
        prop_assert!(cluster.plan().is_empty(), "at rest: {}", cluster.plan());
    }
}
