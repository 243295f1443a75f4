use expect_test::expect;
use serde_json::json;

use super::ConfigMap;
use crate::fixture::{check, check_updates, row};

fn valid() -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1", "b": "2"}, "binaryData": {"c": "AAAA"},
        "metadata": {"name": "settings", "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"}})
}

#[test]
fn keys_and_size_are_checked() {
    const KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
        'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    check(
        &ConfigMap,
        &valid(),
        &[
            ("/data/a b", json!("x"), &format!("data[a b]: Invalid value: \"a b\": {KEY}")),
            (
                "/binaryData/a",
                json!("AAAA"),
                "data[a]: Invalid value: \"a\": duplicate of key present in binaryData",
            ),
            (
                "/data/a",
                json!("x".repeat(1024 * 1024)),
                ": Too long: may not be more than 1048576 bytes",
            ),
        ],
    );
}

#[test]
fn immutable_data_stays() {
    let mut object = valid();
    check_updates(&ConfigMap, &object, &[("/data/a", json!("2"), "")]);
    object["immutable"] = json!(true);
    check_updates(
        &ConfigMap,
        &object,
        &[
            ("/data/a", json!("2"), "data: Forbidden: field is immutable when `immutable` is set"),
            (
                "/immutable",
                json!(null),
                "immutable: Forbidden: field is immutable when `immutable` is set",
            ),
            ("/metadata/labels", json!({"a": "b"}), ""),
        ],
    );
}

#[test]
fn the_row_counts_all_keys() {
    expect![[r"
        Name: settings
        Data: 3
        Age: 4m5s
    "]]
    .assert_eq(&row(&ConfigMap, &valid()));
}
