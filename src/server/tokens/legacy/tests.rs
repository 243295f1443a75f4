use std::sync::Arc;

use machinery::{ApiError, Reason};
use tokio::time::{Duration, Instant};

use super::{ATTEMPTS_MAX, Failures, RETRY};
use crate::cache::{Cached, Head};

fn secret(revision: u64) -> Arc<Cached> {
    let stored = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a","namespace":"n"}}"#;
    let head = Head::new("v1", "Secret");
    Arc::new(Cached::read(&head, &[], "n/a", stored.as_bytes(), revision).unwrap())
}

#[test]
fn what_is_refused_is_tried_again_when_it_has_changed() {
    let (mut failures, now) = (Failures::default(), Instant::now());
    assert!(failures.may_try(&secret(1), now));
    failures.note(&secret(1), &ApiError::new(Reason::Invalid, "it is immutable"), now);
    let later = now + Duration::from_hours(24);
    assert!(!failures.may_try(&secret(1), later));
    assert_eq!(failures.due(later).count(), 0);
    assert!(failures.may_try(&secret(2), now));
    failures.forget_all_but(|_| None);
    assert!(failures.may_try(&secret(1), now));
}

#[test]
fn what_fails_is_tried_less_and_less_often_and_then_no_more() {
    let (mut failures, mut now) = (Failures::default(), Instant::now());
    let mut wait = RETRY;
    for _ in 1..ATTEMPTS_MAX {
        failures.note(&secret(1), &ApiError::new(Reason::ServiceUnavailable, "wait"), now);
        assert!(!failures.may_try(&secret(1), now));
        now += wait;
        assert_eq!(failures.due(now).collect::<Vec<_>>(), ["n/a"]);
        assert!(failures.may_try(&secret(1), now));
        wait *= 2;
    }
    failures.note(&secret(1), &ApiError::new(Reason::ServiceUnavailable, "wait"), now);
    assert!(!failures.may_try(&secret(1), now + Duration::from_hours(24)));
}

#[test]
fn what_is_filled_in_or_no_token_any_more_is_due_no_more() {
    let (mut failures, now) = (Failures::default(), Instant::now());
    let later = now + Duration::from_hours(1);
    let fails = ApiError::new(Reason::ServiceUnavailable, "wait");
    failures.note(&secret(1), &fails, now);
    failures.forget("n/a");
    assert_eq!(failures.due(later).count(), 0);
    failures.note(&secret(1), &fails, now);
    // Neither is it as it was tried, nor of the type.
    failures.forget_all_but(|_| Some(secret(2)));
    assert_eq!(failures.due(later).count(), 0);
}
