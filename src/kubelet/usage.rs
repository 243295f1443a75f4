//! What containers and the machine use, in the text that Kubernetes' nodes give at `/metrics/resource`.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use client::Key;
use futures::future::join_all;
use jiff::Timestamp;
use sandbox::Usage;
use tokio::sync::{mpsc, oneshot};

use crate::pod::Message;
use crate::pods::Directory;

/// How long a pod's owner is waited for; it answers at once unless the machine stands still.
const OWNER_PATIENCE: Duration = Duration::from_secs(1);

/// Ticks of a processor that make a second, on every Linux there is.
const TICKS_PER_SECOND: f64 = 100.0;

/// One running container.
#[derive(Debug, Clone)]
pub(crate) struct ContainerUsage {
    pub(crate) container: String,
    pub(crate) since: Timestamp,
    pub(crate) usage: Usage,
}

/// What the machine as a whole uses.
#[derive(Debug, Clone, Copy, PartialEq)]
struct MachineUsage {
    cpu_seconds: f64,
    memory_bytes: u64,
}

/// The figures of the node, as text.
pub(crate) async fn report(directory: &Directory, now: Timestamp) -> String {
    let pods = join_all(directory.inboxes().into_iter().map(ask)).await;
    let pods: Vec<(Key, Vec<ContainerUsage>)> = pods.into_iter().flatten().collect();
    render(&pods, machine(), now)
}

async fn ask((pod, inbox): (Key, mpsc::Sender<Message>)) -> Option<(Key, Vec<ContainerUsage>)> {
    let (answer, usage) = oneshot::channel();
    let answered = tokio::time::timeout(OWNER_PATIENCE, async {
        inbox.send(Message::Usage { answer }).await.ok()?;
        usage.await.ok()
    });
    Some((pod, answered.await.ok()??))
}

fn render(
    pods: &[(Key, Vec<ContainerUsage>)],
    machine: Option<MachineUsage>,
    now: Timestamp,
) -> String {
    let mut text = Text { text: String::new(), at: now.as_millisecond() };
    let all =
        || pods.iter().flat_map(|(pod, containers)| containers.iter().map(move |one| (pod, one)));
    text.family(
        "container_cpu_usage_seconds_total",
        "counter",
        "Processor time of a container, in core-seconds",
    );
    for (pod, one) in all() {
        text.line("container_cpu_usage_seconds_total", &of(one, pod), one.usage.cpu.as_secs_f64());
    }
    text.family("container_memory_working_set_bytes", "gauge", "Memory of a container, in bytes");
    for (pod, one) in all() {
        text.line("container_memory_working_set_bytes", &of(one, pod), one.usage.memory_bytes);
    }
    text.family(
        "container_start_time_seconds",
        "gauge",
        "When a container was started, in seconds since 1970",
    );
    for (pod, one) in all() {
        text.line(
            "container_start_time_seconds",
            &of(one, pod),
            one.since.as_duration().as_secs_f64(),
        );
    }
    if let Some(MachineUsage { cpu_seconds, memory_bytes }) = machine {
        text.family(
            "node_cpu_usage_seconds_total",
            "counter",
            "Processor time of the node, in core-seconds",
        );
        text.line("node_cpu_usage_seconds_total", "", cpu_seconds);
        text.family("node_memory_working_set_bytes", "gauge", "Memory of the node, in bytes");
        text.line("node_memory_working_set_bytes", "", memory_bytes);
    }
    text.family(
        "pod_cpu_usage_seconds_total",
        "counter",
        "Processor time of a pod, in core-seconds",
    );
    for (pod, containers) in pods.iter().filter(|(_, containers)| !containers.is_empty()) {
        let sum: Duration = containers.iter().map(|one| one.usage.cpu).sum();
        text.line("pod_cpu_usage_seconds_total", &of_pod(pod), sum.as_secs_f64());
    }
    text.family("pod_memory_working_set_bytes", "gauge", "Memory of a pod, in bytes");
    for (pod, containers) in pods.iter().filter(|(_, containers)| !containers.is_empty()) {
        let sum: u64 = containers.iter().map(|one| one.usage.memory_bytes).sum();
        text.line("pod_memory_working_set_bytes", &of_pod(pod), sum);
    }
    text.text
}

fn of(one: &ContainerUsage, pod: &Key) -> String {
    format!(
        "{{container=\"{}\",namespace=\"{}\",pod=\"{}\"}}",
        one.container, pod.namespace, pod.name
    )
}

fn of_pod(pod: &Key) -> String {
    format!("{{namespace=\"{}\",pod=\"{}\"}}", pod.namespace, pod.name)
}

/// Text in Prometheus' format. No label here needs escapes: names in Kubernetes have no quotes.
struct Text {
    text: String,
    at: i64,
}

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{name}{labels} {value} {}", self.at);
    }
}

/// What the whole machine uses, where the kernel tells.
fn machine() -> Option<MachineUsage> {
    let (stat, memory) =
        (fs::read_to_string("/proc/stat").ok()?, fs::read_to_string("/proc/meminfo").ok()?);
    machine_of(&stat, &memory)
}

fn machine_of(stat: &str, memory: &str) -> Option<MachineUsage> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    // User, nice, system; not idle and waiting; interrupts, and what the host took away. Guests count as user.
    let busy: u64 = [0, 1, 2, 5, 6, 7].iter().filter_map(|index| ticks.get(*index)).sum();
    let kib = |name: &str| -> Option<u64> {
        let line = memory.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    let used = kib("MemTotal:")?.saturating_sub(kib("MemAvailable:")?);
    #[expect(clippy::cast_precision_loss, reason = "centuries of ticks are exact")]
    let cpu_seconds = busy as f64 / TICKS_PER_SECOND;
    Some(MachineUsage { cpu_seconds, memory_bytes: used * 1024 })
}

#[cfg(test)]
mod tests;
