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

#[test]
fn many_spellings_of_one_key_are_joined_at_once() {
    let spelled = |index: usize| {
        let key = Element::Key(vec![("a".into(), 1.into())].into());
        FieldSet::of(&[key, Element::Field(format!("f{index}").into())])
    };
    let nodes = (0..50_000).flat_map(|index| spelled(index).nodes).rev().collect();
    let set = FieldSet::from_nodes(nodes);
    assert_eq!((set.nodes.len(), set.count()), (1, 50_000));
}

#[test]
fn the_words_of_a_path_come_to_an_end() {
    let long: String = "a".repeat(1 << 20);
    let set = FieldSet::of(&[Element::Field(long.into()), Element::Field("b".into())]);
    let paths = set.paths();
    assert!(paths[0].ends_with("a…") && paths[0].len() < 2_000, "{}", paths[0].len());
}

#[test]
fn zeros_stand_in_one_order() {
    let zero = |text: &str| Element::Value(serde_json::from_str(text).unwrap());
    let mut zeros = ["0", "0.0", "-0.0"].map(zero);
    zeros.sort();
    for pair in zeros.windows(2) {
        assert!(pair[0] < pair[1]);
    }
}
