//! One change of one object, and the frames in which watchers see it.

use std::sync::{Arc, OnceLock};

use bytes::{BufMut, Bytes, BytesMut};
use machinery::ApiError;
use tokio::time::Instant;

use super::{Cached, Head};

/// What a watcher is told of a change; it depends on the watcher's selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventType {
    Added,
    Modified,
    Deleted,
}

impl EventType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// A change at a revision: what the object was and what it is. One of the two exists.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) at: Instant,
    pub(crate) previous: Option<Arc<Cached>>,
    pub(crate) current: Option<Arc<Cached>>,
    /// The encoded event of each type, made for the first watcher that needs it and shared by all.
    frames: [OnceLock<Bytes>; 3],
}

impl Change {
    pub(crate) fn new(
        revision: u64,
        previous: Option<Arc<Cached>>,
        current: Option<Arc<Cached>>,
    ) -> Self {
        Self { revision, at: Instant::now(), previous, current, frames: Default::default() }
    }

    pub(crate) fn key(&self) -> &Arc<str> {
        let either = self.current.as_ref().or(self.previous.as_ref());
        &either.expect("a change has an object before or after it").key
    }

    /// What happens for somebody who selects objects: one that enters the selection is added, one that leaves it is
    /// deleted.
    pub(crate) fn event(&self, selects: impl Fn(&Cached) -> bool) -> Option<EventType> {
        let selected = |object: &Option<Arc<Cached>>| object.as_deref().is_some_and(&selects);
        match (selected(&self.previous), selected(&self.current)) {
            (false, false) => None,
            (false, true) => Some(EventType::Added),
            (true, true) => Some(EventType::Modified),
            (true, false) => Some(EventType::Deleted),
        }
    }

    /// How many bytes are kept alive by this change alone, roughly.
    pub(crate) fn weight(&self) -> usize {
        self.previous.as_ref().map_or(0, |previous| previous.bytes.len())
    }

    /// The object a watcher sees: after a deletion, the last state with the revision of the deletion.
    pub(crate) fn object(&self, head: &Head, event: EventType) -> Bytes {
        match (event, &self.current, &self.previous) {
            (EventType::Added | EventType::Modified, Some(current), _) => current.bytes.clone(),
            (_, _, Some(previous)) | (_, Some(previous), None) => {
                let (before, after) = head.around_revision(&previous.bytes);
                let mut bytes = BytesMut::with_capacity(previous.bytes.len() + 4);
                bytes.put_slice(before);
                bytes.put_slice(self.revision.to_string().as_bytes());
                bytes.put_slice(after);
                bytes.freeze()
            }
            (_, None, None) => Bytes::new(),
        }
    }

    /// The object whose state a watcher sees.
    pub(crate) fn shown(&self, event: EventType) -> Option<&Arc<Cached>> {
        match event {
            EventType::Added | EventType::Modified => self.current.as_ref(),
            EventType::Deleted => self.previous.as_ref(),
        }
        .or(self.previous.as_ref())
        .or(self.current.as_ref())
    }

    /// The encoded event.
    pub(crate) fn frame(&self, head: &Head, event: EventType) -> Bytes {
        let frame =
            self.frames[event as usize].get_or_init(|| encode(event, &self.object(head, event)));
        frame.clone()
    }
}

/// One line of a watch.
pub(crate) fn encode(event: EventType, object: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(object.len() + 32);
    write(&mut bytes, event, object);
    bytes.freeze()
}

/// What ends a line.
const CLOSING: &[u8] = b"}\n";

/// The line that says why a watch ends.
pub(crate) fn failure(error: &ApiError) -> Bytes {
    Bytes::from(format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", error.to_status()))
}

pub(crate) fn write(bytes: &mut BytesMut, event: EventType, object: &[u8]) {
    open(bytes, event);
    bytes.put_slice(object);
    bytes.put_slice(CLOSING);
}

/// What stands before an object and behind it.
pub(super) fn around(event: EventType) -> [Bytes; 2] {
    let mut opening = BytesMut::new();
    open(&mut opening, event);
    [opening.freeze(), Bytes::from_static(CLOSING)]
}

fn open(bytes: &mut BytesMut, event: EventType) {
    bytes.put_slice(br#"{"type":""#);
    bytes.put_slice(event.as_str().as_bytes());
    bytes.put_slice(br#"","object":"#);
}
