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

impl Selection {
    pub(crate) fn new(
        selectable: &[FieldLabel],
        view: &View,
        api_version: &str,
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
                _ => place(selectable, view, api_version, label).ok_or_else(|| {
                    ApiError::bad_request(format!("field label not supported: {label}"))
                })?,
            };
            let equal = requirement.operator == FieldOperator::Equals;
            Ok(FieldMatch { place, value: requirement.value.clone(), equal })
        });
        let fields = fields.collect::<Result<_, ApiError>>()?;
        Ok(Self { labels, fields })
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
        let fields = self.fields.iter().all(|field| {
            let value = match &field.place {
                Place::Name => object.name(),
                Place::Namespace => object.namespace().unwrap_or_default(),
                Place::Field(index) => object.fields.get(*index).map_or("", |value| value),
                Place::Viewed { from_stored, field: viewed } => {
                    let mut shown = object.object();
                    if let Some(from_stored) = from_stored {
                        shown = from_stored(shown);
                    }
                    return (viewed.read(&shown) == field.value) == field.equal;
                }
            };
            (value == field.value) == field.equal
        });
        fields && self.labels.as_ref().is_none_or(|selector| selector.matches(&object.labels))
    }
}

/// Where the values of a label are found.
fn place(selectable: &[FieldLabel], view: &View, api_version: &str, label: &str) -> Option<Place> {
    let index = selectable.iter().position(|field| field.label == label)?;
    let from_stored = match view {
        View::Stored => return Some(Place::Field(index)),
        View::Converted(converter) if converter.stored() == api_version => {
            return Some(Place::Field(index));
        }
        // What a webhook makes of a field is known only after it was asked; to look at what is stored instead would
        // select the wrong objects.
        View::Converted(_) => return None,
        View::Renamed => None,
        View::Functions(conversion) => Some(conversion.from_stored),
    };
    Some(Place::Viewed { from_stored, field: selectable[index].clone() })
}
