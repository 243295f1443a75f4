use super::*;

/// Version 2 of one document of version 3.
fn converted(document: &Value) -> Value {
    let bytes = serde_json::to_vec(document).unwrap();
    serde_json::from_slice(&super::json(&mut std::iter::once(bytes))).unwrap()
}

#[test]
fn references_keep_their_description_and_point_to_definitions() {
    let document = converted(&json!({ "components": { "schemas": { "A": {
        "type": "object",
        "properties": {
            "b": { "allOf": [{ "$ref": "#/components/schemas/B" }], "description": "b" },
            "c": { "type": "array", "items": { "$ref": "#/components/schemas/C" } },
            "d": { "format": "int-or-string", "oneOf": [{ "type": "integer" }, { "type": "string" }] },
        },
    }}}}));
    assert_eq!(document["swagger"], "2.0");
    let fields = &document["definitions"]["A"]["properties"];
    assert_eq!(fields["b"], json!({ "$ref": "#/definitions/B", "description": "b" }));
    assert_eq!(fields["c"]["items"], json!({ "$ref": "#/definitions/C" }));
    assert_eq!(fields["d"], json!({ "type": "string", "format": "int-or-string" }));
}

#[test]
fn bodies_become_parameters_and_media_types_lists() {
    let schema = json!({ "$ref": "#/components/schemas/A" });
    let document = converted(&json!({ "paths": { "/a/{name}": {
        "parameters": [{ "name": "name", "in": "path", "required": true, "schema": { "type": "string" } }],
        "put": {
            "operationId": "put",
            "parameters": [{ "name": "dryRun", "in": "query", "schema": { "type": "string" } }],
            "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
            "responses": { "200": { "description": "OK", "content": { "application/yaml": { "schema": schema } } } },
            "x-kubernetes-action": "put",
        },
    }}}));
    let item = &document["paths"]["/a/{name}"];
    assert_eq!(item["parameters"][0]["type"], "string");
    let put = &item["put"];
    assert_eq!(
        put["parameters"][0],
        json!({ "in": "body", "name": "body", "required": true, "schema": { "$ref": "#/definitions/A" } })
    );
    assert_eq!(put["parameters"][1], json!({ "name": "dryRun", "in": "query", "type": "string" }));
    assert_eq!(
        (&put["consumes"], &put["produces"]),
        (&json!(["application/json"]), &json!(["application/yaml"]))
    );
    assert_eq!(put["responses"]["200"]["schema"]["$ref"], "#/definitions/A");
    assert_eq!(put["x-kubernetes-action"], "put");
    assert_eq!(put.get("requestBody"), None);
}

#[test]
fn protobuf_says_the_same_in_fewer_bytes() {
    let document = json!({ "components": { "schemas": { "A": { "type": "object" } } } });
    let bytes = super::protobuf(&mut std::iter::once(serde_json::to_vec(&document).unwrap()));
    assert_eq!(&bytes[..5], b"\x0a\x032.0");
    // Definitions (9) with an entry (1) that has a name (1) and a schema (2), whose type (22) is a list.
    assert!(
        bytes.ends_with(b"\x4a\x12\x0a\x10\x0a\x01A\x12\x0b\xb2\x01\x08\x0a\x06object"),
        "{bytes:?}"
    );
}
