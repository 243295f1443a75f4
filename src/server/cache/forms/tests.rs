use super::*;
use crate::cache::Head;

fn object(version: &str) -> Cached {
    let (head, stored) =
        (Head::new(version, "Door"), serde_json::json!({"metadata": {"name": "a"}}));
    let bytes = head.encode(&stored).unwrap();
    Cached::read(&head, &[], "a", &bytes, 1).unwrap()
}

#[test]
fn an_object_keeps_one_form_for_each_version() {
    let forms = Forms::default();
    assert!(forms.get("v1").is_none());
    for (version, shown) in [("v1", "v1"), ("v2", "v2"), ("v3", "v3"), ("v2", "other")] {
        forms.put(version, object(shown));
    }
    for version in ["v1", "v2", "v3"] {
        assert_eq!(forms.get(version).unwrap().object()["apiVersion"], version);
    }
    assert!(forms.get("v4").is_none());
}
