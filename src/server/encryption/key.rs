//! One key, and how values are sealed with it: `k8s:enc:<provider>:v1:<name>:` and what the cipher makes.

use std::fmt;

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use base::Random;
use bytes::Bytes;
use crypto_secretbox::XSalsa20Poly1305;
use crypto_secretbox::aead::{Aead, KeyInit};

const GCM_NONCE_BYTES: usize = 12;
const CBC_IV_BYTES: usize = 16;
const BOX_NONCE_BYTES: usize = 24;

/// What a key is used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cipher {
    /// AES-GCM; the value's place in the store is authenticated too.
    AesGcm,
    /// AES-CBC with PKCS #7 padding; nothing is authenticated.
    AesCbc,
    /// `XSalsa20` and Poly1305.
    SecretBox,
}

/// A named key.
pub(super) struct Key {
    /// What every value sealed with it begins with.
    prefix: String,
    secret: Secret,
}

enum Secret {
    AesGcm(Box<LessSafeKey>),
    AesCbc(Box<(PaddedBlockEncryptingKey, PaddedBlockDecryptingKey)>),
    Salsa(Box<XSalsa20Poly1305>),
}

impl Cipher {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AesGcm => "aesgcm",
            Self::AesCbc => "aescbc",
            Self::SecretBox => "secretbox",
        }
    }

    /// How long its keys are, in words.
    pub(super) fn lengths(self) -> &'static str {
        match self {
            Self::AesGcm | Self::AesCbc => "16, 24 or 32",
            Self::SecretBox => "32",
        }
    }
}

impl Key {
    /// `None` when the secret is too short or too long.
    pub(super) fn new(cipher: Cipher, name: &str, secret: &[u8]) -> Option<Self> {
        let prefix = format!("k8s:enc:{}:v1:{name}:", cipher.name());
        let secret = match cipher {
            Cipher::AesGcm => {
                let algorithm = match secret.len() {
                    16 => &AES_128_GCM,
                    24 => &AES_192_GCM,
                    32 => &AES_256_GCM,
                    _ => return None,
                };
                let key = UnboundKey::new(algorithm, secret).ok()?;
                Secret::AesGcm(Box::new(LessSafeKey::new(key)))
            }
            Cipher::AesCbc => {
                let algorithm = match secret.len() {
                    16 => &AES_128,
                    24 => &AES_192,
                    32 => &AES_256,
                    _ => return None,
                };
                let key = || UnboundCipherKey::new(algorithm, secret).ok();
                let seal = PaddedBlockEncryptingKey::cbc_pkcs7(key()?).ok()?;
                let open = PaddedBlockDecryptingKey::cbc_pkcs7(key()?).ok()?;
                Secret::AesCbc(Box::new((seal, open)))
            }
            Cipher::SecretBox => {
                Secret::Salsa(Box::new(XSalsa20Poly1305::new_from_slice(secret).ok()?))
            }
        };
        Some(Self { prefix, secret })
    }

    /// Whether a stored value says that it was sealed with a key of this name.
    pub(super) fn is_named_by(&self, value: &[u8]) -> bool {
        value.starts_with(self.prefix.as_bytes())
    }

    /// Seals a value for its place.
    pub(super) fn seal(&self, place: &str, value: &[u8], random: &Random) -> Bytes {
        let mut sealed = Vec::with_capacity(self.prefix.len() + value.len() + 64);
        sealed.extend_from_slice(self.prefix.as_bytes());
        match &self.secret {
            Secret::AesGcm(key) => {
                let nonce: [u8; GCM_NONCE_BYTES] = draw(random);
                sealed.extend_from_slice(&nonce);
                let mut text = value.to_vec();
                let nonce = Nonce::assume_unique_for_key(nonce);
                key.seal_in_place_append_tag(nonce, Aad::from(place.as_bytes()), &mut text)
                    .expect("a value is shorter than the cipher's limit of 64 GiB");
                sealed.extend_from_slice(&text);
            }
            Secret::AesCbc(keys) => {
                let iv: [u8; CBC_IV_BYTES] = draw(random);
                sealed.extend_from_slice(&iv);
                let mut text = value.to_vec();
                let context = EncryptionContext::Iv128(FixedLength::from(iv));
                keys.0
                    .less_safe_encrypt(&mut text, context)
                    .expect("the context is the one this mode takes");
                sealed.extend_from_slice(&text);
            }
            Secret::Salsa(key) => {
                let nonce: [u8; BOX_NONCE_BYTES] = draw(random);
                sealed.extend_from_slice(&nonce);
                let text = key.encrypt(&nonce.into(), value);
                sealed
                    .extend_from_slice(&text.expect("a value is shorter than the cipher's limit"));
            }
        }
        sealed.into()
    }

    /// Opens a value that names this key; `None` when it was sealed with another or is damaged.
    pub(super) fn open(&self, place: &str, value: &[u8]) -> Option<Bytes> {
        let sealed = value.strip_prefix(self.prefix.as_bytes())?;
        match &self.secret {
            Secret::AesGcm(key) => {
                let (nonce, text) = sealed.split_first_chunk::<GCM_NONCE_BYTES>()?;
                let nonce = Nonce::assume_unique_for_key(*nonce);
                let mut text = text.to_vec();
                let aad = Aad::from(place.as_bytes());
                let length = key.open_in_place(nonce, aad, &mut text).ok()?.len();
                text.truncate(length);
                Some(text.into())
            }
            Secret::AesCbc(keys) => {
                let (iv, text) = sealed.split_first_chunk::<CBC_IV_BYTES>()?;
                let context = DecryptionContext::Iv128(FixedLength::from(*iv));
                let mut text = text.to_vec();
                let length = keys.1.decrypt(&mut text, context).ok()?.len();
                text.truncate(length);
                Some(text.into())
            }
            Secret::Salsa(key) => {
                let (nonce, text) = sealed.split_first_chunk::<BOX_NONCE_BYTES>()?;
                key.decrypt(&(*nonce).into(), text).ok().map(Bytes::from)
            }
        }
    }
}

fn draw<const N: usize>(random: &Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
