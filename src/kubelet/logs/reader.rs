//! Reads a log back as the text the container printed.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

use super::line::Line;
use super::options::{LogOptions, Since};
use super::writer::Progress;
use super::{files, tail};

/// How much is read from a file at once, and so about how much is sent at once.
const BLOCK: usize = 64 << 10;

/// A log being read.
#[derive(Debug)]
pub(crate) struct Reader {
    path: PathBuf,
    options: LogOptions,
    since: Option<Timestamp>,
    /// How many more bytes may be sent.
    left: u64,
    /// Files put aside, still to be read, before the current one.
    older: VecDeque<PathBuf>,
    file: Option<File>,
    /// The beginning of a line whose end is not there yet.
    partial: Vec<u8>,
    /// Whether the last line sent was cut, so that its next part gets no time of its own.
    inside_line: bool,
    /// Tells of more, while the container runs.
    progress: Option<watch::Receiver<Progress>>,
    rotations: u64,
}

impl Reader {
    pub(super) fn open(
        path: PathBuf,
        mut progress: Option<watch::Receiver<Progress>>,
        options: LogOptions,
        now: Timestamp,
    ) -> Self {
        let rotations =
            progress.as_mut().map_or(0, |progress| progress.borrow_and_update().rotations);
        let since = options.since.map(|since| match since {
            Since::Ago(ago) => now.checked_sub(ago).unwrap_or(Timestamp::MIN),
            Since::At(time) => time,
        });
        let mut reader = Self {
            left: options.limit_bytes.unwrap_or(u64::MAX),
            progress: progress.filter(|_| options.follow),
            path,
            options,
            since,
            older: VecDeque::new(),
            file: None,
            partial: Vec::new(),
            inside_line: false,
            rotations,
        };
        // A log that cannot be opened reads as an empty one: the container may have printed nothing.
        let _ = reader.seek();
        reader
    }

    fn seek(&mut self) -> io::Result<()> {
        let all = files(&self.path);
        let (first, place) = match self.options.tail_lines {
            Some(lines) => tail::start_of_last(&all, lines)?,
            None => (0, 0),
        };
        self.older = all.into_iter().skip(first).collect();
        if let Some(path) = self.older.pop_front() {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(place))?;
            self.file = Some(file);
        }
        Ok(())
    }

    /// Whether more may come: the container runs.
    pub(crate) fn is_followed(&self) -> bool {
        self.progress.is_some()
    }

    /// The next piece of text; none at the end.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if self.left == 0 {
                return Ok(None);
            }
            let mut block = vec![0; BLOCK];
            let count = match &mut self.file {
                Some(file) => file.read(&mut block)?,
                None => 0,
            };
            if count > 0 {
                let text = self.convert(&block[..count]);
                if !text.is_empty() {
                    return Ok(Some(self.limit(text)));
                }
            } else if let Some(path) = self.older.pop_front() {
                self.file = Some(File::open(path)?);
            } else if !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// Waits until there is more to read; false when there never will be.
    async fn more(&mut self) -> io::Result<bool> {
        let Some(progress) = &mut self.progress else { return Ok(false) };
        let now = *progress.borrow_and_update();
        let place = match &mut self.file {
            Some(file) => file.stream_position()?,
            None => 0,
        };
        if now.rotations > self.rotations {
            // The file at hand was put aside and is read to its end. Those between it and the
            // current one, if any, are read as well.
            let missed = usize::try_from(now.rotations - self.rotations).unwrap_or(usize::MAX);
            self.rotations = now.rotations;
            let all = files(&self.path);
            let skipped = all.len().saturating_sub(missed);
            self.older = all.into_iter().skip(skipped).collect();
            return Ok(true);
        }
        if place < now.length {
            return Ok(true);
        }
        if now.closed {
            self.progress = None;
            return Ok(false);
        }
        if progress.changed().await.is_err() {
            self.progress = None;
        }
        Ok(true)
    }

    /// The text of all complete lines at hand.
    fn convert(&mut self, block: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(block.len());
        let mut pending = std::mem::take(&mut self.partial);
        for piece in block.split_inclusive(|byte| *byte == b'\n') {
            match piece.strip_suffix(b"\n") {
                None => pending.extend_from_slice(piece),
                Some(end) if pending.is_empty() => self.convert_line(end, &mut text),
                Some(end) => {
                    pending.extend_from_slice(end);
                    self.convert_line(&pending, &mut text);
                    pending.clear();
                }
            }
        }
        self.partial = pending;
        text
    }

    fn convert_line(&mut self, line: &[u8], text: &mut Vec<u8>) {
        let Some(line) = Line::parse(line) else { return };
        let wanted = self.options.stdio.is_none_or(|stdio| stdio == line.stdio)
            && self.since.is_none_or(|since| line.timestamp().is_none_or(|time| time >= since));
        if !wanted {
            return;
        }
        if self.options.timestamps && !self.inside_line {
            text.extend_from_slice(line.time.as_bytes());
            text.push(b' ');
        }
        text.extend_from_slice(line.text);
        self.inside_line = !line.complete;
        if line.complete {
            text.push(b'\n');
        }
    }

    fn limit(&mut self, mut text: Vec<u8>) -> Bytes {
        let allowed = usize::try_from(self.left).unwrap_or(usize::MAX);
        text.truncate(allowed);
        self.left -= text.len() as u64;
        Bytes::from(text)
    }
}
