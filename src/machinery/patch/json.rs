//! JSON patch (RFC 6902), read as the Go library that Kubernetes uses reads it.
//!
//! It is milder than the RFC: what is absent counts as null, so that `test` can ask for absence and `replace` can add;
//! and indexes may count from the end.

use std::io;

use serde_json::{Map, Value};

use crate::document::{DEPTH_MAX, depth};
use crate::{ApiError, Reason};

mod place;

use place::{Place, place};

/// Operations of one patch: each may copy a part of the document, so their number is bounded (upstream's limit).
const MAX_OPERATIONS: usize = 10_000;
/// What the copies of one patch may come to: copies of copies would double with every operation (upstream's limit,
/// which is that of a request's body).
const COPIED_BYTES_MAX: usize = 3 << 20;

/// How many items of lists the operations of one patch may move: each that does not come last moves all behind it.
const MOVED_ITEMS_MAX: usize = 50_000_000;

/// Applies a list of operations; fails when one of them does.
pub fn apply(mut object: Value, patch: &Value) -> Result<Value, ApiError> {
    let operations = operations(patch)?;
    let mut growth = Growth { copied: 0, moved: 0, depth: depth(&object) };
    for operation in operations {
        Operation(operation).apply(&mut object, &mut growth).map_err(ApiError::unprocessable)?;
    }
    Ok(object)
}

/// What a patch has made of the document: each operation may put what the ones before have made below itself, so
/// neither size nor depth of the result is bounded by that of the patch.
struct Growth {
    copied: usize,
    /// Items that made room, or closed a gap.
    moved: usize,
    /// How deep the document can be at the most.
    depth: usize,
}

impl Growth {
    /// Notes a value of so many levels behind a path.
    fn deepen(&mut self, path: &str, levels: usize) -> Result<(), String> {
        let depth = places(path) + levels;
        if depth > DEPTH_MAX {
            return Err(format!(
                "the document would nest deeper than {DEPTH_MAX} levels at path: {path:?}"
            ));
        }
        self.depth = self.depth.max(depth);
        Ok(())
    }

    /// Notes a value that comes from elsewhere in the document; it is measured only if it matters.
    fn transplant(&mut self, from: &str, path: &str, value: &Value) -> Result<(), String> {
        let levels = self.depth.saturating_sub(places(from));
        if places(path) + levels <= DEPTH_MAX {
            return self.deepen(path, levels);
        }
        self.copy(value)?;
        self.deepen(path, depth(value))
    }

    /// Notes that a list grows or shrinks at a place.
    fn shift(&mut self, place: &Place<'_>) -> Result<(), String> {
        self.moved += place.behind();
        if self.moved > MOVED_ITEMS_MAX {
            return Err(format!(
                "the operations would move more than {MOVED_ITEMS_MAX} items of lists"
            ));
        }
        Ok(())
    }

    /// Notes that a value was gone through.
    fn copy(&mut self, value: &Value) -> Result<(), String> {
        self.copied += length(value);
        if self.copied > COPIED_BYTES_MAX {
            return Err(format!(
                "Unable to complete the copy, the accumulated size increase of copy is {}, exceeding the limit {COPIED_BYTES_MAX}",
                self.copied
            ));
        }
        Ok(())
    }
}

/// How many levels down a path leads.
fn places(path: &str) -> usize {
    path.bytes().filter(|byte| *byte == b'/').count()
}

fn operations(patch: &Value) -> Result<impl Iterator<Item = &Map<String, Value>>, ApiError> {
    let no_patch =
        || ApiError::bad_request("error decoding patch: json: a patch is a list of objects");
    let list = patch.as_array().ok_or_else(no_patch)?;
    if list.len() > MAX_OPERATIONS {
        let message = format!(
            "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {}",
            list.len()
        );
        return Err(ApiError::new(Reason::RequestEntityTooLarge, message));
    }
    if !list.iter().all(Value::is_object) {
        return Err(no_patch());
    }
    Ok(list.iter().filter_map(Value::as_object))
}

/// One operation, as it was sent.
struct Operation<'p>(&'p Map<String, Value>);

impl Operation<'_> {
    fn apply(&self, document: &mut Value, growth: &mut Growth) -> Result<(), String> {
        match self.0.get("op").and_then(Value::as_str).unwrap_or("unknown") {
            "add" => self.add(document, growth),
            "remove" => self.remove(document, growth),
            "replace" => self.replace(document, growth),
            "move" => self.relocate(document, growth),
            "copy" => self.copy(document, growth),
            "test" => self.test(document),
            other => Err(format!("Unexpected kind: {other}")),
        }
    }

    fn path(&self, name: &str) -> Result<&str, String> {
        let path = self.0.get(name).and_then(Value::as_str);
        path.ok_or_else(|| format!("operation missing {name} field: missing value"))
    }

    fn value(&self) -> &Value {
        self.0.get("value").unwrap_or(&Value::Null)
    }

    fn add(&self, document: &mut Value, growth: &mut Growth) -> Result<(), String> {
        let path = self.path("path")?;
        growth.deepen(path, depth(self.value()))?;
        let place = found(document, path, || {
            format!("add operation does not apply: doc is missing path: {path:?}")
        })?;
        growth.shift(&place)?;
        place
            .add(self.value().clone())
            .map_err(|why| format!("error in add for path: '{path}': {why}"))
    }

    fn remove(&self, document: &mut Value, growth: &mut Growth) -> Result<(), String> {
        let path = self.path("path")?;
        let place = found(document, path, || {
            format!("remove operation does not apply: doc is missing path: {path:?}")
        })?;
        growth.shift(&place)?;
        let removed = place.remove();
        removed.map(drop).map_err(|why| format!("error in remove for path: '{path}': {why}"))
    }

    fn replace(&self, document: &mut Value, growth: &mut Growth) -> Result<(), String> {
        let path = self.path("path")?;
        let value = self.value().clone();
        growth.deepen(path, depth(&value))?;
        if path.is_empty() {
            if !value.is_object() {
                return Err(
                    "replace operation does not apply: the document is no object".to_owned()
                );
            }
            *document = value;
            return Ok(());
        }
        let place = found(document, path, || {
            format!("replace operation does not apply: doc is missing path: {path}")
        })?;
        place.set(value).map_err(|_| {
            format!("replace operation does not apply: doc is missing key: {path}: missing value")
        })
    }

    fn relocate(&self, document: &mut Value, growth: &mut Growth) -> Result<(), String> {
        let (from, path) = (self.path("from")?, self.path("path")?);
        let place = found(document, from, || {
            format!("move operation does not apply: doc is missing from path: {from}")
        })?;
        growth.shift(&place)?;
        let value =
            place.remove().map_err(|why| format!("error in move for path: '{from}': {why}"))?;
        growth.transplant(from, path, &value)?;
        let place = found(document, path, || {
            format!("move operation does not apply: doc is missing destination path: {path}")
        })?;
        growth.shift(&place)?;
        place.add(value).map_err(|why| format!("error in move for path: '{path}': {why}"))
    }

    fn copy(&self, document: &mut Value, growth: &mut Growth) -> Result<(), String> {
        let (from, path) = (self.path("from")?, self.path("path")?);
        let place = found(document, from, || {
            format!("copy operation does not apply: doc is missing from path: {from}")
        })?;
        let value =
            place.get().map_err(|why| format!("error in copy for from: '{from}': {why}"))?.clone();
        growth.copy(&value)?;
        growth.transplant(from, path, &value)?;
        let place = found(document, path, || {
            format!("copy operation does not apply: doc is missing destination path: {path}")
        })?;
        growth.shift(&place)?;
        place.add(value).map_err(|why| format!("error in copy for path: '{path}': {why}"))
    }

    fn test(&self, document: &mut Value) -> Result<(), String> {
        let path = self.path("path")?;
        let is_equal = if path.is_empty() {
            document == self.value()
        } else {
            let place = found(document, path, || {
                format!("test operation does not apply: is missing path: {path}")
            })?;
            let value = place.get();
            value.map_err(|why| format!("error in test for path: '{path}': {why}"))? == self.value()
        };
        if is_equal { Ok(()) } else { Err(format!("testing value {path} failed: test failed")) }
    }
}

fn found<'d>(
    document: &'d mut Value,
    path: &str,
    absent: impl Fn() -> String,
) -> Result<Place<'d>, String> {
    place(document, path).ok_or_else(|| format!("{}: missing value", absent()))
}

/// How long a value is as text.
fn length(value: &Value) -> usize {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, value).expect("nothing is written");
    length.0
}

/// Counts what is written to it.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
