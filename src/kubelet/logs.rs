//! What containers print: files in the format that log collectors know, and their readers.
//!
//! `logs/<namespace>_<pod>_<uid>/<container>/<restart>.log` holds lines of the form
//! `2026-01-01T00:00:00.000000000Z stdout F text` (KEP-2371's CRI format). A file that grows past
//! its limit becomes `….log.1`, the one before `….log.2`, and so on.

mod line;
mod options;
mod reader;
mod tail;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base::Clock;
use k8s_openapi::api::core::v1::Pod;

pub(crate) use options::LogOptions;
pub(crate) use reader::Reader;
pub(crate) use writer::LogWriter;

/// A file is put aside when it has grown to this, as Kubernetes has it.
const FILE_BYTES: u64 = 10 << 20;

/// How many files are kept of one incarnation, the current one included, as Kubernetes has it.
const FILES: usize = 5;

/// How many incarnations of a container keep their logs: the current one and the previous one.
const INCARNATIONS: u32 = 2;

/// Fewer closed logs than this are not worth a sweep.
const SWEEP_LEAST: usize = 64;

/// All logs of a node.
#[derive(Debug)]
pub(crate) struct Logs {
    root: PathBuf,
    clock: Clock,
    live: Mutex<Live>,
}

/// The logs that are being written, so that a reader can wait for more.
#[derive(Debug, Default)]
struct Live {
    writers: BTreeMap<PathBuf, Arc<LogWriter>>,
    /// How many there may be before those that are closed are dropped.
    sweep_at: usize,
}

impl Live {
    fn insert(&mut self, path: PathBuf, writer: Arc<LogWriter>) {
        if self.writers.len() >= self.sweep_at {
            self.writers.retain(|_, writer| !writer.is_closed());
            // Twice what is left, so that the sweeps cost each insertion the same little.
            self.sweep_at = (self.writers.len() * 2).max(SWEEP_LEAST);
        }
        self.writers.insert(path, writer);
    }
}

impl Logs {
    /// Logs under `root/logs`.
    pub(crate) fn new(root: &Path, clock: Clock) -> Self {
        Self { root: root.join("logs"), clock, live: Mutex::default() }
    }

    /// Begins the log of one incarnation, and drops the oldest one's.
    pub(crate) fn create(
        &self,
        pod: &Pod,
        container: &str,
        incarnation: u32,
    ) -> io::Result<Arc<LogWriter>> {
        let folder = self.folder(pod).join(container);
        fs::create_dir_all(&folder)?;
        if let Some(old) = incarnation.checked_sub(INCARNATIONS) {
            remove(&folder.join(format!("{old}.log")));
        }
        let path = folder.join(format!("{incarnation}.log"));
        let writer = Arc::new(LogWriter::create(path.clone(), self.clock.clone())?);
        let mut live = self.live.lock().expect("nothing panics while it is held");
        live.insert(path, Arc::clone(&writer));
        Ok(writer)
    }

    /// Reads the log of one incarnation.
    pub(crate) fn read(
        &self,
        pod: &Pod,
        container: &str,
        incarnation: u32,
        options: LogOptions,
    ) -> Reader {
        let path = self.folder(pod).join(container).join(format!("{incarnation}.log"));
        let live = self.live.lock().expect("nothing panics while it is held");
        let progress = live.writers.get(&path).filter(|writer| !writer.is_closed());
        let progress = progress.map(|writer| writer.progress());
        drop(live);
        Reader::open(path, progress, options, self.clock.now())
    }

    /// Removes all logs of a pod.
    pub(crate) fn remove(&self, pod: &Pod) {
        let folder = self.folder(pod);
        let mut live = self.live.lock().expect("nothing panics while it is held");
        // What is below a folder follows it in the order of paths, so the other pods' logs are not looked at.
        let below = live.writers.range(folder.clone()..).map(|(path, _)| path);
        let own: Vec<_> = below.take_while(|path| path.starts_with(&folder)).cloned().collect();
        for path in own {
            live.writers.remove(&path);
        }
        drop(live);
        let _ = fs::remove_dir_all(folder);
    }

    /// Removes the logs of pods that are no longer on the node.
    pub(crate) fn remove_orphans(&self, alive: &BTreeSet<String>) -> io::Result<()> {
        let Ok(entries) = fs::read_dir(&self.root) else { return Ok(()) };
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let uid = name.rsplit('_').next().unwrap_or_default();
            if !alive.contains(uid) {
                fs::remove_dir_all(self.root.join(&name))?;
            }
        }
        Ok(())
    }

    fn folder(&self, pod: &Pod) -> PathBuf {
        let meta = &pod.metadata;
        self.root.join(format!(
            "{}_{}_{}",
            meta.namespace.as_deref().unwrap_or_default(),
            meta.name.as_deref().unwrap_or_default(),
            meta.uid.as_deref().unwrap_or_default()
        ))
    }
}

/// The files of one incarnation, oldest first.
fn files(path: &Path) -> Vec<PathBuf> {
    let old = (1..FILES).rev().map(|number| numbered(path, number));
    old.chain([path.to_owned()]).filter(|path| path.exists()).collect()
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

fn remove(path: &Path) {
    for file in files(path) {
        let _ = fs::remove_file(file);
    }
}

#[cfg(test)]
mod tests;
