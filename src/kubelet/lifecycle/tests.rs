//! Lives of pods as scripts: each line is an input, the lines under it are what it causes.

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::{Expect, expect};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

use super::restart::go_duration;
use super::*;
use crate::status::{View, render};

const START: &str = "2026-01-01T00:00:00Z";

struct World {
    pod: Pod,
    policy: Policy,
    state: State,
    now: Timestamp,
    incarnations: u32,
    transcript: String,
}

impl World {
    fn new(spec: serde_json::Value) -> Self {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": "p", "namespace": "ns", "uid": "u"}, "spec": spec,
        }))
        .unwrap();
        let policy = Policy::of(&pod);
        let now: Timestamp = START.parse().unwrap();
        let state = State::new(&policy, now);
        Self { pod, policy, state, now, incarnations: 0, transcript: String::new() }
    }

    fn index(&self, name: &str) -> usize {
        self.policy.containers.iter().position(|one| one.name == name).unwrap()
    }

    fn line(&mut self, line: &str) {
        let input = self.parse(line);
        let state = self.state.clone();
        let (state, effects) = step(&self.policy, state, input, self.now);
        self.state = state;
        let shown = effects.iter().map(|effect| self.show(effect)).collect::<Vec<_>>();
        writeln!(self.transcript, "> {line}").unwrap();
        for effect in shown {
            writeln!(self.transcript, "  {effect}").unwrap();
        }
        let summary = self.summary();
        writeln!(self.transcript, "  = {summary}").unwrap();
    }

    fn parse(&mut self, line: &str) -> Input {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["tick"] => Input::Tick,
            ["after", seconds] => {
                self.now += Duration::from_secs(seconds.parse().unwrap());
                Input::Tick
            }
            ["prepared"] => Input::Prepared(Ok(())),
            ["unprepared"] => Input::Prepared(Err(Setback::new("FailedMount", "no ConfigMap"))),
            ["pulled", name] => Input::Pulled {
                container: self.index(name),
                result: Ok(Image { name: "i:1".into(), id: "i:1@sha256:1".into() }),
            },
            ["missing", name] => Input::Pulled {
                container: self.index(name),
                result: Err(PullFailure::Missing("nothing here".into())),
            },
            ["started", name] => {
                self.incarnations += 1;
                let id = format!("wasm://{}", self.incarnations);
                Input::Started { container: self.index(name), result: Ok(id) }
            }
            ["unconfigured", name] => Input::Started {
                container: self.index(name),
                result: Err(Setback::new(
                    "CreateContainerConfigError",
                    "configmap \"c\" not found",
                )),
            },
            ["exit", name, code] => self.exit(name, code.parse().unwrap(), false),
            ["oom", name] => self.exit(name, 137, true),
            ["probe", probe, name, verdict] => {
                let container = self.index(name);
                Input::Probed {
                    container,
                    id: self.state.containers[container].run().unwrap().id.clone(),
                    probe: match probe {
                        "startup" => Probe::Startup,
                        "liveness" => Probe::Liveness,
                        _ => Probe::Readiness,
                    },
                    passed: verdict == "passes",
                }
            }
            ["redefine", name] => Input::Redefined { container: self.index(name) },
            ["hooked", name] => Input::HookEnded { container: self.index(name) },
            ["delete", grace] => {
                Input::Deleted { grace: Duration::from_secs(grace.parse().unwrap()) }
            }
            ["vanish"] => Input::Vanished,
            ["cleared"] => Input::TornDown,
            _ => panic!("unknown line {line}"),
        }
    }

    fn exit(&self, name: &str, code: i32, out_of_memory: bool) -> Input {
        let container = self.index(name);
        let started = self.state.containers[container].run().unwrap().since;
        let exit = Exit { code, out_of_memory, message: None, started, finished: self.now };
        Input::Exited { container, exit }
    }

    fn show(&self, effect: &Effect) -> String {
        let name = |container: &usize| self.policy.containers[*container].name.clone();
        match effect {
            Effect::Pull { container } => format!("pull {}", name(container)),
            Effect::Start { container } => format!("start {}", name(container)),
            Effect::Probe { container } => format!("probe {}", name(container)),
            Effect::PreStop { container } => format!("preStop {}", name(container)),
            Effect::Stop { container, grace } => {
                format!("stop {} within {}", name(container), go_duration(*grace))
            }
            Effect::Notify(notice) => {
                format!("{:?} {}: {}", notice.severity, notice.reason, notice.message)
            }
            other => format!("{other:?}"),
        }
    }

    fn summary(&self) -> String {
        let status = render(&self.pod, &self.policy, &self.state, &View::default(), self.now);
        let conditions = status.conditions.unwrap_or_default();
        let ready = conditions.iter().any(|one| one.type_ == "Ready" && one.status == "True");
        let mut text = status.phase.unwrap();
        text.push_str(if ready { " ready" } else { "" });
        let all = status.init_container_statuses.into_iter().chain(status.container_statuses);
        for one in all.flatten() {
            let state = one.state.unwrap();
            let word = match (state.waiting, state.running, state.terminated) {
                (Some(waiting), ..) => waiting.reason.unwrap(),
                (_, Some(_), _) => "running".to_owned(),
                (.., Some(ended)) => format!("{}({})", ended.reason.unwrap(), ended.exit_code),
                _ => "?".to_owned(),
            };
            write!(text, ", {}: {word}", one.name).unwrap();
            if one.restart_count > 0 {
                write!(text, " x{}", one.restart_count).unwrap();
            }
        }
        text
    }
}

fn check(spec: serde_json::Value, script: &str, expected: Expect) {
    let mut world = World::new(spec);
    for line in script.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
        world.line(line);
    }
    expected.assert_eq(&world.transcript);
}

fn app() -> serde_json::Value {
    json!({"containers": [{"name": "app", "image": "i"}]})
}

const UP: &str = "tick; prepared; pulled app; started app;";

#[test]
fn a_pod_comes_up_and_is_deleted_with_grace() {
    check(
        app(),
        &format!("{UP} delete 30; exit app 143; cleared; vanish"),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > delete 30
              Normal Killing: Stopping container app
              stop app within 30s
              = Running ready, app: running
            > exit app 143
              TearDown
              = Failed, app: Error(143)
            > cleared
              Delete
              = Failed, app: Error(143)
            > vanish
              Forget
              = Failed, app: Error(143)
        "]],
    );
}

#[test]
fn a_crash_loop_waits_longer_each_time_and_forgets_after_ten_good_minutes() {
    let again = "pulled app; started app;";
    check(
        app(),
        &format!(
            "{UP} exit app 1; {again} exit app 1; after 5; after 5; {again} exit app 0; after 20; {again} after 600; exit app 1"
        ),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > exit app 1
              pull app
              = Running, app: Error(1)
            > pulled app
              start app
              = Running, app: Error(1)
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running x1
            > exit app 1
              Warning BackOff: Back-off restarting failed container app in pod p_ns(u)
              = Running, app: CrashLoopBackOff x1
            > after 5
              = Running, app: CrashLoopBackOff x1
            > after 5
              pull app
              = Running, app: CrashLoopBackOff x1
            > pulled app
              start app
              = Running, app: CrashLoopBackOff x1
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running x2
            > exit app 0
              Warning BackOff: Back-off restarting failed container app in pod p_ns(u)
              = Running, app: CrashLoopBackOff x2
            > after 20
              pull app
              = Running, app: CrashLoopBackOff x2
            > pulled app
              start app
              = Running, app: CrashLoopBackOff x2
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running x3
            > after 600
              = Running ready, app: running x3
            > exit app 1
              pull app
              = Running, app: Error(1) x3
        "]],
    );
}

#[test]
fn initial_containers_run_one_after_the_other_and_sidecars_stay() {
    check(
        json!({
            "initContainers": [
                {"name": "first", "image": "i"},
                {"name": "side", "image": "i", "restartPolicy": "Always", "startupProbe": {}},
                {"name": "last", "image": "i"},
            ],
            "containers": [{"name": "app", "image": "i"}],
            "restartPolicy": "Never",
        }),
        "tick; prepared; pulled first; started first; exit first 0; pulled side; started side; \
         probe startup side passes; pulled last; started last; exit last 0; pulled app; \
         started app; exit side 1; pulled side; started side; exit app 0; exit side 143; cleared",
        expect![[r"
            > tick
              Prepare
              = Pending, first: PodInitializing, side: PodInitializing, last: PodInitializing, app: PodInitializing
            > prepared
              pull first
              = Pending, first: PodInitializing, side: PodInitializing, last: PodInitializing, app: PodInitializing
            > pulled first
              start first
              = Pending, first: PodInitializing, side: PodInitializing, last: PodInitializing, app: PodInitializing
            > started first
              Normal Created: Created container: first
              Normal Started: Started container first
              = Pending, first: running, side: PodInitializing, last: PodInitializing, app: PodInitializing
            > exit first 0
              pull side
              = Pending, first: Completed(0), side: PodInitializing, last: PodInitializing, app: PodInitializing
            > pulled side
              start side
              = Pending, first: Completed(0), side: PodInitializing, last: PodInitializing, app: PodInitializing
            > started side
              Normal Created: Created container: side
              Normal Started: Started container side
              probe side
              = Pending, first: Completed(0), side: running, last: PodInitializing, app: PodInitializing
            > probe startup side passes
              pull last
              = Pending, first: Completed(0), side: running, last: PodInitializing, app: PodInitializing
            > pulled last
              start last
              = Pending, first: Completed(0), side: running, last: PodInitializing, app: PodInitializing
            > started last
              Normal Created: Created container: last
              Normal Started: Started container last
              = Pending, first: Completed(0), side: running, last: running, app: PodInitializing
            > exit last 0
              pull app
              = Pending, first: Completed(0), side: running, last: Completed(0), app: PodInitializing
            > pulled app
              start app
              = Pending, first: Completed(0), side: running, last: Completed(0), app: PodInitializing
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, first: Completed(0), side: running, last: Completed(0), app: running
            > exit side 1
              pull side
              = Running, first: Completed(0), side: Error(1), last: Completed(0), app: running
            > pulled side
              start side
              = Running, first: Completed(0), side: Error(1), last: Completed(0), app: running
            > started side
              Normal Created: Created container: side
              Normal Started: Started container side
              probe side
              = Running, first: Completed(0), side: running x1, last: Completed(0), app: running
            > exit app 0
              Normal Killing: Stopping container side
              stop side within 30s
              = Running, first: Completed(0), side: running x1, last: Completed(0), app: Completed(0)
            > exit side 143
              TearDown
              = Succeeded, first: Completed(0), side: Error(143) x1, last: Completed(0), app: Completed(0)
            > cleared
              = Succeeded, first: Completed(0), side: Error(143) x1, last: Completed(0), app: Completed(0)
        "]],
    );
}

#[test]
fn an_initial_container_that_fails_for_good_fails_the_pod() {
    check(
        json!({
            "initContainers": [{"name": "first", "image": "i"}],
            "containers": [{"name": "app", "image": "i"}],
            "restartPolicy": "Never",
        }),
        "tick; prepared; pulled first; started first; exit first 3; cleared; delete 0",
        expect![[r"
            > tick
              Prepare
              = Pending, first: PodInitializing, app: PodInitializing
            > prepared
              pull first
              = Pending, first: PodInitializing, app: PodInitializing
            > pulled first
              start first
              = Pending, first: PodInitializing, app: PodInitializing
            > started first
              Normal Created: Created container: first
              Normal Started: Started container first
              = Pending, first: running, app: PodInitializing
            > exit first 3
              TearDown
              = Failed, first: Error(3), app: PodInitializing
            > cleared
              = Failed, first: Error(3), app: PodInitializing
            > delete 0
              Delete
              = Failed, first: Error(3), app: PodInitializing
        "]],
    );
}

#[test]
fn too_much_memory_shows_as_such() {
    check(
        json!({"containers": [{"name": "app", "image": "i"}], "restartPolicy": "Never"}),
        &format!("{UP} oom app; cleared"),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > oom app
              TearDown
              = Failed, app: OOMKilled(137)
            > cleared
              = Failed, app: OOMKilled(137)
        "]],
    );
}

#[test]
fn readiness_comes_and_goes_and_liveness_kills() {
    check(
        json!({"containers": [{
            "name": "app", "image": "i",
            "readinessProbe": {}, "livenessProbe": {"terminationGracePeriodSeconds": 3},
        }]}),
        &format!(
            "{UP} probe readiness app passes; probe readiness app fails; \
             probe readiness app passes; probe liveness app fails; exit app 137; \
             pulled app; started app"
        ),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              probe app
              = Running, app: running
            > probe readiness app passes
              = Running ready, app: running
            > probe readiness app fails
              = Running, app: running
            > probe readiness app passes
              = Running ready, app: running
            > probe liveness app fails
              Normal Killing: Container app failed liveness probe, will be restarted
              stop app within 3s
              = Running ready, app: running
            > exit app 137
              pull app
              = Running, app: Error(137)
            > pulled app
              start app
              = Running, app: Error(137)
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              probe app
              = Running, app: running x1
        "]],
    );
}

#[test]
fn an_image_that_is_not_there_is_waited_for() {
    check(
        app(),
        "tick; prepared; missing app; after 2; after 8; missing app; after 19; after 1; pulled app",
        expect![[r#"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > missing app
              Warning Failed: Failed to pull image "i": nothing here
              Warning Failed: Error: ErrImagePull
              = Pending, app: ErrImagePull
            > after 2
              Normal BackOff: Back-off pulling image "i"
              Warning Failed: Error: ImagePullBackOff
              = Pending, app: ImagePullBackOff
            > after 8
              pull app
              = Pending, app: ImagePullBackOff
            > missing app
              Warning Failed: Failed to pull image "i": nothing here
              Warning Failed: Error: ErrImagePull
              = Pending, app: ErrImagePull
            > after 19
              Normal BackOff: Back-off pulling image "i"
              Warning Failed: Error: ImagePullBackOff
              = Pending, app: ImagePullBackOff
            > after 1
              pull app
              = Pending, app: ImagePullBackOff
            > pulled app
              start app
              = Pending, app: ImagePullBackOff
        "#]],
    );
}

#[test]
fn missing_configuration_is_tried_again() {
    check(
        app(),
        "tick; unprepared; after 2; prepared; pulled app; unconfigured app; after 2; pulled app; started app",
        expect![[r#"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > unprepared
              Warning FailedMount: no ConfigMap
              = Pending, app: ContainerCreating
            > after 2
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > unconfigured app
              Warning Failed: Error: configmap "c" not found
              = Pending, app: CreateContainerConfigError
            > after 2
              pull app
              = Pending, app: CreateContainerConfigError
            > pulled app
              start app
              = Pending, app: CreateContainerConfigError
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
        "#]],
    );
}

#[test]
fn a_hook_runs_before_the_stop_and_takes_from_its_grace() {
    check(
        json!({"containers": [{
            "name": "app", "image": "i", "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        }]}),
        &format!("{UP} delete 30; after 5; hooked app; delete 1; exit app 137; cleared"),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > delete 30
              Normal Killing: Stopping container app
              preStop app
              = Running ready, app: running
            > after 5
              = Running ready, app: running
            > hooked app
              stop app within 25s
              = Running ready, app: running
            > delete 1
              stop app within 1s
              = Running ready, app: running
            > exit app 137
              TearDown
              = Failed, app: Error(137)
            > cleared
              Delete
              = Failed, app: Error(137)
        "]],
    );
}

#[test]
fn a_pod_deleted_while_it_starts_leaves_nothing_behind() {
    check(
        app(),
        "tick; delete 30; prepared; cleared",
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > delete 30
              = Pending, app: ContainerCreating
            > prepared
              TearDown
              = Failed, app: ContainerCreating
            > cleared
              Delete
              = Failed, app: ContainerCreating
        "]],
    );
    check(
        app(),
        "tick; prepared; pulled app; vanish; started app; exit app 137; cleared",
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > vanish
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              Normal Killing: Stopping container app
              stop app within 0s
              = Running ready, app: running
            > exit app 137
              TearDown
              = Failed, app: Error(137)
            > cleared
              Forget
              = Failed, app: Error(137)
        "]],
    );
}

#[test]
fn a_container_whose_image_changes_is_replaced() {
    check(
        json!({"containers": [{"name": "app", "image": "i"}], "restartPolicy": "Never"}),
        &format!("{UP} redefine app; exit app 143; pulled app; started app; exit app 0"),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > redefine app
              Normal Killing: Container app definition changed, will be restarted
              stop app within 30s
              = Running ready, app: running
            > exit app 143
              pull app
              = Running, app: Error(143)
            > pulled app
              start app
              = Running, app: Error(143)
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running x1
            > exit app 0
              TearDown
              = Succeeded, app: Completed(0) x1
        "]],
    );
    check(
        app(),
        "tick; prepared; missing app; redefine app; pulled app",
        expect![[r#"
        > tick
          Prepare
          = Pending, app: ContainerCreating
        > prepared
          pull app
          = Pending, app: ContainerCreating
        > missing app
          Warning Failed: Failed to pull image "i": nothing here
          Warning Failed: Error: ErrImagePull
          = Pending, app: ErrImagePull
        > redefine app
          pull app
          = Pending, app: ErrImagePull
        > pulled app
          start app
          = Pending, app: ErrImagePull
    "#]],
    );
}

#[test]
fn a_pod_that_outlives_its_deadline_fails() {
    check(
        json!({"containers": [{"name": "app", "image": "i"}], "activeDeadlineSeconds": 60}),
        &format!("{UP} after 60; exit app 143; cleared"),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > after 60
              Warning DeadlineExceeded: Pod was active on the node longer than the specified deadline
              Normal Killing: Stopping container app
              stop app within 30s
              = Running ready, app: running
            > exit app 143
              TearDown
              = Failed, app: Error(143)
            > cleared
              = Failed, app: Error(143)
        "]],
    );
}

#[test]
fn after_a_restart_of_the_process_containers_start_again_and_count_it() {
    let mut world = World::new(json!({
        "containers": [{"name": "app", "image": "i"}, {"name": "other", "image": "i"}],
        "restartPolicy": "OnFailure",
    }));
    for line in ["tick", "prepared", "pulled app", "started app", "pulled other", "started other"] {
        world.line(line);
    }
    world.line("exit other 0");
    world.pod.status =
        Some(render(&world.pod, &world.policy, &world.state, &View::default(), world.now));
    world.state = restore(&world.policy, &world.pod, world.now);
    world.transcript.clear();
    for line in ["tick", "prepared", "pulled app", "started app"] {
        world.line(line);
    }
    expect![[r"
        > tick
          Prepare
          = Running, app: ContainerStatusUnknown(137), other: Completed(0)
        > prepared
          pull app
          = Running, app: ContainerStatusUnknown(137), other: Completed(0)
        > pulled app
          start app
          = Running, app: ContainerStatusUnknown(137), other: Completed(0)
        > started app
          Normal Created: Created container: app
          Normal Started: Started container app
          = Running, app: running x1, other: Completed(0)
    "]]
    .assert_eq(&world.transcript);
}
