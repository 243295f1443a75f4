//! The grammar of the API: documents, schemas, quantities, selectors, patches, codecs, errors.
//!
//! Nothing here knows a kind. Documents are `serde_json::Value`; what a field means comes from a [`Schemas`].

mod conform;
pub mod decode;
pub mod document;
mod error;
mod field_errors;
mod json;
pub mod managed;
pub mod media;
pub mod names;
pub mod patch;
mod path;
mod protobuf;
mod quantity;
mod schema;
mod selector;
mod short;
mod strict;
pub mod structural;
pub mod table;
pub mod time;
mod version;
mod yaml;

pub use decode::{Decoded, FieldValidation, Media, Schema, conform, decode, decode_as, parse};
pub use error::{ApiError, Cause, Details, Reason, Resource};
pub use field_errors::{Field as FieldPath, FieldError, FieldErrorKind, FieldErrors};
pub use quantity::{ParseQuantityError, Quantity};
pub use schema::{
    Definition, DefinitionId, Embedded, Field, FieldType, GroupVersionKind, ListType,
    PatchStrategy, SchemaError, Schemas,
};
pub use selector::{
    FieldOperator, FieldRequirement, FieldSelector, LabelSelector, Labels, Operator, Requirement,
};
pub use structural::Structural;
pub use version::compare_versions;
