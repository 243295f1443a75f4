//! Objects as rows of a table, which is how `kubectl get` sees them.

use jiff::Timestamp;
use kinds::Column;
use machinery::ApiError;
use serde_json::{Value, json};

use super::metadata;

/// What rows carry besides their cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IncludeObject {
    None,
    Metadata,
    Object,
}

/// How rows are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TableView {
    pub(crate) include: IncludeObject,
    /// The time ages are counted from.
    pub(crate) now: Timestamp,
}

impl TableView {
    /// Reads `?includeObject`.
    pub(crate) fn new(include: Option<&str>, now: Timestamp) -> Result<Self, ApiError> {
        let include = match include {
            None | Some("" | "Metadata") => IncludeObject::Metadata,
            Some("Object") => IncludeObject::Object,
            Some("None") => IncludeObject::None,
            Some(other) => {
                return Err(ApiError::bad_request(format!(
                    "unrecognized includeObject value: {other:?}"
                )));
            }
        };
        Ok(Self { include, now })
    }

    /// The row of one object.
    pub(crate) fn row(&self, columns: &[Column], object: &Value) -> Value {
        let cells = columns.iter().map(|column| column.cell(object, self.now));
        let mut row = json!({ "cells": cells.collect::<Vec<_>>() });
        match self.include {
            IncludeObject::None => {}
            IncludeObject::Metadata => row["object"] = metadata::partial(object),
            IncludeObject::Object => row["object"] = object.clone(),
        }
        row
    }
}

/// A whole table.
pub(crate) fn table(version: &str, columns: &[Column], metadata: Value, rows: Vec<Value>) -> Value {
    json!({
        "kind": "Table",
        "apiVersion": format!("meta.k8s.io/{version}"),
        "metadata": metadata,
        "columnDefinitions": columns.iter().map(definition).collect::<Vec<_>>(),
        "rows": rows,
    })
}

/// A table for one event of a watch; only the first says what the columns are.
pub(crate) fn event_table(version: &str, columns: &[Column], row: Value, first: bool) -> Value {
    let mut table = table(version, columns, json!({}), vec![row]);
    if !first {
        table["columnDefinitions"] = Value::Array(Vec::new());
    }
    table
}

fn definition(column: &Column) -> Value {
    json!({
        "name": column.name,
        "type": column.kind.as_str(),
        "format": column.format,
        "description": column.description,
        "priority": column.priority,
    })
}
