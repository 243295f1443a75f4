//! Puts files into a volume so that a reader sees all of the old ones or all of the new ones.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use super::payload::Payload;

/// The link that names the folder of the current version.
const DATA: &str = "..data";
/// The same link before it takes its place.
const DATA_NEXT: &str = "..data_tmp";

/// Makes the files of `volume` those of `payload`. Writes no file when they are so already, but mends what a process
/// left undone that was killed here.
pub(super) fn write(volume: &Path, payload: &Payload) -> io::Result<()> {
    fs::create_dir_all(volume)?;
    let current = fs::read_link(volume.join(DATA)).ok();
    if current.as_ref().is_some_and(|folder| holds(&volume.join(folder), payload)) {
        link_names(volume, payload)?;
        return remove_versions_but(volume, current.as_deref());
    }
    let version = next_version(volume)?;
    write_version(&volume.join(&version), payload)?;
    let next = volume.join(DATA_NEXT);
    remove_file_if_there(&next)?;
    symlink(&version, &next)?;
    fs::rename(&next, volume.join(DATA))?;
    link_names(volume, payload)?;
    remove_versions_but(volume, Some(Path::new(&version)))
}

/// Removes the folders of all versions that the link does not name.
fn remove_versions_but(volume: &Path, current: Option<&Path>) -> io::Result<()> {
    for entry in fs::read_dir(volume)? {
        let entry = entry?;
        let name = entry.file_name();
        if version_number(&name).is_some() && current != Some(Path::new(&name)) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Whether a version's folder holds exactly these files.
fn holds(folder: &Path, payload: &Payload) -> bool {
    let same = |(path, file): (&PathBuf, &super::payload::File)| {
        let path = folder.join(path);
        fs::read(&path).is_ok_and(|bytes| bytes == file.bytes)
            && fs::metadata(&path).is_ok_and(|meta| meta.permissions().mode() & 0o777 == file.mode)
    };
    payload.files.iter().all(same) && count(folder).is_ok_and(|count| count == payload.files.len())
}

fn count(folder: &Path) -> io::Result<usize> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        total += if entry.file_type()?.is_dir() { count(&entry.path())? } else { 1 };
    }
    Ok(total)
}

/// A name that no version before had while it was still there.
fn next_version(volume: &Path) -> io::Result<String> {
    let mut highest = 0;
    for entry in fs::read_dir(volume)? {
        highest = highest.max(version_number(&entry?.file_name()).unwrap_or(0));
    }
    Ok(format!("..v{}", highest + 1))
}

fn version_number(name: &std::ffi::OsStr) -> Option<u64> {
    name.to_str()?.strip_prefix("..v")?.parse().ok()
}

fn write_version(folder: &Path, payload: &Payload) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (path, file) in &payload.files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, &file.bytes)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(file.mode))?;
    }
    Ok(())
}

/// Links the names a container sees to the current version, and removes those that are no more.
fn link_names(volume: &Path, payload: &Payload) -> io::Result<()> {
    let wanted: std::collections::BTreeSet<&std::ffi::OsStr> =
        payload.files.keys().filter_map(|path| first_component(path)).collect();
    for entry in fs::read_dir(volume)? {
        let entry = entry?;
        let name = entry.file_name();
        let ours = name.to_string_lossy().starts_with("..");
        if !ours && !wanted.contains(name.as_os_str()) {
            remove_file_if_there(&entry.path())?;
        }
    }
    for name in wanted {
        match symlink(Path::new(DATA).join(name), volume.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => (),
        }
    }
    Ok(())
}

fn first_component(path: &Path) -> Option<&std::ffi::OsStr> {
    path.components().find_map(|part| match part {
        Component::Normal(name) => Some(name),
        _ => None,
    })
}

fn remove_file_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
