//! How a pod shows itself in a table: what its containers do, told in one word.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::column::{Column, NONE, age};
use crate::read::{items, text};

pub(super) static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Ready", "Containers that are ready, of all.", |pod, _| {
        let summary = Summary::of(pod);
        format!("{}/{}", summary.ready, summary.total).into()
    }),
    Column::text("Status", "What the pod is doing.", |pod, _| Summary::of(pod).reason.into()),
    Column::text(
        "Restarts",
        "How often its containers were restarted, and when last.",
        |pod, now| Summary::of(pod).restarts(now).into(),
    ),
    Column::AGE,
    Column::wide("IP", "The pod's first address.", |pod, _| {
        let first = &pod["status"]["podIPs"][0]["ip"];
        or_none(first.as_str().or(pod["status"]["podIP"].as_str()))
    }),
    Column::wide("Node", "The node it was placed on.", |pod, _| {
        or_none(pod["spec"]["nodeName"].as_str())
    }),
    Column::wide("Nominated Node", "The node that makes room for it.", |pod, _| {
        or_none(pod["status"]["nominatedNodeName"].as_str())
    }),
    Column::wide("Readiness Gates", "Conditions it waits for to be ready.", |pod, _| {
        readiness_gates(pod).into()
    }),
];

fn or_none(text: Option<&str>) -> Value {
    text.filter(|text| !text.is_empty()).unwrap_or(NONE).into()
}

fn readiness_gates(pod: &Value) -> String {
    let gates: Vec<&str> =
        items(&pod["spec"], "readinessGates").map(|gate| text(gate, "conditionType")).collect();
    if gates.is_empty() {
        return NONE.to_owned();
    }
    let met = gates.iter().filter(|gate| condition(pod, gate) == Some("True")).count();
    format!("{met}/{}", gates.len())
}

fn condition<'a>(pod: &'a Value, name: &str) -> Option<&'a str> {
    items(&pod["status"], "conditions")
        .find(|condition| text(condition, "type") == name)
        .and_then(|condition| condition["status"].as_str())
}

/// The cells that follow from the states of all containers.
#[derive(Debug)]
struct Summary {
    reason: String,
    total: usize,
    ready: usize,
    restarts: Restarts,
}

#[derive(Debug, Default, Clone)]
struct Restarts {
    count: i64,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, status: &Value) {
        self.count += status["restartCount"].as_i64().unwrap_or(0);
        let finished = text(&status["lastState"]["terminated"], "finishedAt").parse().ok();
        self.last = self.last.max(finished);
    }
}

impl Summary {
    fn of(pod: &Value) -> Self {
        let mut summary = Self {
            reason: reason_of_pod(pod),
            total: items(&pod["spec"], "containers").count(),
            ready: 0,
            restarts: Restarts::default(),
        };
        summary.total += items(&pod["spec"], "initContainers").filter(|c| is_sidecar(c)).count();
        let initializing = summary.add_init_containers(pod);
        if !initializing || condition(pod, "Initialized") == Some("True") {
            summary.add_containers(pod);
        }
        summary.add_deletion(pod);
        summary
    }

    /// Whether an init container is still to finish.
    fn add_init_containers(&mut self, pod: &Value) -> bool {
        let total = items(&pod["spec"], "initContainers").count();
        let mut all = Restarts::default();
        let sidecars: BTreeSet<&str> = items(&pod["spec"], "initContainers")
            .filter(|container| is_sidecar(container))
            .map(|container| text(container, "name"))
            .collect();
        for (index, status) in items(&pod["status"], "initContainerStatuses").enumerate() {
            all.add(status);
            let sidecar = sidecars.contains(text(status, "name"));
            if sidecar {
                self.restarts.add(status);
            }
            let terminated = &status["state"]["terminated"];
            if !terminated.is_null() && terminated["exitCode"].as_i64().unwrap_or(0) == 0 {
                continue;
            }
            if sidecar && status["started"] == true {
                self.ready += usize::from(status["ready"] == true);
                continue;
            }
            self.reason = reason_of_init(status, index, total);
            if condition(pod, "Initialized") != Some("True") {
                self.restarts = all;
            }
            return true;
        }
        false
    }

    fn add_containers(&mut self, pod: &Value) {
        let mut running = false;
        for status in items(&pod["status"], "containerStatuses").collect::<Vec<_>>().iter().rev() {
            self.restarts.add(status);
            let state = &status["state"];
            let waiting = text(&state["waiting"], "reason");
            if !waiting.is_empty() {
                waiting.clone_into(&mut self.reason);
            } else if !state["terminated"].is_null() {
                self.reason = reason_of_end(&state["terminated"]);
            } else if status["ready"] == true && !state["running"].is_null() {
                running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" && running {
            let ready = condition(pod, "Ready") == Some("True");
            if ready { "Running" } else { "NotReady" }.clone_into(&mut self.reason);
        }
    }

    fn add_deletion(&mut self, pod: &Value) {
        if pod["metadata"]["deletionTimestamp"].is_null() {
            return;
        }
        if text(&pod["status"], "reason") == "NodeLost" {
            "Unknown".clone_into(&mut self.reason);
        } else if !super::is_terminal(pod) {
            "Terminating".clone_into(&mut self.reason);
        }
    }

    fn restarts(&self, now: Timestamp) -> String {
        let Restarts { count, last } = self.restarts;
        match last {
            Some(last) if count != 0 => {
                format!("{count} ({} ago)", age(&last.to_string().into(), now))
            }
            _ => count.to_string(),
        }
    }
}

fn is_sidecar(container: &Value) -> bool {
    text(container, "restartPolicy") == "Always"
}

fn reason_of_pod(pod: &Value) -> String {
    let gated = items(&pod["status"], "conditions").any(|condition| {
        text(condition, "type") == "PodScheduled" && text(condition, "reason") == "SchedulingGated"
    });
    let status = &pod["status"];
    match text(status, "reason") {
        _ if gated => "SchedulingGated",
        "" => text(status, "phase"),
        reason => reason,
    }
    .to_owned()
}

fn reason_of_init(status: &Value, index: usize, total: usize) -> String {
    let state = &status["state"];
    let waiting = text(&state["waiting"], "reason");
    if !state["terminated"].is_null() {
        format!("Init:{}", reason_of_end(&state["terminated"]))
    } else if !waiting.is_empty() && waiting != "PodInitializing" {
        format!("Init:{waiting}")
    } else {
        format!("Init:{index}/{total}")
    }
}

fn reason_of_end(terminated: &Value) -> String {
    let number = |field: &str| terminated[field].as_i64().unwrap_or(0);
    match text(terminated, "reason") {
        "" if number("signal") != 0 => format!("Signal:{}", number("signal")),
        "" => format!("ExitCode:{}", number("exitCode")),
        reason => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
