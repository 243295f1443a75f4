//! Where in a document a walk stands, kept on the stack: good documents never pay for it.

use std::fmt;

/// A place in a document, as a chain back to its top.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    segment: Segment<'a>,
}

#[derive(Clone, Copy)]
enum Segment<'a> {
    Root,
    Field(&'a str),
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    pub(crate) const ROOT: Path<'static> = Path { parent: None, segment: Segment::Root };

    /// A field of an object.
    pub(crate) fn field(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), segment: Segment::Field(name) }
    }

    /// An entry of a map.
    pub(crate) fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), segment: Segment::Key(key) }
    }

    /// An item of a list.
    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), segment: Segment::Index(index) }
    }

    /// Only the names of fields, as Go's decoder tells a place.
    pub(crate) fn fields(&self) -> String {
        let mut names = Vec::new();
        let mut place = Some(self);
        while let Some(path) = place {
            if let Segment::Field(name) = path.segment {
                names.push(name);
            }
            place = path.parent;
        }
        names.reverse();
        names.join(".")
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else { return Ok(()) };
        write!(f, "{parent}")?;
        let dot = if matches!(parent.segment, Segment::Root) { "" } else { "." };
        match self.segment {
            Segment::Root => Ok(()),
            Segment::Field(name) | Segment::Key(name) => write!(f, "{dot}{name}"),
            Segment::Index(index) => write!(f, "[{index}]"),
        }
    }
}
