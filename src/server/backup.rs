//! A copy of everything that cannot be made again: the store as it is at one revision, and the keys.
//!
//! It is made while the server runs, page by page at one revision, so that nobody waits and nothing is held
//! back. The values are copied as they are stored: what is encrypted at rest stays so. The keys of the cluster are
//! not encrypted; with them, anybody becomes its administrator, so that only administrators get a backup.
//! [`line`] says what it looks like; [`Reader`] reads and checks one.

mod exclusive;
mod line;
mod reader;
mod writer;

use std::collections::VecDeque;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use base::Clock;
use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use machinery::{ApiError, Resource};
use store::{Entry, Revision, Store};

pub use reader::{Contents, Reader};

use crate::BoxError;
use crate::body::{Body, BoxBody};
use crate::identity::{Identity, MASTERS};
use crate::pki;
use crate::respond::{self, Answer};
use exclusive::Exclusive;
use line::Line;
use writer::Writer;

/// Where the administrator gets one.
pub const PATH: &str = "/isopod/v1/backup";
/// What it is called on the way.
const CONTENT_TYPE: &str = "application/vnd.isopod.backup";
/// Entries read at a time: some dozens of megabytes if all are as long as they may be.
const PAGE: usize = 8;
/// Bytes of lines that are packed at a time, and held until then.
const CHUNK_BYTES: usize = 1 << 20;

/// Makes backups.
#[derive(Debug)]
pub(crate) struct Backups {
    /// Below encryption.
    store: Arc<dyn Store>,
    data_dir: Option<PathBuf>,
    clock: Clock,
    version: String,
}

impl Backups {
    pub(crate) fn new(config: &crate::Config) -> Self {
        Self {
            store: Arc::clone(&config.store),
            data_dir: config.data_dir.clone(),
            clock: config.clock.clone(),
            version: config.version.git_version.clone(),
        }
    }

    /// Answers the request for one. Roles for every path there is, such as those of monitoring, do not include this one.
    pub(crate) async fn respond(&self, identity: &Identity) -> Result<Answer, ApiError> {
        if !identity.trusted {
            let name = &identity.user.name;
            let message = format!("User {name:?} cannot get path {PATH:?}: it is for {MASTERS}");
            return Err(ApiError::forbidden(&Resource::new("", ""), "", &message));
        }
        let body = self.make().await.map_err(ApiError::internal)?;
        Ok(respond::with_body(http::StatusCode::OK, CONTENT_TYPE, body))
    }

    /// Starts one. An error on the way leaves the body without its end, which its reader notices.
    pub(crate) async fn make(&self) -> Result<Body, BoxError> {
        let revision = self.store.revision().await?;
        let mut writer = Writer::default();
        writer.line(&Line::head(revision, self.clock.now(), &self.version))?;
        for (name, text) in pki::files_to_keep(self.data_dir.as_deref())? {
            writer.line(&Line::file(&name, text.as_bytes()))?;
        }
        let state = Copy {
            store: Arc::clone(&self.store),
            revision,
            next: Some(store::everything()),
            page: VecDeque::new(),
            writer,
            entries: 0,
        };
        let chunks = stream::try_unfold(Some(state), |state| async move {
            let Some(mut state) = state else { return Ok(None) };
            let (chunk, ended) = state.step().await?;
            Ok::<_, BoxError>(Some((Frame::data(chunk), (!ended).then_some(state))))
        });
        let body: BoxBody = BodyExt::boxed(StreamBody::new(Exclusive::new(chunks)));
        Ok(body.into())
    }
}

/// A backup under way.
struct Copy {
    store: Arc<dyn Store>,
    revision: Revision,
    next: Option<Range<String>>,
    /// What was read and is not yet a line.
    page: VecDeque<Entry>,
    writer: Writer,
    entries: u64,
}

impl Copy {
    /// The next bytes, and whether they are the last.
    async fn step(&mut self) -> Result<(Bytes, bool), BoxError> {
        let mut ended = false;
        while !ended && self.writer.len() < CHUNK_BYTES {
            if let Some(entry) = self.page.pop_front() {
                self.writer.line(&Line::entry(&entry))?;
                self.entries += 1;
            } else if let Some(range) = self.next.take() {
                self.read(range).await?;
            } else {
                self.writer.end(self.entries)?;
                ended = true;
            }
        }
        let lines = self.writer.take();
        // Other requests of this thread would wait for it.
        let packed = tokio::task::spawn_blocking(move || writer::packed(&lines)).await??;
        Ok((packed, ended))
    }

    async fn read(&mut self, range: Range<String>) -> Result<(), BoxError> {
        let end = range.end.clone();
        let page = self.store.list(range, Some(self.revision), PAGE).await?;
        if let Some(last) = page.entries.last().filter(|_| page.more) {
            self.next = Some(format!("{}\0", last.key)..end);
        }
        self.page = page.entries.into();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
