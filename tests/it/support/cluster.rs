//! A cluster: the real binary on a data directory of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Once;

use kube::config::{KubeConfigOptions, Kubeconfig};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::patience::until;

/// What the node of every cluster here is called.
pub(crate) const NODE: &str = "reef";

const ISOPOD: &str = env!("CARGO_BIN_EXE_isopod");

/// A data directory, and the process that runs on it unless it has been stopped.
#[derive(Debug)]
pub(crate) struct Cluster {
    folder: TempDir,
    process: Option<Child>,
}

impl Cluster {
    /// The cluster that all tests of this process share; they keep to namespaces of their own.
    pub(crate) async fn shared() -> &'static Self {
        static SHARED: OnceCell<Cluster> = OnceCell::const_new();
        let start = async || {
            let cluster = Self::start(&[]).await;
            cluster.end_with_this_process();
            cluster
        };
        SHARED.get_or_init(start).await
    }

    /// A cluster for one test, with further arguments for `up`.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let mut cluster = Self::stopped();
        cluster.run(arguments).await;
        cluster
    }

    /// An empty data directory that knows the machine code which earlier runs made of the guests.
    pub(crate) fn stopped() -> Self {
        let folder = tempfile::Builder::new().prefix("isopod-it-").tempdir().expect("a folder");
        let cluster = Self { folder, process: None };
        fs::create_dir(cluster.data_dir()).expect("the folder is writable");
        let (_, guest) = guests::TEST_GUESTS[0];
        let compiled = Path::new(guest).with_file_name("compiled");
        fs::create_dir_all(&compiled).expect("the build's folder is writable");
        std::os::unix::fs::symlink(compiled, cluster.data_dir().join("compiled"))
            .expect("the data directory is writable");
        cluster
    }

    /// Runs `up` on the data directory until the API answers.
    pub(crate) async fn run(&mut self, arguments: &[&str]) {
        let _ = fs::remove_file(self.kubeconfig());
        let log = File::options().create(true).append(true).open(self.log()).expect("a log");
        let child = Command::new(ISOPOD)
            .args(["up", "--listen", "127.0.0.1:0", "--node-name", NODE, "--data-dir"])
            .arg(self.data_dir())
            .args(arguments)
            .env_remove("ISOPOD_LOG")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file has many handles"))
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let child = self.process.insert(child);
        let kubeconfig = self.folder.path().join("data").join(isopod::KUBECONFIG_FILE);
        let log = self.folder.path().join("log");
        until("the cluster's kubeconfig", async || {
            if let Some(status) = child.try_wait().expect("it is our child") {
                panic!("isopod ended with {status}: {}", read(&log));
            }
            if kubeconfig.exists() { Ok(()) } else { Err(read(&log)) }
        })
        .await;
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder for whatever a test needs beside the data.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.data_dir().join(isopod::KUBECONFIG_FILE)
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What the process has said so far.
    pub(crate) fn said(&self) -> String {
        read(&self.log())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    /// Runs another command of the binary, on this data directory.
    pub(crate) fn isopod(&self, arguments: &[&str]) -> Output {
        Command::new(ISOPOD)
            .args(arguments)
            .arg("--data-dir")
            .arg(self.data_dir())
            .stdin(Stdio::null())
            .output()
            .expect("the binary starts")
    }

    /// Imports a guest that does not travel in the binary; gives the name for `image:`.
    pub(crate) fn import(&self, guest: &str) -> String {
        let name = format!("localhost/test/{guest}:v1");
        self.import_as(guest, &name);
        name
    }

    /// The same under another name, of which no other test knows.
    pub(crate) fn import_as(&self, guest: &str, name: &str) {
        let found = guests::TEST_GUESTS.iter().find(|(known, _)| *known == guest);
        let (_, file) = found.unwrap_or_else(|| panic!("there is no guest {guest:?}"));
        let output = self.isopod(&["image", "import", file, name]);
        assert!(output.status.success(), "{output:?}");
    }

    /// The kube client's configuration, with the administrator's identity.
    pub(crate) async fn config(&self) -> kube::Config {
        choose_provider();
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig()).expect("a kubeconfig");
        let options = KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await;
        let mut config = config.expect("the kubeconfig is complete");
        config.proxy_url = None;
        // What the server answers is what a test wants to see.
        config.default_retry = false;
        config
    }

    /// A client for this test: a connection belongs to the runtime it was made in.
    pub(crate) async fn client(&self) -> kube::Client {
        kube::Client::try_from(self.config().await).expect("a client")
    }

    /// Sends a signal to the process, which goes on being ours.
    pub(crate) fn signal(&self, signal: &str) {
        // The shell's own `kill`: the program of that name is not on every machine.
        let line = format!("kill -{signal} {}", self.pid());
        let sent = Command::new("sh").args(["-c", &line]).status();
        assert!(sent.expect("there is a shell").success(), "{line}");
    }

    /// Waits for the end of a process that has been told to end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut child = self.process.take().expect("it runs");
        until("isopod to end", async || child.try_wait().expect("it is our child").ok_or("it runs"))
            .await
    }

    /// Statics are not dropped: a shell that holds a pipe of ours ends the cluster when the pipe closes.
    fn end_with_this_process(&self) {
        let script = r#"trap "" INT TERM; read -r _; kill -9 "$1"; rm -rf "$2""#;
        let keeper = Command::new("sh")
            .args(["-c", script, "sh", &self.pid().to_string()])
            .arg(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        std::mem::forget(keeper);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut child) = self.process.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Two crypto providers are linked in by dependencies; rustls wants to be told which.
pub(crate) fn choose_provider() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.install_default().expect("nobody else installs one");
    });
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
