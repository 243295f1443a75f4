//! Single switches of containers and pods.

use serde_json::Value;

use super::Violation;
use crate::admission::pod_security::policy::Version;
use crate::admission::pod_security::subject::{Subject, containers, quoted_set, setters};
use crate::admission::read::{items, text};

/// Settings of the kernel that are a pod's own, each with the minor version that began to allow it.
const SYSCTLS: &[(&str, u32)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
];

pub(super) fn privileged(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let names =
        subject.containers_that(|container| container["securityContext"]["privileged"] == true);
    (!names.is_empty()).then(|| {
        let detail = format!("{} must not set securityContext.privileged=true", containers(&names));
        ("privileged".to_owned(), detail)
    })
}

pub(super) fn privilege_escalation(subject: &Subject<'_>, version: Version) -> Option<Violation> {
    if subject.is_windows() && version.has(25) {
        return None;
    }
    let names = subject.containers_that(|container| {
        container["securityContext"]["allowPrivilegeEscalation"] != false
    });
    (!names.is_empty()).then(|| {
        let detail = format!(
            "{} must set securityContext.allowPrivilegeEscalation=false",
            containers(&names)
        );
        ("allowPrivilegeEscalation != false".to_owned(), detail)
    })
}

pub(super) fn proc_mount(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let mount = |container: &'_ Value| text(&container["securityContext"], "procMount").to_owned();
    let bad = |mount: &String| !matches!(mount.as_str(), "" | "Default");
    let names = subject.containers_that(|container| bad(&mount(container)));
    let mounts: Vec<String> =
        subject.containers.iter().map(|container| mount(container)).filter(bad).collect();
    (!names.is_empty()).then(|| {
        let detail = format!(
            "{} must not set securityContext.procMount to {}",
            containers(&names),
            quoted_set(mounts.iter().map(String::as_str))
        );
        ("procMount".to_owned(), detail)
    })
}

pub(super) fn sysctls(subject: &Subject<'_>, version: Version) -> Option<Violation> {
    let allowed =
        |name: &str| SYSCTLS.iter().any(|(known, since)| *known == name && version.has(*since));
    let set = items(subject.pod_context(), "sysctls").map(|sysctl| text(sysctl, "name"));
    let forbidden: Vec<&str> = set.filter(|name| !allowed(name)).collect();
    (!forbidden.is_empty()).then(|| ("forbidden sysctls".to_owned(), forbidden.join(", ")))
}

pub(super) fn windows_host_process(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let host = |context: &Value| context["windowsOptions"]["hostProcess"] == true;
    let pod = host(subject.pod_context());
    let names = subject.containers_that(|container| host(&container["securityContext"]));
    (pod || !names.is_empty()).then(|| {
        let detail = format!(
            "{} must not set securityContext.windowsOptions.hostProcess=true",
            setters(pod, &names, "and")
        );
        ("hostProcess".to_owned(), detail)
    })
}
