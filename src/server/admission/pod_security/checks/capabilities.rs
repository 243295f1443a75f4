//! What containers may do beyond, and must do without.

use serde_json::Value;

use super::Violation;
use crate::admission::pod_security::policy::Version;
use crate::admission::pod_security::subject::{Subject, containers, quoted_set};
use crate::admission::read::items;

/// What containers may add at the baseline level.
const DEFAULT: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

pub(super) fn baseline(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let detail = added_beyond(subject, DEFAULT)?;
    Some(("non-default capabilities".to_owned(), detail))
}

pub(super) fn restricted(subject: &Subject<'_>, version: Version) -> Option<Violation> {
    if subject.is_windows() && version.has(25) {
        return None;
    }
    let keeping =
        subject.containers_that(|container| !listed(container, "drop").any(|one| one == "ALL"));
    let mut details = Vec::new();
    if !keeping.is_empty() {
        details.push(format!(
            "{} must set securityContext.capabilities.drop=[\"ALL\"]",
            containers(&keeping)
        ));
    }
    details.extend(added_beyond(subject, &["NET_BIND_SERVICE"]));
    (!details.is_empty()).then(|| ("unrestricted capabilities".to_owned(), details.join("; ")))
}

fn added_beyond(subject: &Subject<'_>, allowed: &[&str]) -> Option<String> {
    let forbidden = |one: &&str| !allowed.contains(one);
    let names =
        subject.containers_that(|container| listed(container, "add").any(|one| forbidden(&one)));
    let added = subject.containers.iter().flat_map(|container| listed(container, "add"));
    (!names.is_empty()).then(|| {
        format!(
            "{} must not include {} in securityContext.capabilities.add",
            containers(&names),
            quoted_set(added.filter(forbidden))
        )
    })
}

fn listed<'a>(container: &'a Value, side: &str) -> impl Iterator<Item = &'a str> {
    items(&container["securityContext"]["capabilities"], side).filter_map(Value::as_str)
}
