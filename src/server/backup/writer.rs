//! Puts the lines of a backup together.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::line::Line;
use crate::BoxError;

/// Collects lines until somebody takes them; what is taken at once becomes a gzip member of its own.
#[derive(Default)]
pub(super) struct Writer {
    lines: Vec<u8>,
    digest: Sha256,
}

impl Writer {
    pub(super) fn line(&mut self, line: &Line) -> Result<(), BoxError> {
        let start = self.lines.len();
        serde_json::to_writer(&mut self.lines, line)?;
        self.lines.push(b'\n');
        self.digest.update(&self.lines[start..]);
        Ok(())
    }

    pub(super) fn end(&mut self, entries: u64) -> Result<(), BoxError> {
        let sha256 = format!("{:x}", self.digest.clone().finalize());
        self.line(&Line::End { entries, sha256 })
    }

    /// How many bytes nobody has taken yet.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.lines)
    }
}

/// Lines as they are sent.
pub(super) fn packed(lines: &[u8]) -> Result<Bytes, BoxError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(lines)?;
    Ok(encoder.finish()?.into())
}
