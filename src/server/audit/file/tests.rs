use base::Clock;

use super::super::AuditLog;
use super::Log;

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(start_paused = true)]
async fn a_full_file_makes_room_for_a_new_one_and_the_oldest_goes() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::simulated("2026-01-01T00:00:00Z".parse().unwrap());
    let settings = AuditLog {
        file: folder.path().join("audit.log"),
        megabytes_max: 1,
        backups_max: 2,
        days_max: 0,
    };
    let mut log = Log::open(&settings, clock.clone()).unwrap();
    let event = "x".repeat(700_000);
    let event = || std::iter::once(event.as_bytes());
    for _ in 0..5 {
        log.write(event()).unwrap();
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(
        names(folder.path()),
        ["audit-2026-01-01T00-00-03.000.log", "audit-2026-01-01T00-00-04.000.log", "audit.log"]
    );
    drop(log);
    let mut log = Log::open(&AuditLog { days_max: 1, backups_max: 0, ..settings }, clock).unwrap();
    tokio::time::advance(std::time::Duration::from_hours(48)).await;
    log.write(event()).unwrap();
    assert_eq!(names(folder.path()), ["audit-2026-01-03T00-00-05.000.log", "audit.log"]);
}
