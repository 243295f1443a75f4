//! The checks of the Pod Security Standards, each a row of one table.

mod app_armor;
mod capabilities;
mod host;
mod identity;
mod se_linux;
mod seccomp;
mod settings;
mod volumes;

use super::policy::{Level, Mode, Version};
use super::subject::Subject;

/// What a pod breaks: the rule, and how.
pub(super) type Violation = (String, String);

/// One rule.
struct Check {
    level: Level,
    /// The minor version of Kubernetes whose standard has it first.
    since: u32,
    /// At the restricted level a stricter rule stands in its place from this minor version on.
    replaced: Option<u32>,
    run: fn(&Subject<'_>, Version) -> Option<Violation>,
}

const fn baseline(since: u32, run: fn(&Subject<'_>, Version) -> Option<Violation>) -> Check {
    Check { level: Level::Baseline, since, replaced: None, run }
}

const fn restricted(since: u32, run: fn(&Subject<'_>, Version) -> Option<Violation>) -> Check {
    Check { level: Level::Restricted, since, replaced: None, run }
}

/// In the order in which violations are told: the rules of the lax level first, then by name.
static CHECKS: &[Check] = &[
    baseline(0, app_armor::check),
    Check { replaced: Some(22), ..baseline(0, capabilities::baseline) },
    baseline(0, host::namespaces),
    Check { replaced: Some(0), ..baseline(0, volumes::host_paths) },
    baseline(0, host::ports),
    baseline(34, host::probes),
    baseline(0, settings::privileged),
    baseline(0, settings::proc_mount),
    baseline(0, se_linux::check),
    Check { replaced: Some(19), ..baseline(19, seccomp::baseline) },
    baseline(0, settings::sysctls),
    baseline(0, settings::windows_host_process),
    restricted(8, settings::privilege_escalation),
    restricted(22, capabilities::restricted),
    restricted(0, volumes::restricted),
    restricted(0, identity::run_as_non_root),
    restricted(23, identity::run_as_user),
    restricted(19, seccomp::restricted),
];

/// Everything the pod breaks.
pub(super) fn violations(subject: &Subject<'_>, mode: &Mode) -> Vec<Violation> {
    let applies = |check: &&Check| {
        let replaced = check.replaced.is_some_and(|since| mode.version.has(since));
        check.level <= mode.level
            && mode.version.has(check.since)
            && !(replaced && mode.level == Level::Restricted)
    };
    let checks = CHECKS.iter().filter(applies);
    checks.filter_map(|check| (check.run)(subject, mode.version)).collect()
}
