//! How long to wait before trying again.

use std::time::Duration;

use jiff::Timestamp;

use super::state::{ContainerRecord, Ending};

/// The first wait after a second failure, as Kubernetes has it.
pub(crate) const FIRST_DELAY: Duration = Duration::from_secs(10);

/// The longest wait, as Kubernetes has it.
pub(crate) const LONGEST_DELAY: Duration = Duration::from_mins(5);

/// A container that ran this long has recovered: its next crash counts as its first.
const RECOVERED: Duration = Duration::from_mins(10);

/// How long a failure to get an image is shown as such before the status speaks of waiting. Long
/// enough for a watcher to see the reason first, short against the first wait.
pub(crate) const PULL_SHOWN: Duration = Duration::from_secs(2);

/// What could not be made for a reason that others may cure (a missing ConfigMap, say) is tried
/// again after this long: soon enough to feel immediate, seldom enough to cost nothing.
pub(crate) const CURE_DELAY: Duration = Duration::from_secs(2);

/// Takes the wait before the next restart and doubles the one after it. The first restart is immediate.
pub(crate) fn next_crash_delay(record: &mut ContainerRecord, ending: &Ending) -> Duration {
    let ran = match (ending.started, ending.finished) {
        (Some(started), Some(finished)) => {
            Duration::try_from(finished.duration_since(started)).unwrap_or_default()
        }
        _ => Duration::ZERO,
    };
    if ran >= RECOVERED {
        record.crash_delay = Duration::ZERO;
    }
    let delay = record.crash_delay;
    record.crash_delay = if delay.is_zero() { FIRST_DELAY } else { (delay * 2).min(LONGEST_DELAY) };
    delay
}

/// Takes the wait before the next look for an image and doubles the one after it.
pub(crate) fn next_pull_delay(record: &mut ContainerRecord) -> Duration {
    let delay = record.pull_delay;
    record.pull_delay = (delay * 2).min(LONGEST_DELAY);
    delay
}

/// A time later by a wait; the end of time when that is beyond it.
pub(crate) fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// A duration of whole seconds as Kubernetes' messages write it: `40s`, `1m20s`, `5m0s`.
pub(crate) fn go_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}
