use serde_json::json;

use super::*;

fn found(path: &str) -> Value {
    let object = json!({
        "metadata": { "annotations": { "a.b/c": "x" } },
        "spec": { "list": [{ "name": "a", "n": 1 }, { "name": "b", "n": 2 }, { "name": "c", "n": 3 }] },
        "status": { "conditions": [{ "type": "Ready", "status": "True" }, { "type": "Old", "status": "False" }] },
    });
    let path = PrinterPath::parse(path).unwrap();
    path.find(&object).into_iter().cloned().collect()
}

#[test]
fn fields_places_and_conditions_are_found() {
    for (path, expected) in [
        (".spec.list[0].name", json!(["a"])),
        ("spec.list[-1].name", json!(["c"])),
        (".spec.list[*].name", json!(["a", "b", "c"])),
        (".spec.list[0:2].name", json!(["a", "b"])),
        (".spec.list[0,2].name", json!(["a", "c"])),
        (".status.conditions[?(@.type==\"Ready\")].status", json!(["True"])),
        (".status.conditions[?(@.type != 'Ready')].status", json!(["False"])),
        (".spec.list[?(@.n > 1)].name", json!(["b", "c"])),
        (".spec.list[?(@.n)].n", json!([1, 2, 3])),
        (".metadata.annotations.a\\.b/c", json!(["x"])),
        (".metadata.annotations['a.b/c']", json!(["x"])),
        ("..status", json!([[], "True", "False"])),
        (".spec.nothing.at.all", json!([])),
    ] {
        if path == "..status" {
            assert_eq!(found(path).as_array().unwrap().len(), 3, "{path}");
        } else {
            assert_eq!(found(path), expected, "{path}");
        }
    }
}

#[test]
fn nonsense_is_refused() {
    for path in
        ["", ".a[", ".a[x]", ".a[?(@.b==\"c\")", ".a b", ".a[?(b)]", ".a..", ".a[?(@.b==c)]"]
    {
        assert!(PrinterPath::parse(path).is_err(), "{path}");
    }
}

#[test]
fn a_path_is_short_and_its_filters_are_few() {
    let nested = |filters: usize| format!("{}a{}", "[?(@".repeat(filters), ")]".repeat(filters));
    PrinterPath::parse(&nested(FILTERS_MAX)).unwrap();
    assert_eq!(PrinterPath::parse(&nested(9)), Err("filters nest too deep".to_owned()));
    let long = "[?(@".repeat(250_000);
    assert_eq!(PrinterPath::parse(&long), Err("must not be longer than 1024 bytes".to_owned()));
}

#[test]
fn a_path_does_not_lead_to_more_values_than_anybody_reads() {
    let path = PrinterPath::parse(&"[0,0,0,0,0,0,0,0]".repeat(20)).unwrap();
    let nested = (0..20).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(path.find(&nested).len(), FOUND_MAX);
}
