//! The bodies of requests: how long they may be, how long they may take, and how much of them is held at a time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use machinery::ApiError;

use crate::BoxError;
use crate::body::RequestBody;
use crate::room::{Room, Share};

/// The longest body, as in Kubernetes: twice what etcd stores by default.
const BODY_BYTES_MAX: usize = 3 << 20;
/// For a body to arrive; 3 MiB in this time is a line of half a megabit.
const BODY_TIME_MAX: Duration = Duration::from_mins(1);
/// Bodies up to this length are held without asking: as many as there may be requests are a few dozen megabytes, and
/// hardly any object is longer.
const SMALL_BYTES: usize = 16 << 10;
/// What longer bodies may take together. Forty of the longest are more than a store writes in a second; the rest wait.
const HELD_BYTES_MAX: usize = 128 << 20;
/// What one user's may take of it: ten of the longest. Who keeps the rest of a body back holds up nobody else.
const HELD_OF_ONE_BYTES_MAX: usize = 32 << 20;
/// What the documents of longer bodies may take together. An object of a document takes some hundred bytes, and eight of
/// the body.
const DOCUMENTS_BYTES_MAX: usize = 256 << 20;
/// What one user's may take of it. The largest take as much as all of it, and come one after the other.
const DOCUMENTS_OF_ONE_BYTES_MAX: usize = 64 << 20;
/// What a document takes for each of these in its body.
const OBJECT_BYTES: usize = 600;
const FIELD_BYTES: usize = 100;
const ITEM_BYTES: usize = 32;
/// What the account of held bytes counts in.
const UNIT_BYTES: usize = 1 << 10;

/// Reads bodies, of which only so much is held at a time.
#[derive(Debug)]
pub(super) struct Bodies {
    room: Room,
    documents: Room,
}

/// A body in memory.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Bytes,
    /// The room it takes, until its request is answered, and what is read from it.
    _room: [Option<Share>; 2],
}

/// What a request carries.
#[derive(Debug)]
pub(super) enum Sent {
    Held(Held),
    /// To be passed on as it comes.
    Passing(RequestBody),
}

impl Sent {
    pub(super) fn nothing() -> Self {
        Self::Held(Held { bytes: Bytes::new(), _room: [None, None] })
    }

    /// Whether it is still on its way.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Passing(_))
    }

    /// What is there of it.
    pub(super) fn bytes(&self) -> Bytes {
        match self {
            Self::Held(held) => held.bytes.clone(),
            Self::Passing(_) => Bytes::new(),
        }
    }

    /// The body for whoever it is passed on to.
    pub(super) fn into_body(self) -> RequestBody {
        match self {
            Self::Held(held) => RequestBody::from(held.bytes.clone()).holding(held),
            Self::Passing(body) => body,
        }
    }
}

impl Bodies {
    pub(super) fn new() -> Self {
        let room = |all: usize, each: usize| Room::new(all / UNIT_BYTES, each / UNIT_BYTES);
        Self {
            room: room(HELD_BYTES_MAX, HELD_OF_ONE_BYTES_MAX),
            documents: room(DOCUMENTS_BYTES_MAX, DOCUMENTS_OF_ONE_BYTES_MAX),
        }
    }

    /// Reads a user's body up to the limit.
    pub(super) async fn read(
        &self,
        user: &str,
        body: Option<RequestBody>,
    ) -> Result<Held, ApiError> {
        let Some(mut body) = body else {
            return Ok(Held { bytes: Bytes::new(), _room: [None, None] });
        };
        if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
            return Err(too_long(&mut body).await);
        }
        match self.arrive(user, &mut body).await? {
            (Arrived::Whole(bytes), room) => Ok(Held { bytes, _room: room }),
            (Arrived::Beginning(bytes), room) => {
                drop((bytes, room));
                Err(too_long(&mut body).await)
            }
        }
    }

    /// Reads a user's body that is no longer than the limit; longer ones are for passing on.
    pub(super) async fn read_short(
        &self,
        user: &str,
        body: Option<RequestBody>,
    ) -> Result<Sent, ApiError> {
        let Some(mut body) = body else { return Ok(Sent::nothing()) };
        if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
            return Ok(Sent::Passing(body));
        }
        Ok(match self.arrive(user, &mut body).await? {
            (Arrived::Whole(bytes), room) => Sent::Held(Held { bytes, _room: room }),
            (Arrived::Beginning(bytes), room) => Sent::Passing(body.after(bytes, room)),
        })
    }

    /// Waits for a user's body, or for as much of it as the limit is.
    async fn arrive(
        &self,
        user: &str,
        body: &mut RequestBody,
    ) -> Result<(Arrived, [Option<Share>; 2]), ApiError> {
        let needed = needed(body);
        let read = async {
            let room = self.room_for(user, needed).await;
            let arrived = collect(body).await?;
            let document = match &arrived {
                Arrived::Whole(bytes) => self.room_for_document(user, bytes).await,
                Arrived::Beginning(_) => None,
            };
            Ok::<_, BoxError>((arrived, [room, document]))
        };
        let arrived = tokio::time::timeout(BODY_TIME_MAX, read).await;
        arrived
            .map_err(|_| ApiError::timeout("the body did not arrive in time", 1))?
            .map_err(|error| ApiError::bad_request(format!("the body cannot be read: {error}")))
    }

    /// Room for all of a body, before any of it is read: two halves that wait for each other would wait forever.
    async fn room_for(&self, user: &str, bytes: usize) -> Option<Share> {
        if bytes <= SMALL_BYTES {
            return None;
        }
        Some(self.room.take(user, units(bytes)).await)
    }

    /// Room for what is read from a body. Who has it waits for nothing else, so that everybody's turn comes.
    async fn room_for_document(&self, user: &str, body: &[u8]) -> Option<Share> {
        if body.len() <= SMALL_BYTES {
            return None;
        }
        let bytes = document_bytes(body).min(DOCUMENTS_OF_ONE_BYTES_MAX);
        Some(self.documents.take(user, units(bytes)).await)
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).expect("a body has a few thousand")
}

/// About what a document takes in memory.
fn document_bytes(body: &[u8]) -> usize {
    let count =
        |wanted: u8| -> usize { body.iter().map(|byte| usize::from(*byte == wanted)).sum() };
    body.len() + OBJECT_BYTES * count(b'{') + FIELD_BYTES * count(b':') + ITEM_BYTES * count(b',')
}

/// What a body takes at most.
fn needed(body: &RequestBody) -> usize {
    let declared = body.size_hint().upper().and_then(|upper| usize::try_from(upper).ok());
    declared.unwrap_or(BODY_BYTES_MAX).min(BODY_BYTES_MAX)
}

async fn too_long(body: &mut RequestBody) -> ApiError {
    body.discard().await;
    ApiError::request_too_large(&format!("limit is {BODY_BYTES_MAX}"))
}

/// What has come of a body.
enum Arrived {
    Whole(Bytes),
    /// It is longer than the limit.
    Beginning(Bytes),
}

/// Puts a body together.
async fn collect(body: &mut RequestBody) -> Result<Arrived, BoxError> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if first.is_empty() && all.is_empty() && data.len() <= BODY_BYTES_MAX {
            // Most bodies are one frame, which needs no copy.
            first = data;
            continue;
        }
        all.extend_from_slice(&std::mem::take(&mut first));
        all.extend_from_slice(&data);
        if all.len() > BODY_BYTES_MAX {
            return Ok(Arrived::Beginning(all.freeze()));
        }
    }
    Ok(Arrived::Whole(if all.is_empty() { first } else { all.freeze() }))
}

#[cfg(test)]
mod tests;
