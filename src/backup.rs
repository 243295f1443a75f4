//! Backups of a running cluster, and new clusters made of them.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use base::{Clock, Tasks};
use http::Request;
use http_body_util::BodyExt;
use jiff::Timestamp;
use kube::client::Body;
use server::backup::{Contents, PATH, Reader};
use store::Revision;

use crate::data_dir::DataDir;

/// How far the revisions of a restored cluster are beyond those of its backup, besides a millionth of a second each: nobody
/// makes so many writes between backups, should the clock have been set back since.
const BEYOND: u64 = 1_000_000_000;
/// What backups made by the clock are called, between which their time stands.
const NAME: (&str, &str) = ("isopod-", ".backup");
/// How it is written.
const TIME: &str = "%Y%m%dT%H%M%SZ";
/// The wait after one that failed, and the least after a start.
const RETRY: Duration = Duration::from_mins(5);

/// Writes a backup of the cluster that `client` administers to a file, checks it, and gives the file its name only then.
pub async fn take(client: &kube::Client, file: &Path) -> Result<Contents> {
    let partial = file.with_added_extension("partial");
    let taken = download(client, &partial).await;
    let checked = match taken {
        Ok(()) => {
            let partial = partial.clone();
            tokio::task::spawn_blocking(move || check(&partial)).await.context("check it")?
        }
        Err(error) => Err(error),
    };
    let named = checked.and_then(|contents| {
        fs::rename(&partial, file).with_context(|| file.display().to_string())?;
        sync_folder_of(file).with_context(|| file.display().to_string())?;
        Ok(contents)
    });
    if named.is_err() {
        // What is left of it is of no use.
        let _ = fs::remove_file(&partial);
    }
    named
}

/// The name of a file outlasts a loss of power.
fn sync_folder_of(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

async fn download(client: &kube::Client, file: &Path) -> Result<()> {
    let request = Request::get(PATH).body(Body::empty()).context("ask for it")?;
    let response = client.send(request).await.context("ask the cluster")?;
    let status = response.status();
    if !status.is_success() {
        bail!("the cluster refuses: {status}; a backup is for administrators");
    }
    let mut written = private(file).with_context(|| file.display().to_string())?;
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| anyhow!("the backup broke off: {error}"))?;
        if let Some(bytes) = frame.data_ref() {
            written.write_all(bytes).with_context(|| file.display().to_string())?;
        }
    }
    written.sync_all().with_context(|| file.display().to_string())
}

/// Makes a cluster of a backup in a data directory that has none.
pub fn restore(file: &Path, data_dir: &Path) -> Result<Contents> {
    // A backup that is damaged is found out before anything is written.
    check(file)?;
    let data_dir = DataDir::claim(data_dir)?;
    let (store, pki) = (data_dir.store(), data_dir.path().join("pki"));
    if data_dir.is_half_restored() {
        clear(&store, &pki)?;
    }
    if store.exists() || pki.exists() {
        bail!(
            "{} holds a cluster already; restore into a new directory",
            data_dir.path().display()
        );
    }
    // Half a cluster must not be started, should this process be killed.
    data_dir.begin_restore()?;
    let restored = write(file, &data_dir);
    if restored.is_err() {
        clear(&store, &pki)?;
    }
    data_dir.end_restore()?;
    restored
}

/// Removes what a restore has written.
fn clear(store: &Path, pki: &Path) -> Result<()> {
    let gone = |removed: std::io::Result<()>| match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let unfinished = store.with_added_extension("new");
    for file in [store, &unfinished] {
        gone(fs::remove_file(file)).with_context(|| file.display().to_string())?;
    }
    gone(fs::remove_dir_all(pki)).with_context(|| pki.display().to_string())
}

fn write(file: &Path, data_dir: &DataDir) -> Result<Contents> {
    let mut reader = open(file)?;
    for (name, text) in reader.files() {
        let path = data_dir.path().join(name);
        if let Some(folder) = path.parent() {
            crate::data_dir::create_private(folder)
                .with_context(|| folder.display().to_string())?;
        }
        let mut written = private(&path).with_context(|| path.display().to_string())?;
        written.write_all(text).with_context(|| path.display().to_string())?;
        written.sync_all().with_context(|| path.display().to_string())?;
    }
    let at = restored_revision(&reader.contents(), Clock::system().now());
    let next = || reader.next_entry().map_err(|error| anyhow!(error));
    store::redb::restore(&data_dir.store(), next, at)?;
    Ok(reader.contents())
}

/// The revision of a restored cluster. What was written after the backup is lost, and no client may take a new object for
/// one of those, nor for one of a cluster that was restored from this backup, or another of the same cluster, before:
/// so it grows with the time since the backup, faster than anybody writes.
fn restored_revision(contents: &Contents, now: Timestamp) -> Revision {
    let micros = now.duration_since(contents.made).as_micros().max(0);
    Revision(contents.revision.0 + BEYOND + u64::try_from(micros).unwrap_or(0))
}

/// Reads a backup to its end.
fn check(file: &Path) -> Result<Contents> {
    let mut reader = open(file)?;
    loop {
        match reader.next_entry() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(reader.contents()),
            Err(error) => bail!("{}: {error}", file.display()),
        }
    }
}

fn open(file: &Path) -> Result<Reader<BufReader<File>>> {
    let opened = File::open(file).with_context(|| file.display().to_string())?;
    Reader::open(BufReader::new(opened)).map_err(|error| anyhow!("{}: {error}", file.display()))
}

/// A file for its owner's eyes: there are keys in it.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Backups that are made by the clock.
#[derive(Debug, Clone)]
pub struct Snapshots {
    /// Between two of them.
    pub interval: Duration,
    /// How many are kept.
    pub retention: usize,
}

/// Starts to make backups in a folder.
pub(crate) fn start(
    tasks: &Tasks,
    client: kube::Client,
    clock: Clock,
    folder: PathBuf,
    snapshots: Snapshots,
) {
    tasks.spawn_until_stop("snapshots", async move {
        forget_unfinished(&folder);
        let mut wait = first_wait(newest(&folder), clock.now(), snapshots.interval);
        loop {
            tokio::time::sleep(wait).await;
            wait = match snapshot(&client, &clock, &folder).await {
                Ok(file) => {
                    tracing::info!(file = %file.display(), "snapshot taken");
                    snapshots.interval
                }
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "no snapshot taken");
                    snapshots.interval.min(RETRY)
                }
            };
            if let Err(error) = forget_old(&folder, snapshots.retention) {
                tracing::error!(error = format!("{error:#}"), "an old snapshot cannot be removed");
            }
        }
    });
}

/// How long a process that has just started waits: its predecessors have made snapshots, too.
fn first_wait(newest: Option<Timestamp>, now: Timestamp, interval: Duration) -> Duration {
    let Some(newest) = newest else { return interval.min(RETRY) };
    // One from the future says that the clock was wrong.
    let age = Duration::try_from(now.duration_since(newest)).unwrap_or_default();
    interval.saturating_sub(age).max(interval.min(RETRY))
}

/// When the newest snapshot of a folder was made.
fn newest(folder: &Path) -> Option<Timestamp> {
    let name = names(folder, NAME.1).ok()?.pop()?;
    let name = name.file_name()?.to_str()?;
    let time = name.strip_prefix(NAME.0)?.strip_suffix(NAME.1)?;
    jiff::fmt::strtime::parse(TIME, time)
        .ok()?
        .to_datetime()
        .ok()
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|time| time.timestamp()))
}

/// Removes what attempts have left that were killed: there are keys in it.
fn forget_unfinished(folder: &Path) {
    let unfinished = names(folder, &format!("{}.partial", NAME.1)).unwrap_or_default();
    for file in unfinished {
        if let Err(error) = fs::remove_file(&file) {
            tracing::warn!(%error, file = %file.display(), "an unfinished snapshot stays");
        }
    }
}

async fn snapshot(client: &kube::Client, clock: &Clock, folder: &Path) -> Result<PathBuf> {
    crate::data_dir::create_private(folder).with_context(|| folder.display().to_string())?;
    let now = clock.now().strftime(TIME).to_string();
    let file = folder.join(format!("{}{now}{}", NAME.0, NAME.1));
    take(client, &file).await?;
    Ok(file)
}

fn forget_old(folder: &Path, retention: usize) -> Result<()> {
    for old in names(folder, NAME.1)?.iter().rev().skip(retention) {
        fs::remove_file(old).with_context(|| old.display().to_string())?;
    }
    Ok(())
}

/// The snapshots of a folder, or what else ends so. Their names order them by time.
fn names(folder: &Path, end: &str) -> Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(NAME.0) && name.ends_with(end) {
            names.push(path);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests;
