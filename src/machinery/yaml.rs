//! YAML bodies, read as the Go library that Kubernetes uses reads them.

use std::collections::HashMap;

use serde_json::{Map, Value};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use crate::path::Path;
use crate::strict::Strictness;

mod scalar;

/// As deep as JSON may be.
const MAX_DEPTH: usize = 128;
/// What aliases may add to a document, in bytes of values: far beyond honest use, far below what a few lines of
/// nested aliases could claim.
const MAX_EXPANSION: usize = 8 << 20;

/// Where `!!str` and its like live.
const STANDARD_TAGS: &str = "tag:yaml.org,2002:";

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("yaml: the text is not UTF-8")]
    NotText,
    #[error("yaml: {0}")]
    Syntax(#[from] ScanError),
    #[error("yaml: the document is nested too deeply")]
    TooDeep,
    #[error("yaml: document contains excessive aliasing")]
    Aliasing,
    #[error("yaml: anchor contains itself or is unknown")]
    UnknownAnchor,
    #[error("yaml: unsupported map key")]
    Key,
    #[error("yaml: map merge requires map or sequence of maps as the value")]
    Merge,
    #[error("yaml: {0:?} cannot be told in JSON")]
    Scalar(String),
    #[error("yaml: unexpected end")]
    End,
}

/// Parses the first document; of two entries with one key the later wins.
pub(crate) fn parse(body: &[u8], strictness: &mut Strictness) -> Result<Value, Error> {
    let text = std::str::from_utf8(body).map_err(|_| Error::NotText)?;
    let mut composer = Composer {
        events: Box::new(events(text)),
        anchors: HashMap::new(),
        expanded: 0,
        strictness,
    };
    loop {
        match composer.next()? {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd | Event::DocumentEnd => return Ok(Value::Null),
            event => return composer.node(event, &Path::ROOT, MAX_DEPTH),
        }
    }
}

fn events(text: &str) -> impl Iterator<Item = Result<Event<'_>, ScanError>> {
    let mut parser = Parser::new_from_str(text);
    std::iter::from_fn(move || parser.next_event().map(|result| result.map(|(event, _)| event)))
        .filter(|event| !matches!(event, Ok(Event::Comment(..))))
}

/// Builds values from events.
struct Composer<'a, 's> {
    events: Box<dyn Iterator<Item = Result<Event<'a>, ScanError>> + 'a>,
    /// Anchored values and their sizes.
    anchors: HashMap<usize, (Value, usize)>,
    expanded: usize,
    strictness: &'s mut Strictness,
}

impl<'a> Composer<'a, '_> {
    fn next(&mut self) -> Result<Event<'a>, Error> {
        Ok(self.events.next().ok_or(Error::End)??)
    }

    fn node(&mut self, event: Event<'a>, path: &Path<'_>, depth: usize) -> Result<Value, Error> {
        let depth = depth.checked_sub(1).ok_or(Error::TooDeep)?;
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (resolve(&text, style, tag.as_deref())?, anchor)
            }
            Event::SequenceStart(_, anchor, _) => (self.list(path, depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.map(path, depth)?, anchor),
            Event::Alias(anchor) => return self.alias(anchor),
            _ => return Err(Error::End),
        };
        if anchor != 0 {
            let size = weight(&value);
            self.expand(size)?;
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok(value)
    }

    fn list(&mut self, path: &Path<'_>, depth: usize) -> Result<Value, Error> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Value::Array(list)),
                event => list.push(self.node(event, &path.index(list.len()), depth)?),
            }
        }
    }

    fn map(&mut self, path: &Path<'_>, depth: usize) -> Result<Value, Error> {
        let mut map = Map::new();
        let mut merged = Vec::new();
        loop {
            let event = match self.next()? {
                Event::MappingEnd => break,
                event => event,
            };
            let merges =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<");
            let key = scalar::key(self.node(event, path, depth)?).ok_or(Error::Key)?;
            let event = self.next()?;
            let value = self.node(event, &path.field(&key), depth)?;
            if merges {
                merged.push(value);
                continue;
            }
            if map.contains_key(&key) {
                self.strictness.duplicate_field(&path.field(&key));
            }
            map.insert(key, value);
        }
        merged.into_iter().try_for_each(|value| merge(&mut map, value))?;
        Ok(Value::Object(map))
    }

    fn alias(&mut self, anchor: usize) -> Result<Value, Error> {
        let (value, size) = self.anchors.get(&anchor).ok_or(Error::UnknownAnchor)?;
        let (value, size) = (value.clone(), *size);
        self.expand(size)?;
        Ok(value)
    }

    fn expand(&mut self, size: usize) -> Result<(), Error> {
        self.expanded = self.expanded.saturating_add(size);
        if self.expanded > MAX_EXPANSION { Err(Error::Aliasing) } else { Ok(()) }
    }
}

/// Fills in the entries of `<<` that the map does not have itself.
fn merge(map: &mut Map<String, Value>, value: Value) -> Result<(), Error> {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                map.entry(key).or_insert(value);
            }
            Ok(())
        }
        Value::Array(list) if list.iter().all(Value::is_object) => {
            list.into_iter().try_for_each(|value| merge(map, value))
        }
        _ => Err(Error::Merge),
    }
}

fn resolve(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, Error> {
    let plain = matches!(style, ScalarStyle::Plain);
    match tag.and_then(|tag| tag.suffix_in_namespace(STANDARD_TAGS)).as_deref() {
        Some("str") => Ok(Value::from(text)),
        Some("binary") => scalar::binary(text).ok_or_else(|| Error::Scalar(text.to_owned())),
        Some("null" | "bool" | "int" | "float") => {
            scalar::plain(text).ok_or_else(|| Error::Scalar(text.to_owned()))
        }
        _ if plain => scalar::plain(text).ok_or_else(|| Error::Scalar(text.to_owned())),
        _ => Ok(Value::from(text)),
    }
}

/// Roughly the memory a value takes.
fn weight(value: &Value) -> usize {
    let inner = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(weight).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + weight(value)).sum(),
    };
    inner + size_of::<Value>()
}

#[cfg(test)]
mod tests;
