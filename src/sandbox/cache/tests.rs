use super::*;

fn cache(dir: &Path) -> Cache {
    Cache { dir: dir.to_owned(), engine: 1 }
}

#[test]
fn what_is_kept_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(dir.path());
    assert_eq!(cache.find("sha256:a"), None);
    let path = cache.keep("sha256:a", b"code").unwrap();
    assert_eq!(cache.find("sha256:a"), Some(path));
    assert_eq!(cache.find("sha256:b"), None);
}

#[test]
fn a_damaged_file_is_a_miss() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(dir.path());
    let path = cache.keep("sha256:a", b"code").unwrap();
    fs::write(&path, b"kode").unwrap();
    assert_eq!(cache.find("sha256:a"), None);
}

#[test]
fn what_is_kept_many_times_at_once_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(dir.path());
    let code = vec![7; 100_000];
    let keep = || {
        for _ in 0..50 {
            let path = cache.keep("sha256:a", &code).unwrap();
            assert_eq!(fs::read(path).unwrap(), code);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(keep);
        }
    });
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn another_engine_has_other_files() {
    let dir = tempfile::tempdir().unwrap();
    cache(dir.path()).keep("sha256:a", b"code").unwrap();
    let other = Cache { dir: dir.path().to_owned(), engine: 2 };
    assert_eq!(other.find("sha256:a"), None);
}

#[cfg(unix)]
#[test]
fn the_folder_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("code");
    Cache::open(&inner, &Engine::default()).unwrap();
    assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
}
