//! Reads and checks a backup.

use std::io::{BufRead, BufReader, Read};
use std::path::{Component, Path};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{Entry, Revision};

use super::line::{FORMAT, Head, Line};
use crate::BoxError;
use crate::encryption::SEALED;

/// A line at most: the longest value a store takes, as base64, and some words.
const LINE_BYTES_MAX: usize = store::VALUE_BYTES_MAX / 3 * 4 + (64 << 10);
/// Files of the data directory at most; a few keys and certificates.
const FILES_MAX: usize = 64;

/// Reads a backup from its beginning.
pub struct Reader<R> {
    lines: BufReader<MultiGzDecoder<BufReader<R>>>,
    digest: Sha256,
    entries: u64,
    sealed: u64,
    head: Head,
    files: Vec<(String, Vec<u8>)>,
    /// Read while the files were, and not handed out yet.
    first: Option<Line>,
    ended: bool,
}

/// What a backup that has been read to its end holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The revision it shows.
    pub revision: Revision,
    /// When it was made.
    pub made: Timestamp,
    /// The version it was made by.
    pub kubernetes: String,
    /// How many keys of the store there are.
    pub entries: u64,
    /// How many of their values are encrypted, so that the cluster needs its keys.
    pub sealed: u64,
}

impl<R: Read> Reader<R> {
    /// Reads everything before the entries.
    pub fn open(source: R) -> Result<Self, BoxError> {
        let lines = BufReader::new(MultiGzDecoder::new(BufReader::new(source)));
        let head =
            Head { format: 0, revision: 0, made: Timestamp::UNIX_EPOCH, kubernetes: String::new() };
        let mut reader = Self {
            lines,
            digest: Sha256::new(),
            entries: 0,
            sealed: 0,
            head,
            files: Vec::new(),
            first: None,
            ended: false,
        };
        let Line::Head(head) = reader.line().map_err(|_| "it is not a backup of isopod")? else {
            return Err("it is not a backup of isopod".into());
        };
        if head.format != FORMAT {
            let found = head.format;
            return Err(format!("it has format {found}; this program knows {FORMAT}").into());
        }
        reader.head = head;
        loop {
            match reader.line()? {
                Line::File { name, data } => {
                    if reader.files.len() == FILES_MAX || !is_inside(&name) {
                        return Err(format!("it has a file it should not have: {name:?}").into());
                    }
                    reader.files.push((name, STANDARD.decode(data)?));
                }
                line => {
                    reader.first = Some(line);
                    return Ok(reader);
                }
            }
        }
    }

    /// The files of the data directory: their paths in it, and their contents.
    pub fn files(&self) -> &[(String, Vec<u8>)] {
        &self.files
    }

    /// The next entry; `None` at an end that vouches for all that was read.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, BoxError> {
        if self.ended {
            return Ok(None);
        }
        let before = self.digest.clone();
        let line = match self.first.take() {
            // A cluster always has objects.
            Some(Line::End { .. }) => return Err("it has no entries".into()),
            Some(line) => line,
            None => self.line()?,
        };
        match line {
            Line::Entry { key, created, revision, value } => {
                let value = STANDARD.decode(value)?;
                self.entries += 1;
                self.sealed += u64::from(value.starts_with(SEALED));
                Ok(Some(Entry {
                    key,
                    value: value.into(),
                    revision: Revision(revision),
                    created: Revision(created),
                }))
            }
            Line::End { entries, sha256 } => {
                if sha256 != format!("{:x}", before.finalize()) || entries != self.entries {
                    return Err("it is damaged: its checksum is another one".into());
                }
                // What packs the lines has a checksum, too.
                if self.lines.read(&mut [0])? > 0 {
                    return Err("it is damaged: there is more behind its end".into());
                }
                self.ended = true;
                Ok(None)
            }
            Line::Head(_) | Line::File { .. } => Err("it is damaged: its lines are mixed".into()),
        }
    }

    /// What it holds, once everything has been read.
    pub fn contents(&self) -> Contents {
        Contents {
            revision: Revision(self.head.revision),
            made: self.head.made,
            kubernetes: self.head.kubernetes.clone(),
            entries: self.entries,
            sealed: self.sealed,
        }
    }

    fn line(&mut self) -> Result<Line, BoxError> {
        let mut line = Vec::new();
        let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
        (&mut self.lines).take(limit).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Err("it is cut short".into());
        }
        self.digest.update(&line);
        Ok(serde_json::from_slice(&line)?)
    }
}

impl<R> std::fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("head", &self.head).finish_non_exhaustive()
    }
}

/// Whether a path stays in the folder it is relative to.
fn is_inside(name: &str) -> bool {
    let mut parts = Path::new(name).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}
