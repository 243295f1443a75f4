//! The file of the audit log: a line of JSON for each event, and a new file when it is full.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base::Clock;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use super::AuditLog;

const MEGABYTE: u64 = 1 << 20;
/// The time in the names of old files, which orders them.
const TIME: &str = "%Y-%m-%dT%H-%M-%S%.3f";

/// The log.
pub(super) struct Log {
    target: Target,
    settings: AuditLog,
    clock: Clock,
}

enum Target {
    Standard,
    File { file: File, bytes: u64 },
}

impl Log {
    pub(super) fn open(settings: &AuditLog, clock: Clock) -> io::Result<Self> {
        let target =
            if settings.file == Path::new("-") { Target::Standard } else { open(&settings.file)? };
        Ok(Self { target, settings: settings.clone(), clock })
    }

    /// Writes events, a line for each.
    pub(super) fn write<'a>(&mut self, events: impl Iterator<Item = &'a [u8]>) -> io::Result<()> {
        let mut lines = Vec::new();
        for event in events {
            if self.is_full(lines.len(), event.len() + 1) {
                self.append(&lines)?;
                lines.clear();
                self.rotate();
            }
            lines.extend_from_slice(event);
            lines.push(b'\n');
        }
        self.append(&lines)
    }

    /// Whether an event is for the next file, after those that wait to be written to this one.
    fn is_full(&self, waiting: usize, added: usize) -> bool {
        let Target::File { bytes, .. } = &self.target else { return false };
        let before = bytes + waiting as u64;
        let longest = self.settings.megabytes_max.saturating_mul(MEGABYTE);
        before > 0 && before + added as u64 > longest
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        match &mut self.target {
            Target::Standard => io::stdout().lock().write_all(lines),
            Target::File { file, bytes } => {
                *bytes += lines.len() as u64;
                file.write_all(lines)
            }
        }
    }

    /// Begins a new file. When that fails, the old one grows: nothing is lost.
    fn rotate(&mut self) {
        let now = self.clock.now();
        let log = &self.settings.file;
        let begun = fs::rename(log, free_name(log, now)).and_then(|()| open(log));
        match begun {
            Ok(target) => self.target = target,
            Err(error) => warn!(%error, "the audit log cannot be rotated"),
        }
        if let Err(error) = forget_old(&self.settings, now) {
            warn!(%error, "old audit logs cannot be removed");
        }
    }
}

fn open(path: &Path) -> io::Result<Target> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    let bytes = file.metadata()?.len();
    Ok(Target::File { file, bytes })
}

fn forget_old(settings: &AuditLog, now: Timestamp) -> io::Result<()> {
    for old in to_remove(settings, &old_files(&settings.file)?, now) {
        fs::remove_file(old)?;
    }
    Ok(())
}

/// The first name of this moment or a later one that no file has: several may be full in one moment.
fn free_name(path: &Path, now: Timestamp) -> PathBuf {
    let moments = (0..).map_while(|late| now.checked_add(SignedDuration::from_millis(late)).ok());
    let free = moments.map(|moment| old_name(path, moment)).find(|name| !name.exists());
    free.unwrap_or_else(|| old_name(path, now))
}

/// `audit.log` becomes `audit-2026-01-01T00-00-00.000.log`.
fn old_name(path: &Path, now: Timestamp) -> PathBuf {
    let (stem, extension) = split(path);
    let time = now.to_zoned(TimeZone::UTC).strftime(TIME);
    path.with_file_name(format!("{stem}-{time}{extension}"))
}

fn split(path: &Path) -> (String, String) {
    let part = |part: Option<&std::ffi::OsStr>| {
        part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let extension = part(path.extension());
    let extension = if extension.is_empty() { extension } else { format!(".{extension}") };
    (part(path.file_stem()), extension)
}

/// Old files with their times, the newest first.
fn old_files(path: &Path) -> io::Result<Vec<(Timestamp, PathBuf)>> {
    let (stem, extension) = split(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder.unwrap_or(Path::new(".")))? {
        let own = entry?.path();
        let name = own.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let time =
            name.strip_prefix(&format!("{stem}-")).and_then(|rest| rest.strip_suffix(&extension));
        let time = time.and_then(|time| DateTime::strptime(TIME, time).ok());
        if let Some(time) = time.and_then(|time| time.to_zoned(TimeZone::UTC).ok()) {
            found.push((time.timestamp(), own));
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Of the old files, those that are too many or too old.
fn to_remove<'a>(
    settings: &AuditLog,
    old: &'a [(Timestamp, PathBuf)],
    now: Timestamp,
) -> Vec<&'a PathBuf> {
    let days = SignedDuration::from_hours(24 * i64::from(settings.days_max));
    let is_old = |time: &Timestamp| settings.days_max > 0 && now.duration_since(*time) > days;
    let is_extra = |place: usize| settings.backups_max > 0 && place >= settings.backups_max;
    let doomed =
        old.iter().enumerate().filter(|(place, (time, _))| is_old(time) || is_extra(*place));
    doomed.map(|(_, (_, path))| path).collect()
}

#[cfg(test)]
mod tests;
