//! Keys that a key management plugin keeps: the provider `kms` of version 2 (KEP-3299).
//!
//! Values are sealed with a key of our own, made for each start and each key of the plugin. The plugin seals and
//! opens only that key, so it is asked once for thousands of values, and not at all for a write. Stored is
//! `k8s:enc:kms:v2:<name>:` and an [`EncryptedObject`].

mod envelope;
mod plugin;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use base::Random;
use bytes::Bytes;
use prost::Message;
use tokio::time::Instant;

use crate::BoxError;
use envelope::{Dek, DekSource, EncryptedObject, KEY_ID_BYTES_MAX};
use plugin::{DecryptRequest, EncryptRequest, Plugin};

/// Between two questions for the plugin's state while it is well, as in Kubernetes.
const POLL_INTERVAL: Duration = Duration::from_mins(1);
/// How long a key seals that the plugin has not confirmed again, as in Kubernetes.
const CONFIRMED_MAX: Duration = Duration::from_mins(3);
/// Keys that are kept open: one for each start of the server and each key of the plugin since values were last
/// written. Above this they are asked for again.
const KNOWN_MAX: usize = 4096;

/// A plugin and the keys that it has opened.
#[derive(Debug)]
pub(super) struct Kms {
    name: String,
    /// What every value sealed with it begins with.
    prefix: String,
    plugin: Plugin,
    /// What seals now.
    sealing: ArcSwapOption<Sealing>,
    /// Our keys by their sealed form.
    known: Mutex<BTreeMap<Id, Arc<Dek>>>,
}

#[derive(Debug)]
struct Sealing {
    dek: Arc<Dek>,
    /// Without a value.
    object: EncryptedObject,
    confirmed: Instant,
}

/// What tells one of our keys from another.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Id(i32, String, Vec<u8>);

impl Kms {
    /// A plugin at `unix:///a/socket`, not asked yet. Call it within a runtime.
    pub(super) fn new(name: &str, endpoint: &str, timeout: Duration) -> Result<Self, BoxError> {
        Ok(Self {
            name: name.to_owned(),
            prefix: format!("k8s:enc:kms:v2:{name}:"),
            plugin: Plugin::new(endpoint, timeout)?,
            sealing: ArcSwapOption::empty(),
            known: Mutex::default(),
        })
    }

    pub(super) fn is_named_by(&self, value: &[u8]) -> bool {
        value.starts_with(self.prefix.as_bytes())
    }

    /// Seals a value for its place.
    pub(super) fn seal(&self, place: &str, value: &[u8], random: &Random) -> Result<Bytes, String> {
        let sealing = self.sealing.load();
        let sealing = sealing.as_ref().ok_or_else(|| self.says("it has given no key yet"))?;
        if sealing.confirmed.elapsed() > CONFIRMED_MAX {
            let why = format!("it has not confirmed its key for over {CONFIRMED_MAX:?}");
            return Err(self.says(&why));
        }
        let encrypted_data = sealing.dek.seal(place, value, random);
        let object = EncryptedObject { encrypted_data, ..sealing.object.clone() };
        let mut sealed = Vec::with_capacity(self.prefix.len() + object.encoded_len());
        sealed.extend_from_slice(self.prefix.as_bytes());
        object.encode(&mut sealed).expect("a vector grows");
        Ok(sealed.into())
    }

    /// Opens a value that names this plugin.
    pub(super) async fn open(
        &self,
        place: &str,
        value: &[u8],
        random: &Random,
    ) -> Result<Bytes, String> {
        let object = self.parse(value)?;
        let dek = self.dek(&object, random).await?;
        let opened = dek.open(place, &object.encrypted_data);
        opened.map(Bytes::from).ok_or_else(|| {
            format!("it is damaged, or the plugin {:?} opens its key to another one", self.name)
        })
    }

    /// Whether a stored value is sealed with the key that seals now.
    pub(super) fn is_current(&self, value: &[u8]) -> bool {
        let sealing = self.sealing.load();
        match (self.parse(value), sealing.as_ref()) {
            (Ok(object), Some(now)) => {
                object.key_id == now.object.key_id
                    && object.encrypted_dek_source_type == now.object.encrypted_dek_source_type
            }
            _ => false,
        }
    }

    /// Asks the plugin for its state if it is time, and takes up a new key.
    pub(super) async fn keep(&self, random: &Random) -> Result<(), String> {
        let fresh = |sealing: &Arc<Sealing>| sealing.confirmed.elapsed() < POLL_INTERVAL;
        if self.sealing.load().as_ref().is_some_and(fresh) {
            return Ok(());
        }
        let confirmed = Instant::now();
        let status = self.plugin.status().await.map_err(|why| self.says(&why))?;
        if status.healthz != "ok" {
            return Err(self.says(&format!("it is not well: {}", status.healthz)));
        }
        if !matches!(status.version.as_str(), "v2" | "v2beta1") {
            return Err(self.says(&format!("it speaks version {:?}, not v2", status.version)));
        }
        if status.key_id.is_empty() || status.key_id.len() > KEY_ID_BYTES_MAX {
            return Err(self.says("the ID of its key is empty or longer than 1 KiB"));
        }
        let now = self.sealing.load_full();
        let sealing = match now.filter(|now| now.object.key_id == status.key_id) {
            Some(now) => {
                let (dek, object) = (Arc::clone(&now.dek), now.object.clone());
                Sealing { dek, object, confirmed }
            }
            None => self.take_up(confirmed, random).await?,
        };
        self.sealing.store(Some(Arc::new(sealing)));
        Ok(())
    }

    /// Has a new key of ours sealed.
    async fn take_up(&self, confirmed: Instant, random: &Random) -> Result<Sealing, String> {
        let (plaintext, dek) = Dek::generate(random);
        let request = EncryptRequest { plaintext, uid: random.uuid() };
        let answer = self.plugin.encrypt(request).await.map_err(|why| self.says(&why))?;
        let object = EncryptedObject {
            encrypted_data: Vec::new(),
            key_id: answer.key_id,
            encrypted_dek_source: answer.ciphertext,
            annotations: answer.annotations,
            encrypted_dek_source_type: DekSource::Seed.into(),
        };
        object.check().map_err(|why| self.says(&why))?;
        let dek = Arc::new(dek);
        self.learn(Id::of(&object), Arc::clone(&dek));
        Ok(Sealing { dek, object, confirmed })
    }

    /// The key of ours that a value is sealed with.
    async fn dek(&self, object: &EncryptedObject, random: &Random) -> Result<Arc<Dek>, String> {
        let id = Id::of(object);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(dek) = known {
            return Ok(dek);
        }
        let request = DecryptRequest {
            ciphertext: object.encrypted_dek_source.clone(),
            uid: random.uuid(),
            key_id: object.key_id.clone(),
            annotations: object.annotations.clone(),
        };
        let opened = self.plugin.decrypt(request).await.map_err(|why| self.says(&why))?;
        let dek = Dek::new(object.encrypted_dek_source_type, &opened.plaintext)
            .ok_or_else(|| self.says("what it opened is no key"))?;
        let dek = Arc::new(dek);
        self.learn(id, Arc::clone(&dek));
        Ok(dek)
    }

    fn learn(&self, id: Id, dek: Arc<Dek>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(id, dek);
    }

    fn parse(&self, value: &[u8]) -> Result<EncryptedObject, String> {
        let sealed = value.strip_prefix(self.prefix.as_bytes());
        let object = sealed.and_then(|sealed| EncryptedObject::decode(sealed).ok());
        let object = object.ok_or_else(|| self.says("the stored value cannot be taken apart"))?;
        object.check().map_err(|why| self.says(&why))?;
        Ok(object)
    }

    fn says(&self, why: &str) -> String {
        format!("the KMS plugin {:?}: {why}", self.name)
    }
}

impl Id {
    fn of(object: &EncryptedObject) -> Self {
        let EncryptedObject { key_id, encrypted_dek_source, encrypted_dek_source_type, .. } =
            object;
        Self(*encrypted_dek_source_type, key_id.clone(), encrypted_dek_source.clone())
    }
}

#[cfg(test)]
mod tests;
