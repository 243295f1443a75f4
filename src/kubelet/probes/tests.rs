//! Thresholds and the first moments.

use serde_json::json;

use super::*;

fn tally(probe: Probe, spec: serde_json::Value) -> Tally {
    Tally::new(probe, &serde_json::from_value(spec).unwrap())
}

fn failed() -> Outcome {
    Outcome::Failed("no".to_owned())
}

#[test]
fn a_container_that_was_just_started_is_asked_again_quickly() {
    let mut tally = tally(Probe::Readiness, json!({"periodSeconds": 1}));
    let mut waited = Duration::ZERO;
    let mut told = 0;
    for _ in 0..12 {
        let verdict = tally.record(&failed());
        waited += verdict.next;
        told += u32::from(verdict.tell);
        if told > 0 {
            break;
        }
    }
    assert_eq!(waited, Duration::from_secs(1));
    assert_eq!(told, 1);
    assert_eq!(tally.record(&failed()).next, Duration::from_secs(1));
    assert_eq!(tally.record(&Outcome::Passed).report, Some(true));
}

#[test]
fn thresholds_count_results_in_a_row() {
    let mut tally = tally(
        Probe::Readiness,
        json!({"periodSeconds": 5, "successThreshold": 2, "failureThreshold": 2}),
    );
    let mut reports = Vec::new();
    for passed in [true, true, true, false, true, false, false, false] {
        let outcome = if passed { Outcome::Passed } else { failed() };
        let verdict = tally.record(&outcome);
        assert_eq!(verdict.next, Duration::from_secs(5));
        reports.push(verdict.report);
    }
    assert_eq!(reports, [None, Some(true), None, None, None, None, Some(false), None]);
}

#[test]
fn liveness_fails_after_its_threshold_and_no_sooner() {
    let mut tally = tally(Probe::Liveness, json!({"periodSeconds": 5}));
    assert_eq!(tally.record(&failed()).report, None);
    assert_eq!(tally.record(&failed()).report, None);
    assert_eq!(tally.record(&failed()).report, Some(false));
}

#[test]
fn a_probe_that_cannot_be_made_reports_nothing() {
    let mut tally = tally(Probe::Liveness, json!({"exec": {"command": ["true"]}}));
    for _ in 0..5 {
        let verdict = tally.record(&Outcome::Unknown("no".to_owned()));
        assert_eq!((verdict.report, verdict.tell), (None, true));
    }
}
