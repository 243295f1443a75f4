//! A session of one kubectl in a namespace of its own.

use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Mutex;

use expect_test::Expect;
use futures::FutureExt as _;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::cluster::Cluster;
use super::kubectls::{self, Kubectl};
use super::normal::normal;
use super::patience::{PATIENCE, until};
use super::space::Space;

/// What a command did.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

/// One kubectl, and the namespace that all its commands are about.
pub(crate) struct Session<'a> {
    kubectl: Kubectl,
    pub(crate) cluster: &'a Cluster,
    pub(crate) space: Space,
    home: PathBuf,
    transcript: Mutex<String>,
}

/// Holds the session with every kubectl there is, all at once.
pub(crate) async fn with_every_kubectl(topic: &str, session: impl AsyncFn(&Session<'_>)) {
    let cluster = Cluster::shared().await;
    let sessions = kubectls::all().iter().map(async |kubectl| {
        let name = format!("{topic}-{}", kubectl.minor);
        hold(kubectl, cluster, &name, &session).await
    });
    tell(futures::future::join_all(sessions).await);
}

/// Holds the session with the oldest and with the newest kubectl, each on a cluster that nobody else uses: kinds that
/// a session makes are everybody's.
pub(crate) async fn alone_with_kubectl(topic: &str, session: impl AsyncFn(&Session<'_>)) {
    let all = kubectls::all();
    let ends = all.iter().enumerate().filter(|(at, _)| *at == 0 || at + 1 == all.len());
    let sessions = ends.map(async |(_, kubectl)| {
        let cluster = Cluster::start(&[]).await;
        hold(kubectl, &cluster, topic, &session).await
    });
    tell(futures::future::join_all(sessions).await);
}

/// Holds one session in a namespace; gives the version of a kubectl with which it failed.
async fn hold(
    kubectl: &Kubectl,
    cluster: &Cluster,
    namespace: &str,
    session: &impl AsyncFn(&Session<'_>),
) -> Option<String> {
    let space = Space::new(cluster.client().await, namespace).await;
    let session_of_one = Session::new(kubectl.clone(), cluster, space);
    let held = AssertUnwindSafe(session(&session_of_one)).catch_unwind().await;
    if held.is_err() {
        session_of_one.print();
    }
    session_of_one.end().await;
    held.is_err().then(|| format!("1.{}", kubectl.minor))
}

fn tell(failed: Vec<Option<String>>) {
    let failed: Vec<String> = failed.into_iter().flatten().collect();
    assert!(failed.is_empty(), "kubectl {} failed", failed.join(", "));
}

impl<'a> Session<'a> {
    fn new(kubectl: Kubectl, cluster: &'a Cluster, space: Space) -> Self {
        let home = cluster.folder().join(format!("home-{}", kubectl.minor));
        std::fs::create_dir_all(&home).expect("the folder is writable");
        Self { kubectl, cluster, space, home, transcript: Mutex::default() }
    }

    /// The 29 of v1.29.14: some words of kubectl itself changed over time.
    pub(crate) fn minor(&self) -> u32 {
        self.kubectl.minor
    }

    /// A file of this session.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.cluster.folder().join(format!("{}-{name}", self.space.name));
        std::fs::write(&path, content).expect("the folder is writable");
        path.display().to_string()
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(&self.kubectl.path);
        command
            .arg("-n")
            .arg(&self.space.name)
            .args(words(arguments))
            .env("HOME", &self.home)
            .env("KUBECACHEDIR", self.home.join("cache"))
            .env("KUBECONFIG", self.cluster.kubeconfig())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command; single quotes hold words together.
    pub(crate) async fn run(&self, arguments: &str) -> Ran {
        self.finish(arguments, "", self.command(arguments)).await
    }

    /// Runs a command with something on its standard input.
    pub(crate) async fn feed(&self, arguments: &str, input: &str) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped());
        self.finish(arguments, input, command).await
    }

    /// Runs `edit` with an editor that is a sed script.
    pub(crate) async fn edit(&self, arguments: &str, script: &str) -> Ran {
        let mut command = self.command(arguments);
        command.env("KUBE_EDITOR", format!("sed -i -e '{script}'"));
        self.finish(arguments, "", command).await
    }

    async fn finish(&self, arguments: &str, input: &str, mut command: Command) -> Ran {
        let mut child = command.spawn().expect("kubectl starts");
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await.expect("kubectl reads its input");
        }
        let output = timeout(PATIENCE, child.wait_with_output()).await;
        let output = output.unwrap_or_else(|_| panic!("kubectl {arguments}: it does not end"));
        let output = output.expect("kubectl has output");
        let ran = Ran {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        };
        let mut transcript = self.transcript.lock().expect("nobody panics with it");
        let _ = writeln!(
            transcript,
            "$ kubectl {arguments}\n{}{}[{}]",
            ran.stdout, ran.stderr, ran.code
        );
        ran
    }

    /// Runs a command that must succeed; gives what it printed.
    pub(crate) async fn ok(&self, arguments: &str) -> String {
        let ran = self.run(arguments).await;
        assert_eq!(ran.code, 0, "kubectl {arguments}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// The same, of a command that kubectl hides behind a variable.
    pub(crate) async fn ok_in_alpha(&self, arguments: &str) -> String {
        let mut command = self.command(arguments);
        command.env("KUBECTL_APPLYSET", "true");
        let ran = self.finish(arguments, "", command).await;
        assert_eq!(ran.code, 0, "kubectl {arguments}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Applies a manifest that must be accepted.
    pub(crate) async fn apply(&self, manifest: &str) -> String {
        let ran = self.feed("apply -f -", manifest).await;
        assert_eq!(ran.code, 0, "kubectl apply: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs a command and compares what it prints, on both streams, and its exit code if not 0.
    pub(crate) async fn check(&self, arguments: &str, expected: Expect) {
        let ran = self.run(arguments).await;
        self.compare(&ran, expected);
    }

    /// The same with something on standard input.
    pub(crate) async fn check_fed(&self, arguments: &str, input: &str, expected: Expect) {
        let ran = self.feed(arguments, input).await;
        self.compare(&ran, expected);
    }

    pub(crate) fn compare(&self, ran: &Ran, expected: Expect) {
        expected.assert_eq(&self.shown(ran));
    }

    /// Output as snapshots hold it: errors marked, the session's namespace called `HERE`.
    pub(crate) fn shown(&self, ran: &Ran) -> String {
        let mut text = self.plain(&ran.stdout);
        for line in self.plain(&ran.stderr).lines().filter(|line| !is_skew(line)) {
            if !text.is_empty() {
                text.push('\n');
            }
            let _ = write!(text, "! {line}");
        }
        if ran.code != 0 {
            let _ = write!(text, "\n[exit {}]", ran.code);
        }
        text
    }

    fn plain(&self, text: &str) -> String {
        // Newer ones say where something was deleted from.
        let text = text.replace(&format!(" from {} namespace", self.space.name), "");
        let text = text.replace(&self.cluster.folder().display().to_string(), "FOLDER");
        normal(&text.replace(&self.space.name, "HERE"))
    }

    /// Looks until a command's output contains a text.
    pub(crate) async fn until(&self, arguments: &str, text: &str) -> String {
        let found = until(text, async || {
            let ran = self.run(arguments).await;
            if ran.stdout.contains(text) { Ok(ran.stdout) } else { Err(ran.stdout + &ran.stderr) }
        });
        found.await
    }

    /// Starts a command that goes on, such as `get -w`; its lines can be read one by one.
    pub(crate) fn follow(&self, arguments: &str) -> Following {
        let mut child = self.command(arguments).spawn().expect("kubectl starts");
        let stdout = child.stdout.take().expect("it is a pipe");
        Following { child, lines: BufReader::new(stdout).lines() }
    }

    fn print(&self) {
        let transcript = self.transcript.lock().expect("nobody panics with it");
        #[expect(
            clippy::print_stderr,
            reason = "the reader of a failure wants to see what led to it"
        )]
        {
            eprintln!("--- the session of kubectl 1.{}:\n{transcript}---", self.kubectl.minor);
        }
    }

    /// The namespace goes, and its pods with it; nobody waits for that.
    async fn end(&self) {
        let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> =
            kube::Api::all(self.space.client.clone());
        let _ = namespaces.delete(&self.space.name, &kube::api::DeleteParams::default()).await;
    }
}

/// The client's remark that it is much older or newer than the server.
fn is_skew(line: &str) -> bool {
    line.contains("exceeds the supported minor version skew")
}

/// A command that goes on until it is dropped.
pub(crate) struct Following {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    /// Reads lines up to the first that contains a text; gives all of them.
    pub(crate) async fn until(&mut self, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let read = async {
            while let Some(line) = self.lines.next_line().await.expect("kubectl writes text") {
                let found = line.contains(text);
                seen.push(line);
                if found {
                    return true;
                }
            }
            false
        };
        let found = timeout(PATIENCE, read).await;
        assert_eq!(found, Ok(true), "no {text:?} in {seen:#?}");
        seen
    }

    /// Reads what is left until the command ends by itself.
    pub(crate) async fn rest(mut self) -> Vec<String> {
        let mut seen = Vec::new();
        let read = async {
            while let Some(line) = self.lines.next_line().await.expect("kubectl writes text") {
                seen.push(line);
            }
        };
        timeout(PATIENCE, read).await.expect("kubectl ends");
        seen
    }

    /// Waits for the command's own end; gives its exit code.
    pub(crate) async fn ended(mut self) -> i32 {
        let status = timeout(PATIENCE, self.child.wait()).await.expect("kubectl ends");
        status.expect("it is our child").code().unwrap_or(-1)
    }
}

fn words(arguments: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in arguments.split('\'').enumerate() {
        if index % 2 == 1 {
            // A quote that touches a word goes on with it: --patch='{"a": 1}'.
            let touches =
                !arguments.split('\'').nth(index - 1).unwrap_or(" ").ends_with([' ', '\n']);
            match words.last_mut() {
                Some(word) if touches && index > 0 => *word = format!("{word}{part}"),
                _ => words.push(part.to_owned()),
            }
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
