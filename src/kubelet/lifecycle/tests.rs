//! Lives of pods as scripts: each line is an input, the lines under it are what it causes.

mod ending;
mod initial;
mod restarting;
mod starting;

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
            Effect::CutHook { container } => format!("cut the hook of {}", name(container)),
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
