//! Puts the lines of a backup together.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::line::Line;
use crate::BoxError;

/// Collects lines until somebody takes them; each taking is a gzip member of its own.
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

    pub(super) fn take(&mut self) -> Result<Bytes, BoxError> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&std::mem::take(&mut self.lines))?;
        Ok(encoder.finish()?.into())
    }
}
