use std::path::Path;

use x509_parser::prelude::{FromDer, X509Certificate};

use super::*;
use crate::identity::MASTERS;

const YEAR: Duration = Duration::from_hours(365 * 24);

fn clock() -> Clock {
    Clock::simulated("2028-03-01T12:00:00Z".parse().unwrap())
}

fn files(dir: &Path) -> Files {
    Files::open(Some(dir.to_owned())).unwrap()
}

#[tokio::test]
async fn a_second_start_finds_the_same_authority() {
    let dir = tempfile::tempdir().unwrap();
    let first = Authority::open(&files(dir.path()), CLUSTER, &clock(), YEAR).unwrap();
    let second = Authority::open(&files(dir.path()), CLUSTER, &clock(), YEAR).unwrap();
    assert_eq!(first.pem, second.pem);
}

#[cfg(unix)]
#[tokio::test]
async fn keys_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    Authority::open(&files(dir.path()), CLUSTER, &clock(), YEAR).unwrap();
    let mode = std::fs::metadata(dir.path().join("ca.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_client_certificate_carries_user_and_group_and_may_start_on_leap_day() {
    let authority = Authority::open(&Files::open(None).unwrap(), CLUSTER, &clock(), YEAR).unwrap();
    let leaf = authority.client("admin", MASTERS).unwrap();
    let (_, certificate) = X509Certificate::from_der(&leaf.certificate).unwrap();
    let subject = certificate.subject();
    assert_eq!(subject.iter_common_name().next().unwrap().as_str().unwrap(), "admin");
    let groups: Vec<_> = subject.iter_organization().map(|o| o.as_str().unwrap()).collect();
    assert_eq!(groups, ["system:masters"]);
    let not_before = certificate.validity().not_before.to_string();
    assert!(not_before.contains("Feb 29"), "{not_before}");
}

#[tokio::test]
async fn tokens_of_a_replaced_key_are_still_known_by_it() {
    let dir = tempfile::tempdir().unwrap();
    let before = files(&dir.path().join(FOLDER)).key(files::SERVICE_ACCOUNT_KEY).unwrap();
    rotate_service_account_key(dir.path(), &clock()).unwrap();
    let files = files(&dir.path().join(FOLDER));
    let after = files.key(files::SERVICE_ACCOUNT_KEY).unwrap();
    assert_ne!(before.public_key_pem(), after.public_key_pem());
    assert_eq!(files.retired_keys().unwrap(), [before.public_key_pem()]);
}
