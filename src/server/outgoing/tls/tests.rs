use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

use super::*;

/// A certificate for `localhost` that has signed itself.
fn own(is_authority: bool) -> (String, CertificateDer<'static>) {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    if is_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params.not_after = rcgen::date_time_ymd(2030, 1, 1);
    let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    (certificate.pem(), certificate.der().clone())
}

fn check(pem: &str, certificate: &CertificateDer<'_>, name: &str, days: u64) -> Option<String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let listed = Listed::new(pem.as_bytes(), provider).unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_hours(24 * days));
    let checked = listed.verify_server_cert(certificate, &[], &name, &[], now);
    checked.err().map(|error| error.to_string())
}

/// Days from 1970 to somewhen in 2026.
const NOW: u64 = 56 * 365 + 100;

#[test]
fn a_listed_certificate_is_believed_for_its_name_and_time() {
    for is_authority in [true, false] {
        let (pem, certificate) = own(is_authority);
        assert_eq!(check(&pem, &certificate, "localhost", NOW), None);
        let other = check(&pem, &certificate, "example.com", NOW).unwrap();
        assert!(other.contains("NotValidForName"), "{other}");
        let late = check(&pem, &certificate, "localhost", NOW + 5 * 365).unwrap();
        assert!(late.contains("Expired"), "{late}");
    }
}

#[test]
fn a_certificate_of_nobody_listed_is_not_believed() {
    let (pem, _) = own(true);
    let (_, other) = own(true);
    assert!(check(&pem, &other, "localhost", NOW).is_some());
}
