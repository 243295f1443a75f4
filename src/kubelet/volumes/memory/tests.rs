//! Folders nobody else can enter.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

#[test]
fn a_folder_that_others_may_enter_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let user = rustix::process::geteuid().as_raw();
    let path = folder.path().join("own");
    assert_eq!(private(path.clone(), user).unwrap(), path);
    assert_eq!(private(path.clone(), user).unwrap(), path, "it is taken again");
    assert!(private(path.clone(), user + 1).is_err(), "it belongs to somebody else");

    fs::set_permissions(&path, Permissions::from_mode(0o750)).unwrap();
    assert!(private(path.clone(), user).is_err());

    let link = folder.path().join("link");
    symlink(folder.path(), &link).unwrap();
    assert!(private(link, user).is_err());
}

#[test]
fn two_nodes_share_nothing_and_leave_nothing() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (Some(first), Some(second)) = (Memory::open(one.path()), Memory::open(other.path())) else {
        // This machine has no such place.
        return;
    };
    assert_ne!(first.path(), second.path());
    fs::write(first.path().join("file"), "x").unwrap();
    let path = first.path().to_owned();
    drop(first);
    assert!(!path.exists());
    assert!(second.path().exists());
    let third = Memory::open(other.path()).unwrap();
    assert!(!second.path().exists(), "what an earlier node left goes");
    drop(second);
    assert!(third.path().exists());
}
