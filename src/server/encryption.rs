//! Encryption at rest: a store whose values can be read only with the keys of a file.
//!
//! It stands between the server and its store. What is written is sealed with the first key that the
//! configuration lists for its kind, in Kubernetes' own format, so that a value says which key opens it; any of the
//! listed keys reads. Keys, revisions and history are the store's own and are not encrypted.

mod config;
mod key;
mod kms;
mod plugins;
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

pub(crate) use config::SEALED;
pub(crate) use plugins::Plugins;
pub(crate) use reload::{keep_plugins, start};

use config::Configuration;

/// A store that encrypts.
#[derive(Debug)]
pub(crate) struct Encrypted {
    store: Arc<dyn Store>,
    configuration: Arc<ArcSwap<Configuration>>,
    random: Random,
}

impl Encrypted {
    /// Encrypts as a file says; waits for the plugins that it names.
    pub(crate) async fn open(
        store: Arc<dyn Store>,
        file: &Path,
        random: Random,
    ) -> Result<Self, crate::Error> {
        let configuration = async {
            let configuration = Configuration::load(file)?;
            reload::ready(&configuration, &random).await?;
            Ok(configuration)
        };
        let configuration = configuration
            .await
            .map_err(|source| crate::Error::Encryption { file: file.to_owned(), source })?;
        let configuration = Arc::new(ArcSwap::from_pointee(configuration));
        Ok(Self { store, configuration, random })
    }

    /// Encrypts nothing. What is encrypted all the same fails to be read: the operator has left the configuration
    /// away, and objects that nobody can read would be taken for gone.
    pub(crate) fn without_keys(store: Arc<dyn Store>, random: Random) -> Self {
        let configuration = Arc::new(ArcSwap::from_pointee(Configuration::none()));
        Self { store, configuration, random }
    }

    /// The configuration that is in force, to be replaced.
    pub(crate) fn configuration(&self) -> Arc<ArcSwap<Configuration>> {
        Arc::clone(&self.configuration)
    }

    /// The plugins that it asks for keys, for whoever asks after their health.
    pub(crate) fn plugins(&self, may_change: bool) -> Plugins {
        Plugins::new(self.configuration(), may_change, self.random.clone())
    }

    async fn entry(&self, mut entry: Entry) -> Result<Entry, Error> {
        let configuration = self.configuration.load_full();
        entry.value = open(&configuration, &entry.key, entry.value, &self.random).await?;
        Ok(entry)
    }
}

#[async_trait]
impl Store for Encrypted {
    async fn revision(&self) -> Result<Revision, Error> {
        self.store.revision().await
    }

    async fn is_well(&self) -> Result<(), Error> {
        self.store.is_well().await
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        match self.store.get(key).await? {
            Some(entry) => self.entry(entry).await.map(Some),
            None => Ok(None),
        }
    }

    async fn list(
        &self,
        keys: Range<String>,
        at: Option<Revision>,
        limit: usize,
    ) -> Result<Page, Error> {
        let page = self.store.list(keys, at, limit).await?;
        let mut entries = Vec::with_capacity(page.entries.len());
        for entry in page.entries {
            entries.push(self.entry(entry).await?);
        }
        Ok(Page { entries, ..page })
    }

    async fn write(&self, key: &str, expect: Expect, change: Change) -> Result<Revision, Error> {
        let change = match change {
            Change::Put(value) => {
                let sealed = self.configuration.load().seal(key, value, &self.random);
                Change::Put(
                    sealed.map_err(|reason| Error::Unwritable { key: key.to_owned(), reason })?,
                )
            }
            Change::Delete => Change::Delete,
        };
        self.store.write(key, expect, change).await
    }

    async fn watch(&self, keys: Range<String>, after: Revision) -> Result<Events, Error> {
        let events = self.store.watch(keys, after).await?;
        let (configuration, random) = (Arc::clone(&self.configuration), self.random.clone());
        let opened = events.then(move |event| {
            let (configuration, random) = (configuration.load_full(), random.clone());
            async move { opened(&configuration, event?, &random).await }
        });
        Ok(opened.boxed())
    }

    async fn compact(&self, up_to: Revision) -> Result<(), Error> {
        self.store.compact(up_to).await
    }

    async fn is_outdated(&self, key: &str) -> Result<bool, Error> {
        let configuration = self.configuration.load_full();
        if configuration.is_empty() {
            return Ok(false);
        }
        let found = self.store.get(key).await?;
        Ok(found.is_some_and(|entry| !configuration.is_sealed_with_first(key, &entry.value)))
    }
}

async fn opened(
    configuration: &Configuration,
    event: Event,
    random: &Random,
) -> Result<Event, Error> {
    let change = match event.change {
        EventChange::Put { value, created } => {
            let value = open(configuration, &event.key, value, random).await?;
            EventChange::Put { value, created }
        }
        EventChange::Delete => EventChange::Delete,
    };
    Ok(Event { change, ..event })
}

async fn open(
    configuration: &Configuration,
    key: &str,
    value: Bytes,
    random: &Random,
) -> Result<Bytes, Error> {
    let opened = configuration.open(key, value, random).await;
    opened.map_err(|reason| Error::Unreadable { key: key.to_owned(), reason })
}

#[cfg(test)]
mod tests;
