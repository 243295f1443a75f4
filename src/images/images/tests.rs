//! Imports, finds and removes, alone and beside another process.

use std::fs;
use std::sync::Arc;

use base::Clock;
use tempfile::TempDir;

use super::Images;
use crate::Error;

#[test]
fn an_import_is_found_under_every_form_of_its_name() {
    let folder = TempDir::new().unwrap();
    let images = open(&folder);
    let image = images.import("hello", b"one").unwrap();
    assert_eq!(image.name, "docker.io/library/hello:latest");
    assert_eq!(image.read().unwrap(), b"one");
    let by_digest = format!("hello@{}", image.digest);
    let with_tag = format!("docker.io/library/hello:other@{}", image.digest);
    for name in ["hello", "docker.io/library/hello:latest", &by_digest, &with_tag] {
        assert_eq!(images.resolve(name).unwrap().as_ref(), Some(&image), "{name}");
    }
    for name in ["hello:1", "other", &format!("hell@{}", image.digest)] {
        assert_eq!(images.resolve(name).unwrap(), None, "{name}");
    }
}

#[test]
fn a_name_moves_to_the_last_import() {
    let folder = TempDir::new().unwrap();
    let images = open(&folder);
    let first = images.import("hello", b"one").unwrap();
    let second = images.import("hello", b"two").unwrap();
    assert_eq!(images.resolve("hello").unwrap(), Some(second));
    assert!(!first.path.exists(), "nothing names the first content");
}

#[test]
fn content_goes_with_its_last_name() {
    let folder = TempDir::new().unwrap();
    let images = open(&folder);
    let image = images.import("a", b"same").unwrap();
    images.import("b", b"same").unwrap();
    images.remove("a").unwrap();
    assert!(image.path.exists());
    images.remove("b").unwrap();
    assert!(!image.path.exists());
    assert!(matches!(images.remove("b"), Err(Error::NotFound(_))));
    assert_eq!(images.list().unwrap(), []);
}

#[test]
fn a_running_node_sees_what_another_process_imports() {
    let folder = TempDir::new().unwrap();
    let node = open(&folder);
    assert_eq!(node.resolve("hello").unwrap(), None);
    let command = open(&folder);
    let image = command.import("hello", b"one").unwrap();
    assert_eq!(node.resolve("hello").unwrap(), Some(image));
    command.import("hello", b"two").unwrap();
    assert_eq!(node.resolve("hello").unwrap().unwrap().read().unwrap(), b"two");
    command.remove("hello").unwrap();
    assert_eq!(node.resolve("hello").unwrap(), None);
}

#[test]
fn imports_at_once_do_not_lose_each_other() {
    let folder = Arc::new(TempDir::new().unwrap());
    let imports: Vec<_> = (0..8)
        .map(|count| {
            let folder = Arc::clone(&folder);
            std::thread::spawn(move || {
                open(&folder).import(&format!("image-{count}"), &[count; 10]).unwrap();
            })
        })
        .collect();
    for import in imports {
        import.join().unwrap();
    }
    assert_eq!(open(&folder).list().unwrap().len(), 8);
}

#[test]
fn what_a_crash_left_is_swept_up() {
    let folder = TempDir::new().unwrap();
    open(&folder);
    let left = folder.path().join("sha256").join("0a.unfinished");
    fs::write(&left, "half").unwrap();
    open(&folder);
    assert!(!left.exists());
}

#[test]
fn a_digest_cannot_be_chosen() {
    let folder = TempDir::new().unwrap();
    let images = open(&folder);
    let image = images.import("a", b"one").unwrap();
    let result = images.import(&format!("b@{}", image.digest), b"two");
    assert!(matches!(result, Err(Error::NameHasDigest(_))), "{result:?}");
}

#[test]
fn a_broken_index_is_an_error_not_an_empty_one() {
    let folder = TempDir::new().unwrap();
    let images = open(&folder);
    fs::write(folder.path().join("index.json"), "{").unwrap();
    assert!(matches!(images.list(), Err(Error::Index { .. })));
    assert!(matches!(images.import("a", b""), Err(Error::Index { .. })));
}

fn open(folder: &TempDir) -> Images {
    Images::open(folder.path(), Clock::system()).unwrap()
}
