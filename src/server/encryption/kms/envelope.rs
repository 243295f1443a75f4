//! What is stored of a value that a plugin's key protects: the value sealed with a key of our own, and that key
//! sealed by the plugin.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk};
use base::Random;
use prost::Message;

/// A key from a plugin, and what is drawn for each value to derive its own key.
const SEED_BYTES: usize = 32;
const INFO_BYTES: usize = 32;
const ENCRYPTED_KEY_BYTES_MAX: usize = 1 << 10;
/// As the names of keys are limited in Kubernetes.
pub(super) const KEY_ID_BYTES_MAX: usize = 1 << 10;
const ANNOTATIONS_BYTES_MAX: usize = 32 << 10;

/// A stored value.
#[derive(Clone, PartialEq, Message)]
pub(super) struct EncryptedObject {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) encrypted_data: Vec<u8>,
    /// Which of the plugin's keys sealed ours.
    #[prost(string, tag = "2")]
    pub(super) key_id: String,
    /// Our key, sealed.
    #[prost(bytes = "vec", tag = "3")]
    pub(super) encrypted_dek_source: Vec<u8>,
    #[prost(btree_map = "string, bytes", tag = "4")]
    pub(super) annotations: BTreeMap<String, Vec<u8>>,
    #[prost(enumeration = "DekSource", tag = "5")]
    pub(super) encrypted_dek_source_type: i32,
}

/// How our key is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum DekSource {
    /// It is an AES-GCM key; we only read these.
    AesGcmKey = 0,
    /// A key for each value is derived from it.
    Seed = 1,
}

/// Our key, opened.
pub(super) enum Dek {
    Key(Box<LessSafeKey>),
    Seed(Box<Prk>),
}

impl EncryptedObject {
    /// Whether it is within Kubernetes' limits.
    pub(super) fn check(&self) -> Result<(), String> {
        let annotations: usize =
            self.annotations.iter().map(|(name, value)| name.len() + value.len()).sum();
        let wrong = match () {
            () if DekSource::try_from(self.encrypted_dek_source_type).is_err() => {
                "its kind of key is unknown"
            }
            () if self.encrypted_dek_source.is_empty() => "the sealed key is empty",
            () if self.encrypted_dek_source.len() > ENCRYPTED_KEY_BYTES_MAX => {
                "the sealed key is longer than 1 KiB"
            }
            () if self.key_id.is_empty() => "the key ID is empty",
            () if self.key_id.len() > KEY_ID_BYTES_MAX => "the key ID is longer than 1 KiB",
            () if annotations > ANNOTATIONS_BYTES_MAX => "the annotations are longer than 32 KiB",
            () => return Ok(()),
        };
        Err(wrong.to_owned())
    }
}

impl Dek {
    /// A new seed, and the key it is.
    pub(super) fn generate(random: &Random) -> (Vec<u8>, Self) {
        let mut seed = vec![0; SEED_BYTES];
        random.fill(&mut seed);
        let dek = Self::Seed(Box::new(Prk::new_less_safe(HKDF_SHA256, &seed)));
        (seed, dek)
    }

    /// What a plugin has opened; `None` when it is no key of this kind.
    pub(super) fn new(kind: i32, opened: &[u8]) -> Option<Self> {
        match DekSource::try_from(kind).ok()? {
            DekSource::AesGcmKey => {
                let key = UnboundKey::new(&AES_256_GCM, opened).ok()?;
                Some(Self::Key(Box::new(LessSafeKey::new(key))))
            }
            DekSource::Seed if opened.len() >= SEED_BYTES => {
                Some(Self::Seed(Box::new(Prk::new_less_safe(HKDF_SHA256, opened))))
            }
            DekSource::Seed => None,
        }
    }

    /// Seals a value for its place: what its key was derived with, the nonce, the sealed text.
    pub(super) fn seal(&self, place: &str, value: &[u8], random: &Random) -> Vec<u8> {
        let mut head = [0; INFO_BYTES + NONCE_LEN];
        random.fill(&mut head);
        let (info, nonce) = head.split_at(INFO_BYTES);
        let derived;
        let (key, head) = match self {
            Self::Key(key) => (key.as_ref(), nonce),
            Self::Seed(seed) => {
                derived = derive(seed, info);
                (&derived, &head[..])
            }
        };
        let nonce = Nonce::try_assume_unique_for_key(nonce).expect("it has a nonce's length");
        let mut text = value.to_vec();
        key.seal_in_place_append_tag(nonce, Aad::from(place.as_bytes()), &mut text)
            .expect("a value is shorter than the cipher's limit of 64 GiB");
        [head, &text].concat()
    }

    /// Opens a value of this place; `None` when it was sealed otherwise or is damaged.
    pub(super) fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let derived;
        let (key, sealed) = match self {
            Self::Key(key) => (key.as_ref(), sealed),
            Self::Seed(seed) => {
                let (info, sealed) = sealed.split_at_checked(INFO_BYTES)?;
                derived = derive(seed, info);
                (&derived, sealed)
            }
        };
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let length = key.open_in_place(nonce, Aad::from(place.as_bytes()), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

/// The key of one value: HKDF-Expand (RFC 5869) of the seed.
fn derive(seed: &Prk, info: &[u8]) -> LessSafeKey {
    let info = [info];
    let okm = seed.expand(&info, &AES_256_GCM).expect("a key is shorter than HKDF's limit");
    LessSafeKey::new(UnboundKey::from(okm))
}

impl std::fmt::Debug for Dek {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dek")
    }
}

#[cfg(test)]
mod tests;
