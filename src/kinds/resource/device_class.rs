//! `DeviceClass`: a kind of device, and how to find it.

use machinery::{FieldErrors, names};
use serde_json::Value;

use super::{config, request};
use crate::kind::{DeletionAnswer, Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::text;

/// A kind of device, and how to find it.
#[derive(Debug)]
pub(crate) struct DeviceClass;

static NAMES: Names = BuiltIn {
    group: "resource.k8s.io",
    version: "v1",
    kind: "DeviceClass",
    plural: "deviceclasses",
    singular: "deviceclass",
    short: &[],
    categories: &[],
}
.names();

impl Kind for DeviceClass {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.resource.v1.DeviceClass"
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn generation(&self) -> bool {
        true
    }

    fn validate(&self, class: &Value, errors: &FieldErrors) {
        let (spec, path) = (&class["spec"], errors.at("spec"));
        request::validate_selectors(spec, &path);
        config::validate_all(spec, &path);
        let name = text(spec, "extendedResourceName");
        if !name.is_empty() {
            path.check("extendedResourceName", name, names::qualified_name(name));
        }
    }
}

#[cfg(test)]
mod tests;
