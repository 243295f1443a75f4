//! Where volumes may come from.

use std::collections::BTreeSet;

use super::Violation;
use crate::admission::pod_security::policy::Version;
use crate::admission::pod_security::subject::{Subject, plural, quoted, quoted_set};
use crate::admission::read::{entries, items, text};

/// The sources that belong to the cluster.
const ALLOWED: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

pub(super) fn host_paths(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let volumes = items(subject.spec, "volumes").filter(|volume| !volume["hostPath"].is_null());
    let names: Vec<&str> = volumes.map(|volume| text(volume, "name")).collect();
    (!names.is_empty()).then(|| {
        let detail = format!("{} {}", plural("volume", names.len()), quoted(names));
        ("hostPath volumes".to_owned(), detail)
    })
}

pub(super) fn restricted(subject: &Subject<'_>, _: Version) -> Option<Violation> {
    let (mut names, mut sources) = (Vec::new(), BTreeSet::new());
    for volume in items(subject.spec, "volumes") {
        let source = entries(volume).find(|(field, source)| *field != "name" && !source.is_null());
        let source = source.map_or("unknown", |(field, _)| field.as_str());
        if !ALLOWED.contains(&source) {
            names.push(text(volume, "name"));
            sources.insert(source);
        }
    }
    (!names.is_empty()).then(|| {
        let uses = if names.len() == 1 { "uses" } else { "use" };
        let detail = format!(
            "{} {} {uses} restricted {} {}",
            plural("volume", names.len()),
            quoted(names.iter().copied()),
            plural("volume type", sources.len()),
            quoted_set(sources.iter().copied())
        );
        ("restricted volume types".to_owned(), detail)
    })
}
