//! A place in a document: an entry of an object or of a list, which need not be there.

use serde_json::{Map, Value};

/// Where a path ends.
pub(super) enum Place<'d> {
    Entry(&'d mut Map<String, Value>, String),
    Item(&'d mut Vec<Value>, String),
}

/// The place a path (RFC 6901) leads to; none when something on the way is absent. What stands before the first slash
/// does not count.
pub(super) fn place<'d>(document: &'d mut Value, path: &str) -> Option<Place<'d>> {
    let (_, path) = path.split_once('/')?;
    let mut parts: Vec<String> = path.split('/').map(decoded).collect();
    let last = parts.pop()?;
    let mut around = document;
    for part in parts {
        around = match around {
            Value::Object(map) => map.get_mut(&part)?,
            Value::Array(list) => {
                let index = index(&part, list.len(), list.len()).ok()?;
                list.get_mut(index)?
            }
            _ => return None,
        };
    }
    match around {
        Value::Object(map) => Some(Place::Entry(map, last)),
        Value::Array(list) => Some(Place::Item(list, last)),
        _ => None,
    }
}

fn decoded(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// An index below `end`; a negative one counts back from `from`.
fn index(text: &str, end: usize, from: usize) -> Result<usize, String> {
    let number: i64 =
        text.parse().map_err(|_| format!("strconv.Atoi: parsing {text:?}: invalid syntax"))?;
    let invalid = || format!("Unable to access invalid index: {number}: invalid index referenced");
    let back = usize::try_from(number.unsigned_abs()).map_err(|_| invalid())?;
    let index = if number < 0 { from.checked_sub(back) } else { Some(back) };
    index.filter(|index| *index < end).ok_or_else(invalid)
}

impl<'d> Place<'d> {
    /// How many items move, about, when one is put in here or taken out.
    pub(super) fn behind(&self) -> usize {
        match self {
            Self::Entry(..) => 0,
            Self::Item(list, key) => {
                let places = list.len() + 1;
                index(key, places, places).map_or(0, |index| list.len() - index)
            }
        }
    }

    /// What is there; an absent entry is null.
    pub(super) fn get(self) -> Result<&'d Value, String> {
        match self {
            Self::Entry(map, key) => Ok(map.get(&key).unwrap_or(&Value::Null)),
            Self::Item(list, key) => {
                let index = index(&key, list.len(), list.len())?;
                Ok(&list[index])
            }
        }
    }

    /// Puts a value in place of what is there.
    pub(super) fn set(self, value: Value) -> Result<(), String> {
        match self {
            Self::Entry(map, key) => drop(map.insert(key, value)),
            Self::Item(list, key) => {
                let index = index(&key, list.len(), list.len())?;
                list[index] = value;
            }
        }
        Ok(())
    }

    /// Sets an entry, or puts an item before the one that is there.
    pub(super) fn add(self, value: Value) -> Result<(), String> {
        match self {
            Self::Entry(map, key) => drop(map.insert(key, value)),
            Self::Item(list, key) if key == "-" => list.push(value),
            Self::Item(list, key) => {
                let places = list.len() + 1;
                list.insert(index(&key, places, places)?, value);
            }
        }
        Ok(())
    }

    /// Takes out what must be there.
    pub(super) fn remove(self) -> Result<Value, String> {
        match self {
            Self::Entry(map, key) => map
                .remove(&key)
                .ok_or_else(|| format!("Unable to remove nonexistent key: {key}: missing value")),
            Self::Item(list, key) => {
                let index = index(&key, list.len(), list.len())?;
                Ok(list.remove(index))
            }
        }
    }
}
