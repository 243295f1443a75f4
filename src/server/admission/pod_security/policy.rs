//! What the labels of a namespace ask for.

use std::fmt;

use machinery::{FieldPath, Labels};

const PREFIX: &str = "pod-security.kubernetes.io/";
const MODES: &[&str] = &["enforce", "audit", "warn"];

/// The Pod Security Standards, from lax to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Privileged,
    Baseline,
    Restricted,
}

/// The rules of a minor version of Kubernetes; the newest when none is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    Minor(u32),
    Latest,
}

/// One level, as of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) level: Level,
    pub(super) version: Version,
}

/// Everything a namespace asks for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Policy {
    pub(super) enforce: Mode,
    pub(super) audit: Mode,
    pub(super) warn: Mode,
}

impl Policy {
    /// What labels say, and the defaults where they say nothing.
    ///
    /// A level to enforce that cannot be read is the strictest: a slip of the pen must not open a namespace. One that
    /// only tells of pods then tells nothing.
    pub(super) fn read(labels: &Labels, defaults: &Self) -> Self {
        let mut policy = Self {
            enforce: Mode::read(labels, "enforce", defaults.enforce, Level::Restricted),
            audit: Mode::read(labels, "audit", defaults.audit, Level::Privileged),
            warn: Mode::read(labels, "warn", defaults.warn, Level::Privileged),
        };
        policy.warn_of_what_is_enforced(labels);
        policy
    }

    /// Writers of workloads, which are let in, want to hear that their pods will not be.
    fn warn_of_what_is_enforced(&mut self, labels: &Labels) {
        let label = |mode: &str| labels.get(&format!("{PREFIX}{mode}"));
        let enforced = label("enforce").and_then(|text| Level::parse(text));
        if label("warn").is_none() && enforced.is_some_and(|level| level > self.warn.level) {
            self.warn.level = self.enforce.level;
            if label("warn-version").is_none() {
                self.warn.version = self.enforce.version;
            }
        }
    }
}

impl Mode {
    fn read(labels: &Labels, mode: &str, default: Self, unreadable: Level) -> Self {
        let level = labels.get(&format!("{PREFIX}{mode}"));
        let version = labels.get(&format!("{PREFIX}{mode}-version"));
        Self {
            level: level.map_or(default.level, |text| Level::parse(text).unwrap_or(unreadable)),
            version: version
                .map_or(default.version, |text| Version::parse(text).unwrap_or(Version::Latest)),
        }
    }

    pub(super) fn is_stricter_than(&self, other: &Self) -> bool {
        self.level > other.level || (self.level == other.level && self.version != other.version)
    }
}

impl Default for Mode {
    fn default() -> Self {
        Self { level: Level::Privileged, version: Version::Latest }
    }
}

impl Level {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "privileged" => Some(Self::Privileged),
            "baseline" => Some(Self::Baseline),
            "restricted" => Some(Self::Restricted),
            _ => None,
        }
    }
}

impl Version {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Self::Latest);
        }
        let minor = text.strip_prefix("v1.")?;
        let canonical = minor == "0" || !minor.starts_with('0');
        let digits = minor.bytes().all(|byte| byte.is_ascii_digit());
        if canonical && digits { minor.parse().ok().map(Self::Minor) } else { None }
    }

    /// Whether rules that came with a minor version hold.
    pub(super) fn has(self, since: u32) -> bool {
        self >= Self::Minor(since)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        };
        match self.version {
            Version::Latest => write!(f, "{level}:latest"),
            Version::Minor(minor) => write!(f, "{level}:v1.{minor}"),
        }
    }
}

/// Whether two sets of labels ask for the same.
pub(super) fn same(before: &Labels, after: &Labels) -> bool {
    labels().all(|label| before.get(&label) == after.get(&label))
}

/// Reports levels and versions that do not exist.
pub(super) fn validate(labels: &Labels, path: &FieldPath<'_>) {
    for mode in MODES {
        let key = format!("{PREFIX}{mode}");
        if let Some(text) = labels.get(&key).filter(|text| Level::parse(text).is_none()) {
            let detail = "must be one of privileged, baseline, restricted";
            path.key(&key).invalid("", text.as_str(), detail);
        }
        let key = format!("{key}-version");
        if let Some(text) = labels.get(&key).filter(|text| Version::parse(text).is_none()) {
            path.key(&key).invalid("", text.as_str(), "must be \"latest\" or \"v1.x\"");
        }
    }
}

fn labels() -> impl Iterator<Item = String> {
    MODES.iter().flat_map(|mode| [format!("{PREFIX}{mode}"), format!("{PREFIX}{mode}-version")])
}
