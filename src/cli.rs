//! Commands, flags and help.

mod authentication;
mod authorization;
mod backup;
mod certificate;
mod image;
mod operations;
mod serving;
mod token;
mod up;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

/// A Kubernetes whose pods are WebAssembly components.
///
/// One binary holds the API server, scheduler, controllers, kubelet and pod network. It needs no
/// container engine and no root. kubectl, Helm and every client library work against it.
#[derive(Debug, Parser)]
#[command(
    name = "isopod",
    version = crate::VERSION,
    after_help = "First steps:\n  isopod up                      start a cluster in this terminal\n  \
                  export KUBECONFIG=$(isopod kubeconfig --path)\n  kubectl get nodes\n  \
                  isopod image import app.wasm app && kubectl run app --image=app"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a whole cluster: control plane and one node in this process
    #[command(
        after_help = "Stop it with Ctrl-C: pods end first, then the control plane, then the \
                            store. Started again on the same data directory, it goes on."
    )]
    Up(Box<up::Up>),
    /// Import, list and remove Wasm images; works beside a running node
    #[command(subcommand)]
    Image(image::Image),
    /// Keep the keys by which a cluster knows its own tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Look after the cluster's certificates
    #[command(subcommand)]
    Certificate(certificate::Certificate),
    /// Copy a running cluster's objects and keys into one file
    Backup(backup::Backup),
    /// Make a new data directory of a backup; then start it with isopod up
    Restore(backup::Restore),
    /// Print the admin kubeconfig of a data directory
    Kubeconfig {
        #[command(flatten)]
        data: DataDir,
        /// Print the file's path instead of its content
        #[arg(long)]
        path: bool,
    },
    /// Measure this machine: start-up, API, pods, network, HTTP
    Bench(crate::bench::Bench),
    /// Print the version
    Version,
    /// Print a shell completion script
    Completions {
        /// bash, elvish, fish, powershell or zsh
        shell: clap_complete::Shell,
    },
}

/// Where a cluster keeps its state.
#[derive(Debug, Clone, Args)]
struct DataDir {
    #[arg(
        long,
        value_name = "DIR",
        help = "Where the cluster keeps its state \
                [default: /var/lib/isopod as root, else $XDG_DATA_HOME/isopod]"
    )]
    data_dir: Option<PathBuf>,
}

impl DataDir {
    fn resolve(&self) -> Result<PathBuf> {
        if let Some(dir) = &self.data_dir {
            return Ok(dir.clone());
        }
        if is_root() {
            return Ok(PathBuf::from("/var/lib/isopod"));
        }
        let base = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
        let base = base.or_else(|| Some(std::env::home_dir()?.join(".local/share")));
        Ok(base.context("no home directory: say where with --data-dir DIR")?.join("isopod"))
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // A file of ours in /proc belongs to our effective user; elsewhere the home directory must do.
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

impl Cli {
    /// Reads the arguments of this process; ends it with help when they make no sense.
    pub fn of_process() -> Self {
        let matches = Self::command().get_matches();
        let mut cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        if let (Command::Up(up), Some(own)) = (&mut cli.command, matches.subcommand_matches("up")) {
            up.set_flags(own);
        }
        cli
    }

    /// Runs the command.
    pub fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Up(up) => up.run(),
            Command::Image(image) => image.run(),
            Command::Backup(backup) => backup.run(),
            Command::Restore(restore) => restore.run(),
            Command::Token(token) => token.run(),
            Command::Certificate(certificate) => certificate.run(),
            Command::Kubeconfig { data, path } => print_kubeconfig(&data, path),
            Command::Bench(bench) => bench.run(),
            Command::Version => {
                say(&format!(
                    "isopod {} (Kubernetes {})",
                    crate::VERSION,
                    crate::KUBERNETES_VERSION
                ));
                Ok(ExitCode::SUCCESS)
            }
            Command::Completions { shell } => {
                clap_complete::generate(shell, &mut Self::command(), "isopod", &mut io::stdout());
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn print_kubeconfig(data: &DataDir, path_only: bool) -> Result<ExitCode> {
    let path = data.resolve()?.join(crate::KUBECONFIG_FILE);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: start a cluster there with isopod up", path.display()))?;
    if path_only {
        say(&path.display().to_string());
    } else {
        say(text.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for the user's terminal or pipe.
pub(crate) fn say(line: &str) {
    #[expect(clippy::print_stdout, reason = "what a command was asked for goes to stdout")]
    {
        println!("{line}");
    }
}

/// Progress, for people only.
pub(crate) fn progress(line: &str) {
    #[expect(clippy::print_stderr, reason = "progress must not mix with what a command prints")]
    {
        eprintln!("{line}");
    }
}
