//! What admission has to say about a request, for its events.
//!
//! Who decides deep inside admission does not know whether anybody audits. So the notes of a request go with the task
//! that answers it, as its span does; without an auditor there are none, and nothing is put into words.

use std::cell::RefCell;
use std::collections::BTreeMap;

use machinery::names;
use tracing::warn;

use super::policy::Level;

/// Notes on one request; webhooks and policies write them, which are not the operator.
const NOTES_MAX: usize = 64;
/// Bytes of one note, as in Kubernetes.
const NOTE_BYTES_MAX: usize = 10 << 10;

tokio::task_local! {
    static NOTES: RefCell<BTreeMap<String, Note>>;
}

/// A note, and from which level on it is written down.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) level: Level,
    pub(super) text: String,
}

/// Answers a request, on which notes are taken.
pub(crate) async fn noting<F: Future>(answer: F) -> F::Output {
    NOTES.scope(RefCell::default(), answer).await
}

/// Notes something about the request that is being answered.
pub(crate) fn note(key: impl FnOnce() -> String, text: impl FnOnce() -> String) {
    add(Level::Metadata, key, text);
}

/// The same, for those who want to see objects.
pub(crate) fn note_objects(key: impl FnOnce() -> String, text: impl FnOnce() -> String) {
    add(Level::Request, key, text);
}

/// The notes so far.
pub(super) fn take() -> BTreeMap<String, Note> {
    NOTES.try_with(RefCell::take).unwrap_or_default()
}

fn add(level: Level, key: impl FnOnce() -> String, text: impl FnOnce() -> String) {
    // An error means that nobody takes notes.
    let _ = NOTES.try_with(|notes| {
        let (key, mut notes) = (key(), notes.borrow_mut());
        if !is_key(&key) || notes.len() == NOTES_MAX || notes.contains_key(&key) {
            warn!(key, "a note for the audit log is not written: too many, or no proper key");
            return;
        }
        notes.insert(key, Note { level, text: shortened(text()) });
    });
}

/// Keys are two words with a slash between, the first of them whose note it is.
fn is_key(key: &str) -> bool {
    key.split('/').count() == 2 && names::qualified_name(key).is_none()
}

fn shortened(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(NOTE_BYTES_MAX));
    text
}

#[cfg(test)]
mod tests;
