use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};

use super::*;

/// A folder of certificates.
struct Folder(tempfile::TempDir);

/// Knows nothing.
#[derive(Debug)]
struct Nothing;

impl ResolvesServerCert for Nothing {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a certificate for these names; one of its flags may say others.
    fn pair(&self, file: &str, names: &[&str], said: &[&str]) -> CertificateFiles {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(owned(names)).unwrap().self_signed(&key).unwrap();
        let path = |end: &str| self.0.path().join(format!("{file}.{end}"));
        std::fs::write(path("crt"), certificate.pem()).unwrap();
        std::fs::write(path("key"), key.serialize_pem()).unwrap();
        CertificateFiles { certificate: path("crt"), key: path("key"), names: owned(said) }
    }
}

fn open(named: Vec<CertificateFiles>) -> Given {
    let settings = ServingSettings { named, ..ServingSettings::default() };
    Given::open(&settings, Arc::new(Nothing)).unwrap()
}

/// Which of the pairs is shown under a name.
fn shown(given: &Given, name: &str) -> Option<usize> {
    let found = given.find(name)?;
    given.named.iter().position(|pair| pair.current.load().certified.cert == found.cert)
}

#[test]
fn whole_names_go_before_wildcards_and_those_of_flags_before_those_of_certificates() {
    let folder = Folder::new();
    let given = open(vec![
        folder.pair("a", &["*.example.com", "one.example.com"], &[]),
        folder.pair("b", &["unused.example.com"], &["*.example.com", "two.example.com"]),
        folder.pair("c", &["two.example.com", "three.example.com"], &[]),
    ]);
    for (name, expected) in [
        ("one.example.com", Some(0)),
        ("two.example.com", Some(1)),
        ("Three.Example.com", Some(2)),
        ("four.example.com", Some(1)),
        ("unused.example.com", Some(1)),
        ("deep.four.example.com", None),
        ("example.com", None),
    ] {
        assert_eq!(shown(&given, name), expected, "{name}");
    }
}

#[test]
fn the_clusters_own_names_are_taken_by_flags_alone() {
    let folder = Folder::new();
    let own = "kubernetes.default.svc";
    let given = open(vec![folder.pair("a", &["kubernetes", own, "10.0.0.1"], &[])]);
    assert_eq!(shown(&given, own), None);
    assert!(given.named[0].current.load().has_addresses);
    let given = open(vec![folder.pair("b", &["b"], &[own])]);
    assert_eq!(shown(&given, own), Some(0));
    assert!(!given.named[0].current.load().has_addresses);
}

#[test]
fn what_is_no_certificate_with_its_key_is_refused_in_words_that_operators_know() {
    let folder = Folder::new();
    let (one, two) = (folder.pair("one", &["a"], &[]), folder.pair("two", &["b"], &[]));
    let said = |certificate: &Path, key: &Path| {
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Pair::open(&CertificateFiles { certificate, key, names: Vec::new() })
            .err()
            .unwrap()
            .to_string()
    };
    let mixed = said(&one.certificate, &two.key);
    assert!(mixed.starts_with("unable to load server certificate "), "{mixed}");
    assert!(mixed.ends_with("tls: private key does not match public key"), "{mixed}");
    let swapped = said(&one.key, &one.key);
    assert!(swapped.ends_with("failed to find any PEM data in certificate input"), "{swapped}");
    let swapped = said(&one.certificate, &one.certificate);
    assert!(swapped.ends_with("failed to find any PEM data in key input"), "{swapped}");
    assert!(said(&folder.0.path().join("none"), &one.key).contains("none: No such file"));
}

#[tokio::test(start_paused = true)]
async fn files_that_change_are_taken_up_and_what_does_not_fit_is_not() {
    let folder = Folder::new();
    let files = folder.pair("a", &["a.example.com"], &[]);
    let given = open(vec![files.clone()]);
    let tasks = Tasks::new();
    given.keep(&tasks);
    let pause = || tokio::time::sleep(Duration::from_mins(1));
    let first = given.find("a.example.com").unwrap();
    let key = std::fs::read(&files.key).unwrap();
    folder.pair("a", &["b.example.com"], &[]);
    let other = std::fs::read(&files.key).unwrap();
    std::fs::write(&files.key, key).unwrap();
    pause().await;
    assert!(Arc::ptr_eq(&first, &given.find("a.example.com").unwrap()));
    std::fs::write(&files.key, other).unwrap();
    pause().await;
    assert!(given.find("a.example.com").is_none());
    assert!(given.find("b.example.com").is_some());
}

#[test]
fn a_flag_names_files_and_names() {
    let found = CertificateFiles::parse("a.crt,a.key:*.x.com,x.com").unwrap();
    assert_eq!(found.certificate, Path::new("a.crt"));
    assert_eq!(found.names, ["*.x.com", "x.com"]);
    assert!(CertificateFiles::parse("a.crt,a.key").unwrap().names.is_empty());
    for wrong in ["", "a.crt", "a.crt,", ",a.key", "a,b,c", "a.crt,a.key:", "a.crt,a.key:x,"] {
        assert!(CertificateFiles::parse(wrong).is_err(), "{wrong}");
    }
}
