//! Which objects of a kind a list or a watch is about.

use kinds::FieldLabel;
use machinery::{ApiError, FieldOperator, FieldSelector, LabelSelector};

use serde_json::Value;

use super::Cached;
use crate::catalog::View;

/// Selectors, with field labels resolved to places in [`Cached::fields`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    labels: Option<LabelSelector>,
    fields: Vec<FieldMatch>,
}

/// What a request selects, in two steps where objects have to be converted or read first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selected {
    /// What the cache can tell by the objects it keeps.
    pub(crate) kept: Selection,
    /// What is told by the objects in the form asked for, if anything is.
    pub(crate) converted: Option<Selection>,
}

#[derive(Debug, Clone)]
struct FieldMatch {
    place: Place,
    value: String,
    equal: bool,
}

#[derive(Debug, Clone)]
enum Place {
    Name,
    Namespace,
    Field(usize),
    /// A field of a view on another kind's objects; rare enough to be read from the document each time.
    Viewed {
        from_stored: Option<fn(Value) -> Value>,
        field: FieldLabel,
    },
}

impl Place {
    fn is_name(&self) -> bool {
        matches!(self, Self::Name | Self::Namespace)
    }
}

impl Selection {
    pub(crate) fn new(
        selectable: &[FieldLabel],
        view: &View,
        labels: Option<LabelSelector>,
        fields: Option<&FieldSelector>,
    ) -> Result<Self, ApiError> {
        let labels = labels.filter(|selector| !selector.is_everything());
        let requirements = fields.map(|fields| fields.requirements.as_slice()).unwrap_or_default();
        let fields = requirements.iter().map(|requirement| {
            let label = requirement.label.as_str();
            let place = match label {
                "metadata.name" => Place::Name,
                "metadata.namespace" => Place::Namespace,
                _ => place(selectable, view, label).ok_or_else(|| {
                    ApiError::bad_request(format!("field label not supported: {label}"))
                })?,
            };
            let equal = requirement.operator == FieldOperator::Equals;
            Ok(FieldMatch { place, value: requirement.value.clone(), equal })
        });
        let fields = fields.collect::<Result<_, ApiError>>()?;
        Ok(Self { labels, fields })
    }

    /// As it is about objects that are converted first. Of these, the cache can tell the names.
    pub(crate) fn after_conversion(self) -> Selected {
        let (of_names, others): (Vec<_>, Vec<_>) =
            self.fields.into_iter().partition(|field| field.place.is_name());
        let converted = Self { labels: self.labels, fields: others };
        Selected {
            kept: Self { labels: None, fields: of_names },
            converted: (!converted.is_everything()).then_some(converted),
        }
    }

    /// In two steps as well where documents have to be read to tell: the cache, for which all wait, does not.
    pub(crate) fn after_reading(self) -> Selected {
        let is_read = |field: &FieldMatch| matches!(field.place, Place::Viewed { .. });
        let (read, others): (Vec<_>, Vec<_>) = self.fields.into_iter().partition(is_read);
        Selected {
            kept: Self { labels: self.labels, fields: others },
            converted: (!read.is_empty()).then_some(Self { labels: None, fields: read }),
        }
    }

    /// Selects one name.
    pub(crate) fn with_name(mut self, name: &str) -> Self {
        self.fields.push(FieldMatch { place: Place::Name, value: name.to_owned(), equal: true });
        self
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_none() && self.fields.is_empty()
    }

    /// The only name that can match, if there is one.
    pub(crate) fn only_name(&self) -> Option<&str> {
        let named = |field: &&FieldMatch| field.equal && matches!(field.place, Place::Name);
        self.fields.iter().find(named).map(|field| field.value.as_str())
    }

    pub(crate) fn matches(&self, object: &Cached) -> bool {
        let mut document = None;
        let fields = self.fields.iter().all(|field| {
            let value = match &field.place {
                Place::Name => object.name(),
                Place::Namespace => object.namespace().unwrap_or_default(),
                Place::Field(index) => object.fields.get(*index).map_or("", |value| value),
                Place::Viewed { from_stored, field: viewed } => {
                    // All fields of a selection are of one view.
                    let shown = document.get_or_insert_with(|| {
                        let stored = object.object();
                        match from_stored {
                            Some(from_stored) => from_stored(stored),
                            None => stored,
                        }
                    });
                    return (viewed.read(shown) == field.value) == field.equal;
                }
            };
            (value == field.value) == field.equal
        });
        fields && self.labels.as_ref().is_none_or(|selector| selector.matches(&object.labels))
    }
}

/// Where the values of a label are found.
fn place(selectable: &[FieldLabel], view: &View, label: &str) -> Option<Place> {
    let index = selectable.iter().position(|field| field.label == label)?;
    let from_stored = match view {
        // What is converted has fields of its own.
        View::Stored | View::Converted(_) => return Some(Place::Field(index)),
        View::Renamed => None,
        View::Functions(conversion) => Some(conversion.from_stored),
    };
    Some(Place::Viewed { from_stored, field: selectable[index].clone() })
}
