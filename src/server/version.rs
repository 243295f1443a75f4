//! What the server says it is.

use serde_json::{Value, json};

/// The answer of `/version`.
///
/// The product's name is build metadata after a plus sign: after a hyphen, version constraints (Helm's
/// `kubeVersion`) would take the server for a pre-release.
#[derive(Debug, Clone)]
pub struct Version {
    /// Such as `v1.35.0+isopod`.
    pub git_version: String,
    /// The commit this was built from.
    pub git_commit: String,
    /// When it was built, in RFC 3339.
    pub build_date: String,
}

impl Default for Version {
    fn default() -> Self {
        Self {
            git_version: "v1.35.0+isopod".to_owned(),
            git_commit: "0000000000000000000000000000000000000000".to_owned(),
            build_date: "1970-01-01T00:00:00Z".to_owned(),
        }
    }
}

impl Version {
    pub(crate) fn to_value(&self) -> Value {
        let mut numbers = self.git_version.trim_start_matches('v').split(['.', '+', '-']);
        let major = numbers.next().unwrap_or_default();
        let minor = numbers.next().unwrap_or_default();
        json!({
            "major": major,
            "minor": minor,
            "gitVersion": self.git_version,
            "gitCommit": self.git_commit,
            "gitTreeState": "clean",
            "buildDate": self.build_date,
            "goVersion": "none",
            "compiler": "rustc",
            "platform": format!("{}/{}", std::env::consts::OS, architecture()),
        })
    }
}

/// The architecture by the name that Go has for it, as everywhere in Kubernetes.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
