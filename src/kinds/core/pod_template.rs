//! `PodTemplate`: a pod somebody may want to make later.

use machinery::FieldErrors;
use serde_json::Value;

use super::pod::template;
use crate::column::{Column, NONE};
use crate::kind::{DeletionAnswer, Kind};
use crate::names::{BuiltIn, Names};
use crate::scale::labels_text;

/// A pod somebody may want to make later.
#[derive(Debug)]
pub(crate) struct PodTemplate;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "PodTemplate",
    plural: "podtemplates",
    singular: "podtemplate",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Containers", "Names of the containers.", |object, _| {
        template::joined(&object["template"], "name").into()
    }),
    Column::text("Images", "Images of the containers.", |object, _| {
        template::joined(&object["template"], "image").into()
    }),
    Column::text("Pod Labels", "Labels of the pod.", |object, _| {
        match labels_text(&object["template"]["metadata"]["labels"]) {
            empty if empty.is_empty() => NONE.into(),
            labels => labels.into(),
        }
    }),
];

impl Kind for PodTemplate {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.PodTemplate"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn generation(&self) -> bool {
        true
    }

    fn set_defaults(&self, object: &mut Value) {
        template::fill(object);
    }

    fn validate(&self, object: &Value, errors: &FieldErrors) {
        template::validate(&object["template"], &errors.at("template"));
    }
}
