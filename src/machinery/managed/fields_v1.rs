//! Sets of fields as documents carry them: the JSON of `FieldsV1`.
//!
//! An entry per element; an entry holds the entries below it, and `.` when the place itself is in the set. A place with
//! nothing below it is an empty object.

use serde_json::{Map, Value};

use super::set::Node;
use super::{Element, FieldSet, Malformed};

const SELF: &str = ".";

/// Writes a set.
pub fn encode(set: &FieldSet) -> Value {
    Value::Object(
        set.nodes().iter().map(|node| (node.element.encode(), encode_node(node))).collect(),
    )
}

fn encode_node(node: &Node) -> Value {
    let mut value = encode(&node.below);
    if let (true, Value::Object(map)) = (node.member && !node.below.is_empty(), &mut value) {
        map.insert(SELF.to_owned(), Value::Object(Map::new()));
    }
    value
}

/// Reads a set.
pub fn decode(value: &Value) -> Result<FieldSet, Malformed> {
    let Value::Object(map) = value else { return Err(Malformed("fieldsV1 is no object")) };
    let mut nodes = Vec::with_capacity(map.len());
    for (key, value) in map.iter().filter(|(key, _)| *key != SELF) {
        let Some(element) = Element::decode(key).map_err(Malformed)? else { continue };
        let below = decode(value)?;
        let member = below.is_empty() || value.get(SELF).is_some();
        nodes.push(Node { element, member, below });
    }
    Ok(FieldSet::from_nodes(nodes))
}

#[cfg(test)]
mod tests;
