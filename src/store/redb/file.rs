//! Opens the file, or makes it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;

use ::redb::backends::FileBackend;
use ::redb::{Database, DatabaseError, ReadableTable};
use tracing::info;

use super::failed;
use super::tables::{COMPACTED, FORMAT, HISTORY, INDEX, META, PRESENT_FORMAT, REVISION};
use crate::{Error, Revision};

/// redb's page cache. The API server reads from its own cache, so only the pages that writes touch need to stay:
/// the upper levels of both trees and the index of the busy keys.
const CACHE_BYTES: usize = 32 << 20;

/// Opens the database and makes sure that its tables exist.
pub(super) fn open(path: &Path) -> Result<Database, Error> {
    let file = open_file(path).map_err(|error| Error::Backend(Arc::new(error)))?;
    let database = Database::builder()
        .set_cache_size(CACHE_BYTES)
        .set_repair_callback(|session| {
            if session.progress() == 0.0 {
                info!("the datastore was not closed, checking it");
            }
        })
        .create_with_backend(FileBackend::new(file).map_err(|error| opening(path, error))?)
        .map_err(|error| opening(path, error))?;
    prepare(&database)?;
    Ok(database)
}

fn opening(path: &Path, error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen => Error::Locked(path.to_owned()),
        error => failed(error),
    }
}

/// A file that only its owner can read, since it holds secrets, in a directory that knows about it.
fn open_file(path: &Path) -> io::Result<File> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(directory) = directory {
        fs::create_dir_all(directory)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file)
}

fn prepare(database: &Database) -> Result<(), Error> {
    let transaction = database.begin_write().map_err(failed)?;
    let fresh = {
        let mut meta = transaction.open_table(META).map_err(failed)?;
        let format = meta.get(FORMAT).map_err(failed)?.map(|value| value.value());
        match format {
            Some(PRESENT_FORMAT) => false,
            Some(other) => return Err(Error::Format(other)),
            None => {
                meta.insert(FORMAT, PRESENT_FORMAT).map_err(failed)?;
                meta.insert(REVISION, Revision::FIRST.0).map_err(failed)?;
                meta.insert(COMPACTED, Revision::FIRST.0).map_err(failed)?;
                true
            }
        }
    };
    if !fresh {
        return transaction.abort().map_err(failed);
    }
    transaction.open_table(HISTORY).map_err(failed)?;
    transaction.open_table(INDEX).map_err(failed)?;
    transaction.commit().map_err(failed)
}
