use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Tasks};
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::super::files::Files;
use super::super::{Authority, CLUSTER, FRONT_PROXY};
use super::Serving;

const YEAR: Duration = Duration::from_hours(365 * 24);

fn shown(serving: &Serving) -> CertificateDer<'static> {
    serving.server.get().cert[0].clone()
}

fn is_valid(certificate: &[u8], clock: &Clock) -> bool {
    let (_, certificate) = X509Certificate::from_der(certificate).unwrap();
    let now = clock.now().as_second();
    let validity = certificate.validity();
    validity.not_before.timestamp() <= now && now < validity.not_after.timestamp()
}

#[tokio::test(start_paused = true)]
async fn certificates_are_replaced_long_before_they_end_for_years() {
    let clock = Clock::simulated("2026-01-01T00:00:00Z".parse().unwrap());
    let files = Files::open(None).unwrap();
    let authority = |name| Authority::open(&files, name, &clock, YEAR).unwrap();
    let serving = Serving::new(authority(CLUSTER), authority(FRONT_PROXY), Vec::new());
    let serving = Arc::new(serving.unwrap());
    let first = shown(&serving);
    let tasks = Tasks::new();
    let mut renewals = serving.renewals();
    super::start(&tasks, Arc::clone(&serving));
    tokio::time::sleep(Duration::from_hours(24 * 243)).await;
    assert_eq!(shown(&serving), first, "it is young");
    for round in 0..6 {
        renewals.changed().await.unwrap();
        assert!(is_valid(&shown(&serving), &clock), "{round}");
        assert!(is_valid(&serving.admin().certificate, &clock), "{round}");
        assert!(is_valid(&serving.proxy_client.get().cert[0], &clock), "{round}");
        tokio::time::sleep(Duration::from_hours(24 * 200)).await;
        assert!(is_valid(&shown(&serving), &clock), "{round}");
    }
    assert_ne!(shown(&serving), first);
    assert!(!is_valid(&first, &clock));
}

#[test]
fn certificates_that_were_made_while_the_clock_was_ahead_are_replaced() {
    let clock = |time: &str| Clock::simulated(time.parse().unwrap());
    let (ahead, right) = (clock("2026-01-04T00:00:00Z"), clock("2026-01-01T00:00:00Z"));
    let files = Files::open(None).unwrap();
    let authority = |name| Authority::open(&files, name, &ahead, YEAR).unwrap();
    let mut serving = Serving::new(authority(CLUSTER), authority(FRONT_PROXY), Vec::new()).unwrap();
    assert!(!serving.is_due() && !serving.is_early());
    serving.authority.clock = right.clone();
    assert!(!is_valid(&shown(&serving), &right));
    assert!(serving.is_due(), "they are not valid yet");
    assert!(serving.is_early(), "nor is what has signed them");
    serving.renew().unwrap();
    assert!(is_valid(&shown(&serving), &right));
    assert!(!serving.is_due());
}
