//! Sets say what they hold in order.

use serde_json::json;

use super::super::tests::set;
use super::super::{Element, FieldSet};

#[test]
fn paths_come_in_order_with_members_before_what_is_below() {
    let set =
        set(json!({"f:b": {}, "f:a": {".": {}, "i:2": {}, "v:\"x\"": {}, "k:{\"n\":1}": {}}}));
    assert_eq!(set.paths(), [".a", ".a[n=1]", ".a[=\"x\"]", ".a[2]", ".b"]);
}

#[test]
fn of_two_nodes_with_one_element_the_union_is_kept() {
    let path = |names: &[&str]| {
        let elements: Vec<_> = names.iter().map(|name| Element::Field((*name).into())).collect();
        FieldSet::of(&elements)
    };
    let nodes = [path(&["a", "b"]), path(&["b"]), path(&["a"])];
    let nodes = nodes.iter().flat_map(|set| set.nodes().to_vec()).collect();
    assert_eq!(
        FieldSet::from_nodes(nodes),
        path(&["a"]).union(&path(&["a", "b"])).union(&path(&["b"]))
    );
}
