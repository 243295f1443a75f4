use expect_test::{Expect, expect};
use serde_json::json;

use super::*;

#[expect(clippy::needless_pass_by_value, reason = "a test reads better without references")]
fn refused(schema: Value, expected: Expect) {
    let errors = FieldErrors::new();
    validate(&schema, &Known::default(), &errors.at("schema"));
    let lines: Vec<String> = errors.into_vec().iter().map(ToString::to_string).collect();
    expected.assert_eq(&lines.join("\n"));
}

fn with_spec(spec: Value) -> Value {
    json!({ "type": "object", "properties": { "spec": spec } })
}

#[test]
fn ordinary_schemas_are_fine() {
    refused(
        with_spec(json!({ "type": "object", "required": ["a"], "properties": {
            "a": { "type": "string", "pattern": "^[a-z]+$", "default": "abc" },
            "port": { "x-kubernetes-int-or-string": true, "anyOf": [{ "type": "integer" }, { "type": "string" }] },
            "free": { "x-kubernetes-preserve-unknown-fields": true },
            "map": { "type": "object", "additionalProperties": { "type": "string" } },
            "list": { "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } } },
        }, "oneOf": [{ "required": ["a"] }, { "properties": { "a": { "enum": ["b"] } } }] })),
        expect![""],
    );
}

#[test]
fn every_value_needs_a_type() {
    refused(
        json!({ "type": "object", "properties": { "a": {}, "b": { "type": "array" },
            "c": { "type": "array", "items": {} }, "d": { "type": "magic" }, "e": { "type": "null" },
            "f": { "type": "string", "x-kubernetes-int-or-string": true } } }),
        expect![[r#"
            schema.properties[a].type: Required value: must not be empty for specified object fields
            schema.properties[b].items: Required value: must be specified
            schema.properties[c].items.type: Required value: must not be empty for specified array items
            schema.properties[d].type: Unsupported value: "magic": supported values: "array", "boolean", "integer", "number", "object", "string"
            schema.properties[e].type: Forbidden: type cannot be set to null, use nullable as an alternative
            schema.properties[f].type: Forbidden: must be empty if x-kubernetes-int-or-string is true"#]],
    );
}

#[test]
fn words_that_are_not_taken() {
    refused(
        with_spec(
            json!({ "type": "object", "$ref": "#/x", "uniqueItems": true, "properties": { "a": { "type": "string", "pattern": "(" } },
            "additionalProperties": { "type": "string" }, "x-kubernetes-map-type": "odd" }),
        ),
        expect![[r#"
            schema.properties[spec].$ref: Forbidden: $ref is not supported
            schema.properties[spec].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic
            schema.properties[spec].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive
            schema.properties[spec].x-kubernetes-map-type: Unsupported value: "odd": supported values: "atomic", "granular"
            schema.properties[spec].properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn't: unclosed group"#]],
    );
}

#[test]
fn alternatives_only_narrow() {
    refused(
        with_spec(json!({ "type": "object", "properties": { "a": { "type": "string" } },
            "anyOf": [{ "type": "object", "properties": { "b": { "enum": ["x"] } } }] })),
        expect![[r"
            schema.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural
            schema.properties[spec].properties[b]: Required value: because it is defined in schema.properties[spec].anyOf[0].properties[b]"]],
    );
}

#[test]
fn metadata_is_known_already() {
    refused(
        json!({ "type": "object", "properties": { "kind": { "type": "integer" },
            "metadata": { "type": "object", "properties": { "labels": { "type": "object" } } } } }),
        expect![[r#"
            schema.properties[kind].type: Invalid value: "integer": must be string
            schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified"#]],
    );
}

#[test]
fn defaults_are_values_of_their_schema() {
    refused(
        with_spec(json!({ "type": "object", "properties": {
            "a": { "type": "string", "default": 1 }, "b": { "type": "integer", "default": 0, "minimum": 1 },
            "c": { "type": "object", "default": { "x": 1 } } } })),
        expect![[r#"
            schema.properties[spec].properties[a].default: Invalid value: "integer": default in body must be of type string: "integer"
            schema.properties[spec].properties[b].default: Invalid value: 0: default in body should be greater than or equal to 1
            schema.properties[spec].properties[c].default: Invalid value: {"x":1}: must not have fields that the schema does not specify"#]],
    );
}

#[test]
fn lists_tell_their_items_apart() {
    refused(
        with_spec(json!({ "type": "object", "properties": {
            "a": { "type": "array", "x-kubernetes-list-type": "map", "items": { "type": "object" } },
            "b": { "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["x", "y"],
                "items": { "type": "object", "properties": { "x": { "type": "string" } } } },
            "c": { "type": "string", "x-kubernetes-list-type": "odd" },
            "d": { "type": "array", "x-kubernetes-list-map-keys": ["x"], "items": { "type": "string" } },
            "e": { "type": "array", "x-kubernetes-list-type": "set", "items": { "type": "object" } } } })),
        expect![[r#"
            schema.properties[spec].properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map
            schema.properties[spec].properties[b].items.properties[x].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property
            schema.properties[spec].properties[b].x-kubernetes-list-map-keys[1]: Invalid value: "y": entries must all be names of item properties
            schema.properties[spec].properties[c].type: Invalid value: "string": must be array if x-kubernetes-list-type is specified
            schema.properties[spec].properties[c].x-kubernetes-list-type: Unsupported value: "odd": supported values: "atomic", "map", "set"
            schema.properties[spec].properties[d].x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty
            schema.properties[spec].properties[e].items.x-kubernetes-map-type: Invalid value: "": items as object must have x-kubernetes-map-type atomic if parent array's x-kubernetes-list-type is set"#]],
    );
}

#[test]
fn rules_must_compile() {
    refused(
        with_spec(json!({ "type": "object", "properties": {
            "a": { "type": "string" },
            "list": { "type": "array", "items": { "type": "object", "properties": { "n": { "type": "integer" } },
                "x-kubernetes-validations": [{ "rule": "self.n >= oldSelf.n" }] } },
        }, "x-kubernetes-validations": [
            { "rule": "self.a == 'x' && self.list.all(one, one.n > 0)" },
            { "rule": "" }, { "rule": "self.a >" }, { "rule": "other.a == 'x'" }, { "rule": "self.b == 1" },
            { "rule": "self.list.all(one, one.m > 0)" }, { "rule": "self.a" },
            { "rule": "self.a == 'x'", "messageExpression": "self.a.unknown()", "reason": "Odd" },
            { "rule": "self.a == 'x'", "optionalOldSelf": true, "fieldPath": ".c", "message": "a\nb" },
            { "rule": "self.a ==\n'x'" },
        ] })),
        expect![[r#"
            schema.properties[spec].x-kubernetes-validations[1].rule: Required value: rule is not specified
            schema.properties[spec].x-kubernetes-validations[2].rule: Invalid value: "self.a >": compilation failed: ERROR: <input>:1:9: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
             | self.a >
             | ........^
            schema.properties[spec].x-kubernetes-validations[3].rule: Invalid value: "other.a == 'x'": compilation failed: ERROR: <input>:1:1: undeclared reference to 'other' (in container '')
             | other.a == 'x'
             | ^
            schema.properties[spec].x-kubernetes-validations[4].rule: Invalid value: "self.b == 1": compilation failed: ERROR: <input>:1:5: undefined field 'b'
             | self.b == 1
             | ....^
            schema.properties[spec].x-kubernetes-validations[5].rule: Invalid value: "self.list.all(one, one.m > 0)": compilation failed: ERROR: <input>:1:23: undefined field 'm'
             | self.list.all(one, one.m > 0)
             | ......................^
            schema.properties[spec].x-kubernetes-validations[6].rule: Invalid value: "self.a": cel expression must evaluate to a bool
            schema.properties[spec].x-kubernetes-validations[7].reason: Unsupported value: "Odd": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"
            schema.properties[spec].x-kubernetes-validations[7].messageExpression: Invalid value: "self.a.unknown()": messageExpression compilation failed: ERROR: <input>:1:15: undeclared reference to 'unknown' (in container '')
             | self.a.unknown()
             | ..............^
            schema.properties[spec].x-kubernetes-validations[8].message: Invalid value: "a\nb": message must not contain line breaks
            schema.properties[spec].x-kubernetes-validations[8].fieldPath: Invalid value: ".c": fieldPath must be a valid path
            schema.properties[spec].x-kubernetes-validations[8].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule
            schema.properties[spec].x-kubernetes-validations[9].message: Required value: message must be specified if rule contains line breaks
            schema.properties[spec].properties[list].items.x-kubernetes-validations[0].rule: Invalid value: "self.n >= oldSelf.n": oldSelf cannot be used on the uncorrelatable portion of the schema within schema.properties[spec].properties[list]"#]],
    );
}
