//! The list in metadata is read, sorted and compared.

use serde_json::{Value, json};

use super::{ManagedFields, is_reset, same_but_times};

fn entry(manager: &str, operation: &str, time: &str) -> Value {
    json!({
        "manager": manager, "operation": operation, "apiVersion": "v1", "time": time,
        "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {}},
    })
}

#[test]
fn appliers_come_first_then_the_oldest() {
    let managed = json!([
        entry("b", "Update", "2026-01-01T00:00:00Z"),
        entry("a", "Update", "2026-01-02T00:00:00Z"),
        entry("a", "Update", "2026-01-01T00:00:00Z"),
        entry("z", "Apply", "2026-01-03T00:00:00Z"),
    ]);
    let sorted = ManagedFields::decode(&managed).unwrap().encode();
    let order: Vec<_> = sorted.as_array().unwrap().iter().map(|entry| &entry["manager"]).collect();
    assert_eq!(order, ["z", "a", "b", "a"]);
}

#[test]
fn what_is_no_list_of_managers_is_refused() {
    for managed in [
        json!({}),
        json!([{"manager": "a", "operation": "Delete", "fieldsType": "FieldsV1"}]),
        json!([{"manager": "a", "operation": "Apply", "fieldsType": "FieldsV2"}]),
        json!([{"manager": "a", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": 1}]),
    ] {
        assert!(ManagedFields::decode(&managed).is_err(), "{managed}");
    }
}

#[test]
fn an_empty_list_and_an_empty_entry_ask_to_forget() {
    assert!(is_reset(&json!([])) && is_reset(&json!([{}])));
    let entry = entry("a", "Apply", "");
    assert!(!is_reset(&json!([entry])) && !is_reset(&json!([{}, {}])) && !is_reset(&Value::Null));
}

#[test]
fn times_do_not_tell_lists_apart() {
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    let left = json!([entry("a", "Update", early), entry("b", "Update", late)]);
    let right = json!([entry("b", "Update", early), entry("a", "Update", late)]);
    assert!(same_but_times(&left, &right));
    assert!(!same_but_times(&left, &json!([entry("a", "Update", early)])));
    assert!(!same_but_times(&left, &json!([left[0], entry("c", "Update", late)])));
    assert!(!same_but_times(&left, &Value::Null));
}
