//! A store in memory that does some things otherwise.

use std::fmt::Debug;
use std::ops::Range;

use store::memory::Memory;
use store::{Change, Entry, Error, Events, Expect, Page, Revision, Store};

/// What is done otherwise; nothing, unless a test says so.
#[async_trait::async_trait]
pub(crate) trait Meddle: Debug + Send + Sync + 'static {
    async fn is_well(&self, store: &Memory) -> Result<(), Error> {
        store.is_well().await
    }

    async fn list(
        &self,
        store: &Memory,
        keys: Range<String>,
        at: Option<Revision>,
        limit: usize,
    ) -> Result<Page, Error> {
        store.list(keys, at, limit).await
    }

    async fn write(
        &self,
        store: &Memory,
        key: &str,
        expect: Expect,
        change: Change,
    ) -> Result<Revision, Error> {
        store.write(key, expect, change).await
    }
}

/// The store with somebody who meddles.
#[derive(Debug, Default)]
pub(crate) struct Meddled<M> {
    pub(crate) store: Memory,
    pub(crate) by: M,
}

#[async_trait::async_trait]
impl<M: Meddle> Store for Meddled<M> {
    async fn revision(&self) -> Result<Revision, Error> {
        self.store.revision().await
    }

    async fn is_well(&self) -> Result<(), Error> {
        self.by.is_well(&self.store).await
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.store.get(key).await
    }

    async fn list(
        &self,
        keys: Range<String>,
        at: Option<Revision>,
        limit: usize,
    ) -> Result<Page, Error> {
        self.by.list(&self.store, keys, at, limit).await
    }

    async fn write(&self, key: &str, expect: Expect, change: Change) -> Result<Revision, Error> {
        self.by.write(&self.store, key, expect, change).await
    }

    async fn watch(&self, keys: Range<String>, after: Revision) -> Result<Events, Error> {
        self.store.watch(keys, after).await
    }

    async fn compact(&self, up_to: Revision) -> Result<(), Error> {
        self.store.compact(up_to).await
    }
}
