use serde_json::json;

use super::*;
use crate::schema::sample::schemas;
use crate::{FieldValidation, Schema, decode};

fn structural(spec: Value) -> Structural {
    let gvk = GroupVersionKind {
        group: "example.com".to_owned(),
        version: "v1".to_owned(),
        kind: "CronTab".to_owned(),
    };
    let schema = json!({ "type": "object", "properties": { "spec": spec } });
    Structural::new(gvk, &schema)
}

/// What is wrong with a spec, a line for each error.
fn problems(schema: &Value, spec: Value) -> String {
    changed(schema, spec, None)
}

fn changed(schema: &Value, spec: Value, old: Option<Value>) -> String {
    let errors = FieldErrors::new();
    let old = old.map(|old| json!({ "spec": old }));
    structural(schema.clone()).validate(&json!({ "spec": spec }), old.as_ref(), &errors);
    let lines: Vec<String> = errors.into_vec().iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn types_are_told_apart() {
    let schema = json!({ "type": "object", "properties": {
        "whole": { "type": "integer" }, "either": { "x-kubernetes-int-or-string": true },
        "list": { "type": "array", "items": { "type": "string" } },
        "empty": { "type": "string", "nullable": true },
    }});
    assert_eq!(problems(&schema, json!({ "whole": 1.0, "either": "80%", "empty": null })), "");
    assert_eq!(
        problems(&schema, json!({ "whole": "x", "either": true, "list": ["a", 1] })),
        "spec.either: Invalid value: \"boolean\": spec.either in body must be of type integer,string: \"boolean\"\n\
         spec.list[1]: Invalid value: \"integer\": spec.list[1] in body must be of type string: \"integer\"\n\
         spec.whole: Invalid value: \"string\": spec.whole in body must be of type integer: \"string\""
    );
    assert_eq!(
        problems(&schema, json!({ "whole": null })),
        "spec.whole: Invalid value: \"null\": spec.whole in body must be of type integer: \"null\""
    );
}

#[test]
fn a_moment_is_written_so_that_go_reads_it() {
    let schema = json!({ "type": "object", "properties": {
        "since": { "type": "string", "format": "date-time" } } });
    for good in ["2026-01-02T03:04:05Z", "2026-01-02t03:04:05.25z", "2026-01-02T03:04:05+01:00"] {
        assert_eq!(problems(&schema, json!({ "since": good })), "", "{good}");
    }
    for bad in
        ["2026-01-02 03:04:05Z", "20260102T030405Z", "2026-01-02T03:04:05Z[UTC]", "2026-01-02"]
    {
        assert_ne!(problems(&schema, json!({ "since": bad })), "", "{bad}");
    }
}

#[test]
fn values_are_measured() {
    let schema = json!({ "type": "object", "required": ["cron"], "minProperties": 1, "properties": {
        "cron": { "type": "string", "pattern": "^\\d+$", "minLength": 2, "maxLength": 4 },
        "replicas": { "type": "integer", "minimum": 1, "maximum": 10 },
        "share": { "type": "number", "minimum": 0, "exclusiveMinimum": true, "multipleOf": 0.5 },
        "list": { "type": "array", "minItems": 1, "maxItems": 2, "items": { "type": "string" } },
        "policy": { "type": "string", "enum": ["Always", "Never"] },
        "since": { "type": "string", "format": "date-time" },
    }});
    assert_eq!(problems(&schema, json!({ "cron": "12", "replicas": 3, "share": 1.5 })), "");
    let wrong = json!({ "replicas": 0, "share": 0, "list": ["a", "b", "c"], "policy": "X", "since": "now" });
    assert_eq!(
        problems(&schema, wrong),
        "spec.list: Too many: 3: must have at most 2 items\n\
         spec.policy: Unsupported value: \"X\": supported values: \"Always\", \"Never\"\n\
         spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1\n\
         spec.share: Invalid value: 0: spec.share in body should be greater than 0\n\
         spec.since: Invalid value: \"now\": spec.since in body must be of type date-time: \"now\"\n\
         spec.cron: Required value"
    );
    assert_eq!(
        problems(&schema, json!({ "cron": "x", "list": [], "share": 0.7 })),
        "spec.cron: Invalid value: \"x\": spec.cron in body should be at least 2 chars long\n\
         spec.cron: Invalid value: \"x\": spec.cron in body should match '^\\d+$'\n\
         spec.list: Invalid value: []: spec.list in body should have at least 1 items\n\
         spec.share: Invalid value: 0.7: spec.share in body should be a multiple of 0.5"
    );
}

#[test]
fn alternatives_are_tried() {
    let schema = json!({ "type": "object",
        "properties": { "a": { "type": "string" }, "b": { "type": "string" } },
        "oneOf": [{ "required": ["a"] }, { "required": ["b"] }],
        "not": { "properties": { "a": { "enum": ["no"] } }, "required": ["a"] },
    });
    assert_eq!(problems(&schema, json!({ "a": "x" })), "");
    assert_eq!(
        problems(&schema, json!({})),
        "<nil>: Invalid value: \"\": \"spec\" must validate one and only one schema (oneOf). Found none valid\n\
         spec.a: Required value"
    );
    assert_eq!(
        problems(&schema, json!({ "a": "x", "b": "y" })),
        "<nil>: Invalid value: \"\": \"spec\" must validate one and only one schema (oneOf). Found 2 valid alternatives"
    );
    assert_eq!(
        problems(&schema, json!({ "a": "no" })),
        "<nil>: Invalid value: \"\": \"spec\" must not validate the schema (not)"
    );
}

#[test]
fn items_of_sets_and_maps_differ() {
    let schema = json!({ "type": "object", "properties": {
        "set": { "type": "array", "x-kubernetes-list-type": "set", "items": { "type": "string" } },
        "map": { "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
            "items": { "type": "object", "properties": {
                "port": { "type": "integer" }, "protocol": { "type": "string", "default": "TCP" } } } },
    }});
    let spec =
        json!({ "set": ["a", "b", "a"], "map": [{ "port": 1 }, { "port": 1, "protocol": "TCP" }] });
    assert_eq!(
        problems(&schema, spec),
        "spec.map[1]: Duplicate value: {\"port\":1,\"protocol\":\"TCP\"}\n\
         spec.set[2]: Duplicate value: \"a\""
    );
}

#[test]
fn what_was_wrong_before_and_stays_is_let_be() {
    let schema = json!({ "type": "object", "properties": {
        "old": { "type": "string", "enum": ["x"] }, "new": { "type": "string", "enum": ["x"] },
        "list": { "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": { "type": "object", "properties": {
                "name": { "type": "string" }, "level": { "type": "integer", "maximum": 5 } } } },
    }});
    let old = json!({ "old": "y", "list": [{ "name": "a", "level": 9 }] });
    let new = json!({ "old": "y", "new": "y", "list": [{ "name": "b", "level": 1 }, { "name": "a", "level": 9 }] });
    assert_eq!(
        changed(&schema, new, Some(old)),
        "spec.new: Unsupported value: \"y\": supported values: \"x\""
    );
}

#[test]
fn only_items_with_keys_are_compared_with_what_they_were() {
    let item = json!({ "type": "object", "properties": { "name": { "type": "string" }, "n": { "maximum": 1 } } });
    let list = |shape: &str| json!({ "type": "array", "items": item, "x-kubernetes-list-type": shape, "x-kubernetes-list-map-keys": ["name"] });
    let old = json!([{ "name": "a", "n": 2 }, { "name": "b", "n": 1 }]);
    let new = json!([{ "name": "b", "n": 1 }, { "name": "a", "n": 2 }]);
    assert_eq!(changed(&list("map"), new.clone(), Some(old.clone())), "");
    for shape in ["atomic", "set"] {
        let problem = changed(&list(shape), new.clone(), Some(old.clone()));
        assert!(problem.starts_with("spec[1].n: Invalid value: 2"), "{shape}: {problem}");
        assert_eq!(changed(&list(shape), old.clone(), Some(old.clone())), "", "{shape}");
    }
}

#[test]
fn long_lists_are_compared_in_one_pass() {
    let schema = json!({ "type": "array", "items": { "type": "object" }, "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"] });
    // Every item with every other would take hours.
    let list = |n: u32| (0..100_000).map(|at| json!({ "name": at, "n": n })).collect::<Value>();
    assert_eq!(changed(&schema, list(1), Some(list(0))), "");
}

#[test]
fn defaults_are_filled_in_deep_down() {
    let schema = structural(json!({ "type": "object", "default": {}, "properties": {
        "replicas": { "type": "integer", "default": 1 },
        "image": { "type": "string", "default": "x", "nullable": true },
        "list": { "type": "array", "items": { "type": "object", "properties": {
            "protocol": { "type": "string", "default": "TCP" } } } },
        "map": { "type": "object", "additionalProperties": { "type": "object", "properties": {
            "on": { "type": "boolean", "default": true } } } },
    }}));
    let filled = |mut object: Value| {
        schema.set_defaults(&mut object);
        object
    };
    assert_eq!(filled(json!({})), json!({ "spec": { "replicas": 1, "image": "x" } }));
    let given =
        json!({ "spec": { "replicas": null, "image": null, "list": [{}], "map": { "a": {} } } });
    let expected = json!({ "spec": { "replicas": 1, "image": null, "list": [{ "protocol": "TCP" }],
        "map": { "a": { "on": true } } } });
    assert_eq!(filled(given), expected);
}

#[test]
fn null_is_as_if_the_field_had_been_left_out() {
    let schema =
        structural(json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true,
            "properties": {
                "list": { "type": "array", "items": { "type": "string" } },
                "map": { "type": "object", "additionalProperties": { "type": "string" } },
                "nullable": { "type": "string", "nullable": true },
                "default": { "type": "string", "default": "x" },
            },
        }));
    let mut object = json!({ "spec": { "list": null, "nullable": null, "default": null, "free": null,
        "map": { "a": null, "b": "c" } } });
    assert!(schema.knows(&object, &schemas()));
    schema.prune(&mut object, &schemas());
    let kept =
        json!({ "spec": { "nullable": null, "default": null, "free": null, "map": { "b": "c" } } });
    assert_eq!(object, kept);
    let mut items = json!({ "spec": { "list": [null] } });
    schema.prune(&mut items, &schemas());
    assert_eq!(items, json!({ "spec": { "list": [null] } }), "an item of a list has a place");
}

#[test]
fn unknown_fields_are_dropped_and_told() {
    let schema = structural(json!({ "type": "object", "properties": {
        "known": { "type": "string" },
        "free": { "type": "object", "x-kubernetes-preserve-unknown-fields": true,
            "properties": { "strict": { "type": "object" } } },
        "map": { "type": "object", "additionalProperties": { "type": "object" } },
        "list": { "type": "array", "items": { "type": "object" } },
        "whole": { "type": "object", "x-kubernetes-embedded-resource": true },
    }}));
    let body = json!({
        "apiVersion": "example.com/v1", "kind": "CronTab", "metadata": { "name": "a", "odd": 1 }, "other": 1,
        "spec": { "known": "x", "a": 1, "free": { "b": 1, "strict": { "c": 1 } }, "map": { "k": { "d": 1 } },
            "list": [{ "e": 1 }], "whole": { "apiVersion": "v1", "kind": "X", "metadata": { "name": "y" }, "f": 1 } },
    });
    let decoded = decode::decode_as(
        body.to_string().as_bytes(),
        crate::Media::Json,
        &schemas(),
        Some(Schema::Structural(&schema)),
        FieldValidation::Warn,
    );
    let decoded = decoded.unwrap();
    assert_eq!(
        decoded.object["spec"],
        json!({ "known": "x", "free": { "b": 1, "strict": {} }, "map": { "k": {} }, "list": [{}],
            "whole": { "apiVersion": "v1", "kind": "X", "metadata": { "name": "y" } } })
    );
    assert_eq!(decoded.object["metadata"], json!({ "name": "a" }));
    let unknown = [
        "metadata.odd",
        "other",
        "spec.a",
        "spec.free.strict.c",
        "spec.list[0].e",
        "spec.map.k.d",
        "spec.whole.f",
    ];
    assert_eq!(decoded.warnings, unknown.map(|path| format!("unknown field \"{path}\"")));
}

#[test]
fn a_kind_of_another_name_is_refused() {
    let schema = structural(json!({ "type": "object" }));
    let refused = |body: Value| {
        let body = body.to_string();
        let schema = Some(Schema::Structural(&schema));
        let ignore = FieldValidation::Ignore;
        decode::decode_as(body.as_bytes(), crate::Media::Json, &schemas(), schema, ignore)
            .unwrap_err()
            .message
    };
    assert_eq!(
        refused(json!({ "apiVersion": "example.com/v1" })),
        "Object 'Kind' is missing in the body"
    );
    assert_eq!(
        refused(json!({ "apiVersion": "example.com/v2", "kind": "CronTab" })),
        "the API version in the data (example.com/v2) does not match the expected API version (example.com/v1)"
    );
}

#[test]
fn whole_numbers_are_written_as_such() {
    let spec = json!({ "type": "object", "properties": {
        "whole": { "type": "integer" }, "share": { "type": "number" },
        "free": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
        "list": { "type": "array", "items": { "type": "number" } },
    }});
    let structural = structural(spec);
    let mut object = json!({ "spec": {
        "whole": 1.0, "share": 1.5, "free": { "a": [2e3, { "b": -3.0 }], "c": 1e300 }, "list": [4.0, 0.25],
    }});
    structural.prune(&mut object, &schemas());
    let expected =
        r#"{"free":{"a":[2000,{"b":-3}],"c":1e+300},"list":[4,0.25],"share":1.5,"whole":1}"#;
    assert_eq!(object["spec"].to_string(), expected);
}
