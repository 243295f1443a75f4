//! In which order clients search the groups that this server has itself.

/// Group, version, and the two priorities, as Kubernetes gives them: clients take the first group, and in it the first
/// version, that has what they look for.
const OWN: &[(&str, &str, i64, i64)] = &[
    ("", "v1", 18_000, 1),
    ("apps", "v1", 17_800, 15),
    ("events.k8s.io", "v1", 17_750, 15),
    ("authentication.k8s.io", "v1", 17_700, 15),
    ("authorization.k8s.io", "v1", 17_600, 15),
    ("autoscaling", "v1", 17_500, 15),
    ("autoscaling", "v2", 17_500, 30),
    ("batch", "v1", 17_400, 15),
    ("certificates.k8s.io", "v1", 17_300, 15),
    ("networking.k8s.io", "v1", 17_200, 15),
    ("policy", "v1", 17_100, 15),
    ("rbac.authorization.k8s.io", "v1", 17_000, 15),
    ("storage.k8s.io", "v1", 16_800, 15),
    ("admissionregistration.k8s.io", "v1", 16_700, 15),
    ("apiextensions.k8s.io", "v1", 16_700, 15),
    ("scheduling.k8s.io", "v1", 16_600, 15),
    ("coordination.k8s.io", "v1", 16_500, 15),
    ("node.k8s.io", "v1", 16_300, 15),
    ("discovery.k8s.io", "v1", 16_200, 12),
    ("resource.k8s.io", "v1", 16_150, 15),
    ("flowcontrol.apiserver.k8s.io", "v1", 16_100, 21),
    // As the server that usually has it.
    ("metrics.k8s.io", "v1beta1", 100, 100),
];

/// Of a group made at run time.
const MADE: (i64, i64) = (1_000, 100);

/// The priorities of a group and of a version in it.
pub(super) fn of(group: &str, version: &str) -> (i64, i64) {
    let known = OWN.iter().find(|(own, own_version, ..)| *own == group && *own_version == version);
    known.map_or(MADE, |(_, _, group, version)| (*group, *version))
}

/// Whether a group and version is there from the start.
pub(super) fn is_built_in(group: &str, version: &str) -> bool {
    OWN.iter().any(|(own, own_version, ..)| *own == group && *own_version == version)
}

/// The priority of a group of this server's own, whatever the version.
pub(super) fn of_group(group: &str) -> i64 {
    match group {
        // It lists the others and comes before them all.
        "apiregistration.k8s.io" => 20_000,
        _ => OWN.iter().find(|(own, ..)| *own == group).map_or(MADE.0, |(_, _, group, _)| *group),
    }
}
