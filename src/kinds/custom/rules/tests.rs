use machinery::{GroupVersionKind, Structural};
use serde_json::json;

mod typed;

use super::*;

/// What rules find wrong, a line for each error.
fn problems(schema: &Value, object: Value, old: Option<Value>) -> String {
    let [group, version, kind] = ["example.com", "v1", "X"].map(str::to_owned);
    let structural = Structural::new(GroupVersionKind { group, version, kind }, schema);
    let errors = FieldErrors::new();
    Rules::read(schema).validate(structural.root(), &object, old.as_ref(), &errors);
    let lines: Vec<String> = errors.into_vec().iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn of_spec(rules: Value) -> Value {
    json!({ "type": "object", "properties": { "spec": { "type": "object",
        "x-kubernetes-validations": rules,
        "properties": {
            "min": { "type": "integer" }, "max": { "type": "integer" }, "share": { "type": "number" },
            "since": { "type": "string", "format": "date-time" },
            "list": { "type": "array", "items": { "type": "integer" } },
            "a-b": { "type": "string" },
        } } } })
}

#[test]
fn a_rule_speaks_up_when_it_is_broken() {
    let schema = of_spec(json!([
        { "rule": "self.min <= self.max", "message": "min must not be above max" },
        { "rule": "self.share < 1.5", "messageExpression": "'share is ' + string(self.share)" },
        { "rule": "self.list.all(x, x > 0)", "reason": "FieldValueForbidden", "fieldPath": ".list" },
        { "rule": "!has(self.a__dash__b) || self.a__dash__b.startsWith('x')" },
    ]));
    let spec = json!({ "spec": { "min": 1, "max": 2, "share": 1, "list": [1], "a-b": "xy" } });
    assert_eq!(problems(&schema, spec, None), "");
    let spec = json!({ "spec": { "min": 3, "max": 2, "share": 2, "list": [0], "a-b": "y" } });
    assert_eq!(
        problems(&schema, spec, None),
        "spec: Invalid value: \"object\": min must not be above max\n\
         spec: Invalid value: \"object\": share is 2\n\
         spec.list: Forbidden: failed rule: self.list.all(x, x > 0)\n\
         spec: Invalid value: \"object\": failed rule: !has(self.a__dash__b) || self.a__dash__b.startsWith('x')"
    );
}

#[test]
fn transitions_are_judged_on_updates_only() {
    let schema = of_spec(json!([
        { "rule": "self.min >= oldSelf.min", "message": "min may only grow" },
        { "rule": "!oldSelf.hasValue() || self.max == oldSelf.value().max", "optionalOldSelf": true, "message": "max is fixed" },
    ]));
    let object = json!({ "spec": { "min": 1, "max": 1 } });
    assert_eq!(problems(&schema, object.clone(), None), "");
    assert_eq!(
        problems(&schema, object, Some(json!({ "spec": { "min": 2, "max": 2 } }))),
        "spec: Invalid value: \"object\": min may only grow\n\
         spec: Invalid value: \"object\": max is fixed"
    );
}

#[test]
fn what_has_not_changed_is_not_judged_again() {
    let schema = of_spec(json!([{ "rule": "self.min > 5" }]));
    let broken = json!({ "spec": { "min": 1 }, "metadata": { "name": "a" } });
    let touched = json!({ "spec": { "min": 1 }, "metadata": { "name": "a", "labels": {} } });
    assert_eq!(problems(&schema, touched, Some(broken)), "");
}

#[test]
fn a_rule_that_fails_counts_against_the_object() {
    let schema = of_spec(json!([{ "rule": "self.min / self.max > 1" }]));
    let object = json!({ "spec": { "min": 1, "max": 0 } });
    let problem = problems(&schema, object, None);
    assert!(problem.contains("evaluating rule: self.min / self.max > 1"), "{problem}");
}

#[test]
fn loops_in_loops_over_many_values_are_too_dear() {
    let rule = "self.list.all(a, self.list.all(b, self.list.all(c, a + b + c > 0)))";
    let schema = of_spec(json!([{ "rule": rule }]));
    let few = json!({ "spec": { "list": vec![1; 10] } });
    assert_eq!(problems(&schema, few, None), "");
    let many = json!({ "spec": { "list": vec![1; 1_000] } });
    let problem = problems(&schema, many, None);
    assert!(problem.contains("running out of cost budget"), "{problem}");
}

#[test]
fn a_rule_that_cannot_be_asked_speaks_against_everything_new() {
    let schema = of_spec(json!([{ "rule": "self.min.fromTheFuture()" }]));
    let object = json!({ "spec": { "min": 1 } });
    let problem = problems(&schema, object.clone(), None);
    assert!(
        problem.starts_with("spec: Invalid value: \"object\": rule compile error: "),
        "{problem}"
    );
    assert_eq!(problems(&schema, object.clone(), Some(object)), "");
}

#[test]
fn comparing_everything_with_everything_is_too_dear() {
    let many: Vec<u32> = (0..100_000).collect();
    for rule in [
        "self.list.distinct().size() == self.list.size()",
        "sets.equivalent(self.list, self.list.reverse())",
        "!sets.intersects(self.list, self.list.map(x, -1 - x))",
    ] {
        let schema = of_spec(json!([{ "rule": rule }]));
        let few = json!({ "spec": { "list": [2, 1, 3] } });
        assert_eq!(problems(&schema, few, None), "", "{rule}");
        let problem = problems(&schema, json!({ "spec": { "list": many } }), None);
        assert!(problem.contains("running out of cost budget"), "{rule}: {problem}");
    }
}

#[test]
fn what_is_too_dear_is_said_once() {
    let rules = json!([{ "rule": "self.size() > 0" }, { "rule": "self.startsWith('x')" }]);
    let item = json!({ "type": "string", "x-kubernetes-validations": rules });
    let schema = json!({ "type": "object",
        "properties": { "list": { "type": "array", "items": item } } });
    let object = json!({ "list": vec!["x"; 1_000_000] });
    let problem = problems(&schema, object, None);
    let told = "no further validation rules will be run";
    assert_eq!(problem.matches(told).count(), 1, "{}", problem.lines().count());
}

#[test]
fn formats_have_types_of_their_own() {
    let schema = json!({ "type": "object", "properties": {
        "at": { "type": "string", "format": "date-time" }, "day": { "type": "string", "format": "date" },
        "for": { "type": "string", "format": "duration" }, "raw": { "type": "string", "format": "byte" },
        "port": { "x-kubernetes-int-or-string": true },
    }, "x-kubernetes-validations": [
        { "rule": "self.at > timestamp('2024-01-01T00:00:00Z')" }, { "rule": "self.day.getFullYear() == 2024" },
        { "rule": "self.__for__ <= duration('1h')" }, { "rule": "self.raw == b'abc'" },
        { "rule": "self.port == 80 || self.port == 'http'" }, { "rule": "self.metadata.name != ''" },
    ] });
    let object = |port: Value| {
        json!({ "metadata": { "name": "x" }, "at": "2024-06-01T00:00:00Z", "day": "2024-02-29",
        "for": "30m", "raw": "YWJj", "port": port })
    };
    assert_eq!(problems(&schema, object(80.into()), None), "");
    assert_eq!(problems(&schema, object("http".into()), None), "");
    assert!(problems(&schema, object("x".into()), None).starts_with("<nil>: Invalid value"));
}

#[test]
fn items_of_maps_know_what_they_were() {
    let item = json!({ "type": "object", "required": ["name"],
        "properties": { "name": { "type": "string" }, "size": { "type": "integer" } },
        "x-kubernetes-validations": [{ "rule": "self.size >= oldSelf.size", "message": "no shrinking" }] });
    let schema = json!({ "type": "object", "properties": { "list": { "type": "array", "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"], "items": item } } });
    let list = |a: i64, b: i64| json!({ "list": [{ "name": "b", "size": b }, { "name": "a", "size": a }] });
    let turned = json!({ "list": [{ "name": "a", "size": 3 }, { "name": "b", "size": 2 }, { "name": "c", "size": 0 }] });
    assert_eq!(problems(&schema, turned, Some(list(3, 2))), "");
    assert_eq!(
        problems(&schema, list(2, 2), Some(list(3, 2))),
        "list[1]: Invalid value: \"object\": no shrinking"
    );
}
