//! Keys on disk: readable by their owner only, written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};

use crate::BoxError;

/// The private key that signs service-account tokens.
pub(super) const SERVICE_ACCOUNT_KEY: &str = "service-account.key";
/// What the public keys of its predecessors are called, around the time at which they were replaced.
const RETIRED: (&str, &str) = ("service-account-", ".pub");

/// The folder that holds the keys, or none: then they last as long as the server.
pub(super) struct Files(Option<PathBuf>);

impl Files {
    pub(super) fn open(folder: Option<PathBuf>) -> Result<Self, BoxError> {
        if let Some(folder) = &folder {
            create_private_dir(folder).map_err(|error| named(folder, &error))?;
        }
        Ok(Self(folder))
    }

    /// Reads a private key, or makes it.
    pub(super) fn key(&self, name: &str) -> Result<KeyPair, BoxError> {
        let pem = self
            .text(name, || Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?.serialize_pem()))?;
        Ok(KeyPair::from_pem(&pem)?)
    }

    /// The public keys whose tokens still count although another key signs by now.
    pub(super) fn retired_keys(&self) -> Result<Vec<String>, BoxError> {
        let Some(folder) = &self.0 else { return Ok(Vec::new()) };
        let entries = fs::read_dir(folder).map_err(|error| named(folder, &error))?;
        let mut paths = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| named(folder, &error))?.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(RETIRED.0) && name.ends_with(RETIRED.1) {
                paths.push(folder.join(name.as_ref()));
            }
        }
        paths.sort();
        let read = |path: PathBuf| fs::read_to_string(&path).map_err(|error| named(&path, &error));
        paths.into_iter().map(read).collect()
    }

    /// Lets a new key sign service-account tokens; those of the old one still count.
    pub(super) fn rotate_service_account_key(&self, now: Timestamp) -> Result<(), BoxError> {
        let old = self.key(SERVICE_ACCOUNT_KEY)?;
        let Some(folder) = &self.0 else { return Ok(()) };
        // The old key is accepted before the new one signs, whatever happens between the two writes.
        let retired = folder.join(format!("{}{}{}", RETIRED.0, now.as_second(), RETIRED.1));
        write_private(&retired, &old.public_key_pem()).map_err(|error| named(&retired, &error))?;
        let new = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?.serialize_pem();
        let path = folder.join(SERVICE_ACCOUNT_KEY);
        write_private(&path, &new).map_err(|error| named(&path, &error))
    }

    /// Reads a file, or writes what `make` gives.
    pub(super) fn text(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<String, BoxError>,
    ) -> Result<String, BoxError> {
        let Some(folder) = &self.0 else { return make() };
        let path = folder.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = make()?;
                write_private(&path, &text).map_err(|error| named(&path, &error))?;
                Ok(text)
            }
            Err(error) => Err(named(&path, &error)),
        }
    }
}

/// The files of a folder with their names, in the order of these.
pub(super) fn texts(folder: &Path) -> Result<Vec<(String, String)>, BoxError> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| named(folder, &error))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let Some(name) = name else { continue };
        // What is being written has another name until it is whole.
        if path.is_file() && path.extension().is_none_or(|extension| extension != "new") {
            texts.push((name, fs::read_to_string(&path).map_err(|error| named(&path, &error))?));
        }
    }
    texts.sort();
    Ok(texts)
}

fn named(path: &Path, error: &io::Error) -> BoxError {
    format!("{}: {error}", path.display()).into()
}

fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    // Its name must outlast a loss of power, too: what is written next relies on it.
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}
