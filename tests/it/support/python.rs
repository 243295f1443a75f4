//! Runs Python scripts with packages of the Python index against a cluster.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::cluster::Cluster;
use super::packages::{Needs, package, say};
use super::patience::PATIENCE;
use super::space::Space;

/// Python with some packages.
pub(crate) struct Python {
    command: Command,
}

impl Python {
    /// Python that can import what these requirements install; none, with a word about it, where that cannot be had.
    pub(crate) fn with(requirements: &[&str], cluster: &Cluster) -> Option<Self> {
        let mut folders = Vec::new();
        for requirement in requirements {
            let Some(folder) = package(requirement, Needs::Dependencies) else {
                say(&format!("NO {requirement}: its tests prove nothing here"));
                return None;
            };
            folders.push(folder.display().to_string());
        }
        let mut command = Command::new("python3");
        command
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/python"))
            .env("PYTHONPATH", folders.join(":"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUNBUFFERED", "1")
            .env("KUBECONFIG", cluster.kubeconfig())
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Some(Self { command })
    }

    /// Runs a script of this folder, in a namespace, to its end, which must be a good one.
    pub(crate) async fn run(self, script: &str, space: &Space) {
        self.finish(script, &[&space.name], PATIENCE).await;
    }

    /// Runs a script of this folder with arguments of its own, and waits so long for its end.
    pub(crate) async fn finish(mut self, script: &str, arguments: &[&str], patience: Duration) {
        self.command.arg(script).args(arguments);
        let output = timeout(patience, self.command.output()).await;
        let output = output.unwrap_or_else(|_| panic!("{script} does not end"));
        let output = output.expect("python starts");
        let (said, complained) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{script}: {said}{complained}");
    }

    /// Starts a program that goes on until it is dropped; what it says goes to a file.
    pub(crate) fn start(mut self, arguments: &[&str], log: &Path) -> Child {
        let log = File::create(log).expect("the folder is writable");
        self.command.args(arguments).stdout(log.try_clone().expect("a file has many handles"));
        self.command.stderr(log).spawn().expect("python starts")
    }
}
