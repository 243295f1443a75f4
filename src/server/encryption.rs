//! Encryption at rest: a store whose values can be read only with the keys of a file.
//!
//! It stands between the server and its store. What is written is sealed with the first key that the
//! configuration lists for its kind, in Kubernetes' own format, so that a value says which key opens it; any of the
//! listed keys reads. Keys, revisions and history are the store's own and are not encrypted.

mod config;
mod key;
mod reload;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use base::Random;
use bytes::Bytes;
use futures::StreamExt;
use store::{Change, Entry, Error, Event, EventChange, Events, Expect, Page, Revision, Store};

pub(crate) use reload::start;

use config::Configuration;

/// A store that encrypts.
#[derive(Debug)]
pub(crate) struct Encrypted {
    store: Arc<dyn Store>,
    configuration: Arc<ArcSwap<Configuration>>,
    random: Random,
}

impl Encrypted {
    /// Encrypts as a file says.
    pub(crate) fn open(
        store: Arc<dyn Store>,
        file: &Path,
        random: Random,
    ) -> Result<Self, crate::Error> {
        let configuration = Configuration::load(file)
            .map_err(|source| crate::Error::Encryption { file: file.to_owned(), source })?;
        let configuration = Arc::new(ArcSwap::from_pointee(configuration));
        Ok(Self { store, configuration, random })
    }

    /// The configuration that is in force, to be replaced.
    pub(crate) fn configuration(&self) -> Arc<ArcSwap<Configuration>> {
        Arc::clone(&self.configuration)
    }

    fn entry(&self, mut entry: Entry) -> Result<Entry, Error> {
        entry.value = open(&self.configuration.load(), &entry.key, entry.value)?;
        Ok(entry)
    }
}

#[async_trait]
impl Store for Encrypted {
    async fn revision(&self) -> Result<Revision, Error> {
        self.store.revision().await
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.store.get(key).await?.map(|entry| self.entry(entry)).transpose()
    }

    async fn list(
        &self,
        keys: Range<String>,
        at: Option<Revision>,
        limit: usize,
    ) -> Result<Page, Error> {
        let page = self.store.list(keys, at, limit).await?;
        let entries = page.entries.into_iter().map(|entry| self.entry(entry));
        let entries = entries.collect::<Result<_, _>>()?;
        Ok(Page { entries, ..page })
    }

    async fn write(&self, key: &str, expect: Expect, change: Change) -> Result<Revision, Error> {
        let change = match change {
            Change::Put(value) => {
                Change::Put(self.configuration.load().seal(key, value, &self.random))
            }
            Change::Delete => Change::Delete,
        };
        self.store.write(key, expect, change).await
    }

    async fn watch(&self, keys: Range<String>, after: Revision) -> Result<Events, Error> {
        let events = self.store.watch(keys, after).await?;
        let configuration = Arc::clone(&self.configuration);
        let opened = events.map(move |event| opened(&configuration.load(), event?));
        Ok(opened.boxed())
    }

    async fn compact(&self, up_to: Revision) -> Result<(), Error> {
        self.store.compact(up_to).await
    }

    async fn is_outdated(&self, key: &str) -> Result<bool, Error> {
        let configuration = self.configuration.load_full();
        let found = self.store.get(key).await?;
        Ok(found.is_some_and(|entry| !configuration.is_sealed_with_first(key, &entry.value)))
    }
}

fn opened(configuration: &Configuration, event: Event) -> Result<Event, Error> {
    let change = match event.change {
        EventChange::Put { value, created } => {
            EventChange::Put { value: open(configuration, &event.key, value)?, created }
        }
        EventChange::Delete => EventChange::Delete,
    };
    Ok(Event { change, ..event })
}

fn open(configuration: &Configuration, key: &str, value: Bytes) -> Result<Bytes, Error> {
    configuration
        .open(key, value)
        .map_err(|reason| Error::Unreadable { key: key.to_owned(), reason })
}

#[cfg(test)]
mod tests;
