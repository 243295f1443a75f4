//! Counting, combining and forgetting.

use k8s_openapi::api::core::v1::ObjectReference;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn says(message: &str) -> Occurrence {
    let regarding = ObjectReference { name: Some("web".to_owned()), ..ObjectReference::default() };
    Occurrence::new(regarding, Severity::Normal, "Pulled", message)
}

fn show(decision: Decision) -> String {
    match decision {
        Decision::Create(series) => format!("create {}", series.occurrence.message),
        Decision::Count(series) => format!("{}× {}", series.count, series.occurrence.message),
        Decision::Drop => "drop".to_owned(),
    }
}

#[test]
fn the_same_words_again_raise_the_count_of_the_same_event() {
    let mut correlator = Correlator::default();
    assert_eq!(show(correlator.decide(says("a"), at(0))), "create a");
    assert_eq!(show(correlator.decide(says("a"), at(1))), "2× a");
    assert_eq!(show(correlator.decide(says("b"), at(1))), "create b");
}

#[test]
fn many_different_messages_become_one_combined_event() {
    let mut correlator = Correlator::default();
    for number in 0..10 {
        correlator.decide(says(&number.to_string()), at(number));
    }
    let combined = "(combined from similar events): ";
    assert_eq!(show(correlator.decide(says("x"), at(11))), format!("create {combined}x"));
    assert_eq!(show(correlator.decide(says("y"), at(12))), format!("2× {combined}y"));
}

#[test]
fn an_object_spends_its_budget_and_earns_slowly() {
    let mut correlator = Correlator::default();
    for _ in 0..25 {
        correlator.decide(says("a"), at(0));
    }
    assert_eq!(show(correlator.decide(says("a"), at(1))), "drop");
    assert_eq!(show(correlator.decide(says("a"), at(301))), "26× a");
    assert_eq!(show(correlator.decide(says("a"), at(302))), "drop");
}

#[test]
fn names_carry_the_object_and_the_time_in_hex() {
    assert_eq!(name(&says("a"), at(0)), "web.17979cfe362a0000");
}
