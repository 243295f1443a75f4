//! Writes what a container prints into its log file, on the container's own thread.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::task::{Context, Poll};

use base::Clock;
use bytes::Bytes;
use sandbox::{Output, Stdio};
use tokio::sync::watch;
use tracing::warn;

use super::{FILE_BYTES, FILES, line, numbered};

/// The longest line that is written in one piece, as the CRI's implementations have it.
const LINE_BYTES: usize = 16 << 10;

/// What a container may write at once. Writing blocks its own thread for as long as the disk needs,
/// which is the back-pressure; the bound keeps one call short.
const PERMIT: usize = 64 << 10;

/// The log of one incarnation.
///
/// The file is open only while something is written, so that ten thousand quiet containers hold no
/// descriptors.
#[derive(Debug)]
pub(crate) struct LogWriter {
    path: PathBuf,
    clock: Clock,
    state: Mutex<State>,
    progress: watch::Sender<Progress>,
}

/// How far a log has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Progress {
    /// How often a file was put aside.
    pub(super) rotations: u64,
    /// How many bytes the current file has.
    pub(super) length: u64,
    /// Whether nothing more will come.
    pub(super) closed: bool,
}

#[derive(Debug, Default)]
struct State {
    /// What was printed since the last line end, by stream; at most a line's worth each.
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    broken: bool,
}

impl LogWriter {
    pub(super) fn create(path: PathBuf, clock: Clock) -> io::Result<Self> {
        super::remove(&path);
        File::create(&path)?;
        let progress = watch::Sender::new(Progress::default());
        Ok(Self { path, clock, state: Mutex::default(), progress })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.progress.borrow().closed
    }

    pub(super) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    fn append(&self, state: &mut State, lines: &[u8]) {
        match self.try_append(lines) {
            Ok(()) => state.broken = false,
            Err(error) if !state.broken => {
                state.broken = true;
                warn!(path = %self.path.display(), %error, "what a container prints is lost");
            }
            Err(_) => (),
        }
    }

    fn try_append(&self, lines: &[u8]) -> io::Result<()> {
        if self.progress.borrow().length >= FILE_BYTES {
            rotate(&self.path)?;
            self.progress.send_modify(|progress| {
                progress.rotations += 1;
                progress.length = 0;
            });
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        file.write_all(lines)?;
        self.progress.send_modify(|progress| progress.length += lines.len() as u64);
        Ok(())
    }
}

impl Output for LogWriter {
    fn permit(&self) -> usize {
        PERMIT
    }

    fn write(&self, stdio: Stdio, bytes: Bytes) {
        let now = self.clock.now();
        let mut state = self.state.lock().expect("nothing panics while it is held");
        let pending = match stdio {
            Stdio::Stdout => &mut state.stdout,
            Stdio::Stderr => &mut state.stderr,
        };
        let mut lines = Vec::with_capacity(bytes.len() + 64);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            pending.extend_from_slice(text);
            while pending.len() > LINE_BYTES {
                let rest = pending.split_off(LINE_BYTES);
                line::append(&mut lines, now, stdio, false, pending);
                *pending = rest;
            }
            if ends {
                line::append(&mut lines, now, stdio, true, pending);
                pending.clear();
            }
        }
        if !lines.is_empty() {
            self.append(&mut state, &lines);
        }
    }

    fn poll_ready(&self, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn close(&self) {
        let now = self.clock.now();
        let mut state = self.state.lock().expect("nothing panics while it is held");
        let mut lines = Vec::new();
        for (stdio, pending) in [
            (Stdio::Stdout, std::mem::take(&mut state.stdout)),
            (Stdio::Stderr, std::mem::take(&mut state.stderr)),
        ] {
            if !pending.is_empty() {
                line::append(&mut lines, now, stdio, true, &pending);
            }
        }
        if !lines.is_empty() {
            self.append(&mut state, &lines);
        }
        self.progress.send_modify(|progress| progress.closed = true);
    }
}

/// Puts the current file aside and drops the oldest.
fn rotate(path: &Path) -> io::Result<()> {
    for number in (1..FILES - 1).rev() {
        let from = numbered(path, number);
        if from.exists() {
            fs::rename(from, numbered(path, number + 1))?;
        }
    }
    fs::rename(path, numbered(path, 1))
}
