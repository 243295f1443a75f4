//! The body of a list, put together while it is sent.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};

use crate::cache::{Cached, Head};

/// Items are copied into chunks of about this size: large enough for few writes, small enough that a list of
/// thousands of objects needs no buffer of its own.
const CHUNK_BYTES: usize = 128 << 10;

const END: &[u8] = b"]}\n";

/// A list whose items are bytes of the cache from behind kind and version, each after the same opening.
#[derive(Debug)]
pub(crate) struct ListBody {
    head: Head,
    start: Bytes,
    opening: Bytes,
    items: Vec<Arc<Cached>>,
    next: usize,
    remaining: usize,
}

impl ListBody {
    /// `start` is everything up to the bracket that opens the items, `opening` what each item starts with.
    pub(crate) fn new(head: Head, start: Bytes, opening: Bytes, items: Vec<Arc<Cached>>) -> Self {
        let each = items.iter().map(|item| opening.len() + head.item(&item.bytes).len());
        let commas = items.len().saturating_sub(1);
        let remaining = start.len() + each.sum::<usize>() + commas + END.len();
        Self { head, start, opening, items, next: 0, remaining }
    }

    /// How many bytes have not been taken yet.
    pub(crate) fn remaining_bytes(&self) -> usize {
        self.remaining
    }

    pub(crate) fn next_chunk(&mut self) -> Option<Bytes> {
        if self.remaining == 0 {
            return None;
        }
        let mut chunk = BytesMut::with_capacity(self.remaining.min(CHUNK_BYTES + (4 << 10)));
        chunk.put_slice(&std::mem::take(&mut self.start));
        while chunk.len() < CHUNK_BYTES
            && let Some(item) = self.items.get(self.next)
        {
            if self.next > 0 {
                chunk.put_u8(b',');
            }
            chunk.put_slice(&self.opening);
            chunk.put_slice(self.head.item(&item.bytes));
            self.next += 1;
        }
        if self.next == self.items.len() {
            chunk.put_slice(END);
            self.items = Vec::new();
            self.next = 0;
        }
        self.remaining -= chunk.len();
        Some(chunk.freeze())
    }
}
