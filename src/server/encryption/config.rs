//! The file that says what is encrypted with which keys: `EncryptionConfiguration` of `apiserver.config.k8s.io/v1`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::Random;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::key::{Cipher, Key};
use super::kms::Kms;
use crate::BoxError;
use crate::stored_kind::stored_kind;

/// What every encrypted value begins with, whatever encrypted it.
pub(crate) const SEALED: &[u8] = b"k8s:enc:";
/// Bytes of the file; keys are short.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// How long an answer of a key management plugin may take, as in Kubernetes.
const KMS_TIMEOUT: &str = "3s";

/// What is encrypted with which keys.
#[derive(Debug)]
pub(crate) struct Configuration {
    rules: Vec<Rule>,
    /// Of the text it was made of.
    digest: [u8; 32],
}

/// Some kinds and their keys.
#[derive(Debug)]
struct Rule {
    resources: Vec<String>,
    /// The first writes; all read.
    providers: Vec<Provider>,
}

#[derive(Debug)]
enum Provider {
    /// As it is.
    Identity,
    Key(Key),
    Kms(Arc<Kms>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    api_version: String,
    kind: String,
    resources: Vec<FileRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    resources: Vec<String>,
    providers: Vec<FileProvider>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileProvider {
    identity: Option<serde_json::Value>,
    aesgcm: Option<FileKeys>,
    aescbc: Option<FileKeys>,
    secretbox: Option<FileKeys>,
    kms: Option<FileKms>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FileKms {
    api_version: Option<String>,
    name: String,
    endpoint: String,
    timeout: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileKeys {
    keys: Vec<FileKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileKey {
    name: String,
    secret: String,
}

impl Configuration {
    /// Reads a file.
    pub(super) fn load(file: &Path) -> Result<Self, BoxError> {
        if std::fs::metadata(file)?.len() > FILE_BYTES_MAX {
            return Err(format!("the file is longer than {FILE_BYTES_MAX} bytes").into());
        }
        Self::parse(&std::fs::read_to_string(file)?)
    }

    /// That of a server which has none.
    pub(super) fn none() -> Self {
        Self { rules: Vec::new(), digest: [0; 32] }
    }

    /// Whether nothing is to be encrypted, and nothing ever was that can be read.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether it was made of this text.
    pub(super) fn is_of(&self, text: &[u8]) -> bool {
        self.digest[..] == Sha256::digest(text)[..]
    }

    pub(super) fn parse(text: &str) -> Result<Self, BoxError> {
        // The parser's own words would quote the file, and with it a key.
        let file: File = serde_saphyr::from_str(text)
            .map_err(|_| "it is not an EncryptionConfiguration: check its fields")?;
        if (file.api_version.as_str(), file.kind.as_str())
            != ("apiserver.config.k8s.io/v1", "EncryptionConfiguration")
        {
            let found = format!("{} {}", file.api_version, file.kind);
            let wanted = "apiserver.config.k8s.io/v1 EncryptionConfiguration";
            return Err(format!("it is {found:?}, expected {wanted}").into());
        }
        let rules = file.resources.into_iter().map(Rule::read).collect::<Result<_, BoxError>>()?;
        Ok(Self { rules, digest: Sha256::digest(text).into() })
    }

    /// The plugins that keep keys.
    pub(super) fn plugins(&self) -> impl Iterator<Item = &Arc<Kms>> {
        self.rules.iter().flat_map(|rule| &rule.providers).filter_map(|provider| match provider {
            Provider::Kms(kms) => Some(kms),
            Provider::Identity | Provider::Key(_) => None,
        })
    }

    /// The form in which a value is stored.
    pub(super) fn seal(&self, key: &str, value: Bytes, random: &Random) -> Result<Bytes, String> {
        match self.providers(key).first() {
            Some(Provider::Key(own)) => Ok(own.seal(key, &value, random)),
            Some(Provider::Kms(kms)) => kms.seal(key, &value, random),
            Some(Provider::Identity) | None => Ok(value),
        }
    }

    /// The value that was written, or why it cannot be known.
    pub(super) async fn open(
        &self,
        key: &str,
        value: Bytes,
        random: &Random,
    ) -> Result<Bytes, String> {
        let providers = self.providers(key);
        if !value.starts_with(SEALED) {
            if self.is_empty() {
                return Ok(value);
            }
            let readable = providers.is_empty()
                || providers.iter().any(|one| matches!(one, Provider::Identity));
            return if readable {
                Ok(value)
            } else {
                Err("it is not encrypted, and the encryption configuration does not list the \
                     provider identity for its kind"
                    .to_owned())
            };
        }
        let lacks = if self.is_empty() {
            "and there is no encryption configuration"
        } else {
            "which the encryption configuration does not list for its kind"
        };
        let mut failure = format!("it is encrypted with {}, {lacks}", named_key(&value));
        for provider in providers.iter().filter(|provider| provider.is_named_by(&value)) {
            match provider.open(key, &value, random).await {
                Ok(opened) => return Ok(opened),
                Err(reason) => failure = reason,
            }
        }
        Err(failure)
    }

    /// Whether a stored value is as it would be written now.
    pub(super) fn is_sealed_with_first(&self, key: &str, value: &[u8]) -> bool {
        match self.providers(key).first() {
            Some(Provider::Key(own)) => own.is_named_by(value) && own.open(key, value).is_some(),
            Some(Provider::Kms(kms)) => kms.is_current(value),
            Some(Provider::Identity) | None => !value.starts_with(SEALED),
        }
    }

    fn providers(&self, key: &str) -> &[Provider] {
        let (group, resource) = stored_kind(key);
        let found = self.rules.iter().find(|rule| rule.covers(group, resource));
        found.map_or(&[], |rule| &rule.providers)
    }
}

impl Provider {
    fn is_named_by(&self, value: &[u8]) -> bool {
        match self {
            Self::Identity => false,
            Self::Key(key) => key.is_named_by(value),
            Self::Kms(kms) => kms.is_named_by(value),
        }
    }

    /// Opens a value that names this provider.
    async fn open(&self, key: &str, value: &Bytes, random: &Random) -> Result<Bytes, String> {
        match self {
            Self::Identity => Ok(value.clone()),
            Self::Key(own) => own.open(key, value).ok_or_else(|| {
                format!(
                    "it is encrypted with {}, and the secret the encryption configuration has for \
                     that name is another one, or the value is damaged",
                    named_key(value)
                )
            }),
            Self::Kms(kms) => kms.open(key, value, random).await,
        }
    }
}

impl Rule {
    fn read(rule: FileRule) -> Result<Self, BoxError> {
        if rule.resources.is_empty() || rule.providers.is_empty() {
            return Err("an entry needs both resources and providers".into());
        }
        let mut providers = Vec::new();
        for provider in rule.providers {
            provider.read(&mut providers)?;
        }
        Ok(Self { resources: rule.resources, providers })
    }

    /// Whether a kind is meant: by its name, `*.group`, `*.` for the core group, or `*.*`.
    fn covers(&self, group: &str, resource: &str) -> bool {
        self.resources.iter().any(|own| match own.split_once('.') {
            None => group.is_empty() && own == resource,
            Some(("*", "*")) => true,
            Some(("*", own)) => own == group,
            Some((own, own_group)) => own == resource && own_group == group,
        })
    }
}

impl FileProvider {
    fn read(self, providers: &mut Vec<Provider>) -> Result<(), BoxError> {
        let Self { identity, aesgcm, aescbc, secretbox, kms } = self;
        let ciphers =
            [(aesgcm, Cipher::AesGcm), (aescbc, Cipher::AesCbc), (secretbox, Cipher::SecretBox)];
        let given = usize::from(identity.is_some())
            + usize::from(kms.is_some())
            + ciphers.iter().filter(|(keys, _)| keys.is_some()).count();
        if given != 1 {
            return Err("each provider must be exactly one of identity, aesgcm, aescbc, \
                        secretbox and kms"
                .into());
        }
        if identity.is_some() {
            providers.push(Provider::Identity);
        }
        if let Some(kms) = kms {
            providers.push(Provider::Kms(Arc::new(kms.read()?)));
        }
        for (keys, cipher) in ciphers {
            let Some(keys) = keys else { continue };
            if keys.keys.is_empty() {
                return Err(format!("the provider {} has no keys", cipher.name()).into());
            }
            for key in keys.keys {
                providers.push(Provider::Key(key.read(cipher)?));
            }
        }
        Ok(())
    }
}

impl FileKms {
    fn read(self) -> Result<Kms, BoxError> {
        let Self { api_version, name, endpoint, timeout } = self;
        if api_version.as_deref() != Some("v2") {
            let found = api_version.unwrap_or_else(|| "v1".to_owned());
            return Err(format!("apiVersion {found:?} of kms is not supported; v2 is").into());
        }
        check_name("kms", &name)?;
        let timeout = timeout.as_deref().unwrap_or(KMS_TIMEOUT);
        let parsed = timeout.parse::<jiff::SignedDuration>().ok().map(Duration::try_from);
        let parsed = parsed.and_then(Result::ok).filter(|timeout| *timeout > Duration::ZERO);
        let timeout = parsed.ok_or_else(|| format!("the timeout {timeout:?} of kms is none"))?;
        Kms::new(&name, &endpoint, timeout)
    }
}

impl FileKey {
    fn read(self, cipher: Cipher) -> Result<Key, BoxError> {
        let Self { name, secret } = self;
        check_name("a key", &name)?;
        let secret = STANDARD
            .decode(secret.trim())
            .map_err(|_| format!("the secret of the key {name:?} is not base64"))?;
        Key::new(cipher, &name, &secret).ok_or_else(|| {
            format!(
                "the secret of the key {name:?} has {} bytes; {} takes {}",
                secret.len(),
                cipher.name(),
                cipher.lengths()
            )
            .into()
        })
    }
}

/// Names stand between colons in what is stored.
fn check_name(what: &str, name: &str) -> Result<(), BoxError> {
    if name.is_empty() || name.contains(':') {
        return Err(format!("{name:?} is no name for {what}: one without a colon is").into());
    }
    Ok(())
}

/// What a sealed value says of its key, in words.
fn named_key(value: &[u8]) -> String {
    let head = String::from_utf8_lossy(&value[..value.len().min(128)]).into_owned();
    let mut parts = head.split(':').skip(2);
    let (provider, name) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
    format!("the key {name:?} of the provider {provider}")
}
