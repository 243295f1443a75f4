//! Opens the file, or makes it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;

use ::redb::backends::FileBackend;
use ::redb::{Database, DatabaseError, ReadableTable, StorageBackend};
use tracing::info;

use super::failed;
use super::tables::{COMPACTED, FORMAT, HISTORY, INDEX, META, PRESENT_FORMAT, REVISION};
use crate::{Error, Revision};

/// redb's page cache. The API server reads from its own cache, so only the pages that writes touch need to stay:
/// the upper levels of both trees and the index of the busy keys.
const CACHE_BYTES: usize = 32 << 20;

/// Opens the database, or makes an empty one.
pub(super) fn open<B: StorageBackend>(
    path: &Path,
    backing: impl Fn(FileBackend) -> B,
) -> Result<Database, Error> {
    if path.try_exists().map_err(broken)? {
        return open_existing(path, backing);
    }
    make(path, backing, |_| Ok::<_, Error>(()))
}

/// Opens the database in a file that is there.
pub(super) fn open_existing<B: StorageBackend>(
    path: &Path,
    backing: impl Fn(FileBackend) -> B,
) -> Result<Database, Error> {
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(broken)?;
    let database = load(path, file, backing)?;
    prepare(&database)?;
    Ok(database)
}

/// Makes a database with what `fill` puts into it, whole or not at all: a file that has no end yet, which nobody
/// could open, never has this name.
pub(super) fn make<B: StorageBackend, E: From<Error>>(
    path: &Path,
    backing: impl Fn(FileBackend) -> B,
    fill: impl FnOnce(&Database) -> Result<(), E>,
) -> Result<Database, E> {
    let unfinished = path.with_added_extension("new");
    let file = create(&unfinished).map_err(broken)?;
    let database = load(&unfinished, file, backing)?;
    prepare(&database)?;
    fill(&database)?;
    fs::rename(&unfinished, path).and_then(|()| sync_directory(path)).map_err(broken)?;
    Ok(database)
}

fn load<B: StorageBackend>(
    path: &Path,
    file: File,
    backing: impl Fn(FileBackend) -> B,
) -> Result<Database, Error> {
    let file = FileBackend::new(file).map_err(|error| opening(path, error))?;
    Database::builder()
        .set_cache_size(CACHE_BYTES)
        .set_repair_callback(|session| {
            if session.progress() == 0.0 {
                info!("the datastore was not closed, checking it");
            }
        })
        .create_with_backend(backing(file))
        .map_err(|error| opening(path, error))
}

fn opening(path: &Path, error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen => Error::Locked(path.to_owned()),
        error => failed(error),
    }
}

fn broken(error: io::Error) -> Error {
    Error::Backend(Arc::new(error))
}

/// An empty file that only its owner can read, since it will hold secrets; what was left under its name goes.
fn create(path: &Path) -> io::Result<File> {
    fs::create_dir_all(directory(path))?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a new name last.
fn sync_directory(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(directory(path))?.sync_all()?;
    Ok(())
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
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
