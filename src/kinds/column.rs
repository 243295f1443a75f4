//! The columns of a kind's table, as `kubectl get` prints it.

mod printer_path;

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

pub(crate) use printer_path::PrinterPath;

use crate::read::text;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text; ages too, which are rendered by the server.
    String,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A number.
    Number,
    /// A date.
    Date,
}

impl ColumnType {
    /// The type as a table's column definition writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Number => "number",

            Self::Date => "date",
        }
    }
}

/// Reads a cell from an object, as it looks at a given time.
pub type Cell = fn(&Value, Timestamp) -> Value;

/// Where the cells of a column come from.
#[derive(Debug, Clone)]
enum Source {
    Function(Cell),
    /// What a definition says.
    Path(Arc<PrinterPath>),
}

/// One column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// The heading; clients print it in capitals.
    pub name: Cow<'static, str>,
    /// What its cells hold.
    pub kind: ColumnType,
    /// `name` for the column that identifies the row, else empty.
    pub format: Cow<'static, str>,
    /// What it tells.
    pub description: Cow<'static, str>,
    /// 0 is always shown; 1 only in the wide table.
    pub priority: i32,
    source: Source,
}

impl Column {
    /// The object's name.
    pub(crate) const NAME: Self = Self::name(|object, _| object["metadata"]["name"].clone());

    /// How long ago the object was created.
    pub(crate) const AGE: Self = Self::text("Age", "Time since creation.", |object, now| {
        age(&object["metadata"]["creationTimestamp"], now).into()
    });

    /// When the object was created.
    pub(crate) const CREATED_AT: Self =
        Self::new("Created At", "When it was created.", ColumnType::Date, 0, |object, _| {
            object["metadata"]["creationTimestamp"].clone()
        });

    /// The age of objects of a kind that says nothing about columns.
    pub(crate) const CREATED: Self = Self {
        kind: ColumnType::Date,
        name: Cow::Borrowed("Age"),
        format: Cow::Borrowed(""),
        description: Cow::Borrowed("Time since creation."),
        priority: 0,
        source: Source::Function(|object, now| {
            age(&object["metadata"]["creationTimestamp"], now).into()
        }),
    };

    /// The columns of kinds whose tables tell the moment they were made, not their age.
    pub(crate) const NAME_AND_DATE: &'static [Self] = &[Self::NAME, Self::CREATED_AT];

    /// The columns of a kind that has none of its own.
    pub const DEFAULT: &'static [Self] = &[Self::NAME, Self::AGE];

    pub(crate) const fn text(name: &'static str, description: &'static str, cell: Cell) -> Self {
        Self::new(name, description, ColumnType::String, 0, cell)
    }

    pub(crate) const fn number(name: &'static str, description: &'static str, cell: Cell) -> Self {
        Self::new(name, description, ColumnType::Integer, 0, cell)
    }

    pub(crate) const fn flag(name: &'static str, description: &'static str, cell: Cell) -> Self {
        Self::new(name, description, ColumnType::Boolean, 0, cell)
    }

    /// Shown only in the wide table.
    pub(crate) const fn wide(name: &'static str, description: &'static str, cell: Cell) -> Self {
        Self::new(name, description, ColumnType::String, 1, cell)
    }

    /// The same column, shown only in the wide table.
    pub(crate) const fn only_wide(mut self) -> Self {
        self.priority = 1;
        self
    }

    const fn new(
        name: &'static str,
        description: &'static str,
        kind: ColumnType,
        priority: i32,
        cell: Cell,
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            kind,
            format: Cow::Borrowed(""),
            description: Cow::Borrowed(description),
            priority,
            source: Source::Function(cell),
        }
    }

    /// The column that identifies the row.
    pub(crate) const fn name(cell: Cell) -> Self {
        Self {
            name: Cow::Borrowed("Name"),
            kind: ColumnType::String,
            format: Cow::Borrowed("name"),
            description: Cow::Borrowed("Unique within its namespace, or within the cluster."),
            priority: 0,
            source: Source::Function(cell),
        }
    }

    /// The cell of an object, as it looks at a given time.
    pub fn cell(&self, object: &Value, now: Timestamp) -> Value {
        match &self.source {
            Source::Function(cell) => cell(object, now),
            Source::Path(path) => self.printed_cell(&path.find(object), now),
        }
    }

    /// A column as a definition describes it; `None` when it cannot be.
    pub(crate) fn printed(column: &Value) -> Option<Self> {
        let kind = match text(column, "type") {
            "integer" => ColumnType::Integer,
            "number" => ColumnType::Number,
            "boolean" => ColumnType::Boolean,
            "date" => ColumnType::Date,
            _ => ColumnType::String,
        };
        Some(Self {
            name: Cow::Owned(text(column, "name").to_owned()),
            kind,
            format: Cow::Owned(text(column, "format").to_owned()),
            description: Cow::Owned(text(column, "description").to_owned()),
            priority: column["priority"]
                .as_i64()
                .and_then(|it| i32::try_from(it).ok())
                .unwrap_or(0),
            source: Source::Path(Arc::new(PrinterPath::parse(text(column, "jsonPath")).ok()?)),
        })
    }

    /// What was found, as the type of the column wants it; null when it does not fit.
    fn printed_cell(&self, found: &[&Value], now: Timestamp) -> Value {
        let Some(first) = found.first() else { return Value::Null };
        match (self.kind, first) {
            (ColumnType::String, _) => {
                let texts: Vec<String> = found.iter().map(|value| printed_text(value)).collect();
                texts.join(" ").into()
            }
            (ColumnType::Integer, Value::Number(number)) if number.is_f64() => {
                // As Go converts it: towards zero.
                let whole = number.as_f64().unwrap_or_default().trunc();
                format!("{whole:.0}").parse::<i64>().map_or(Value::Null, Value::from)
            }
            (ColumnType::Integer | ColumnType::Number, Value::Number(_))
            | (ColumnType::Boolean, Value::Bool(_)) => (*first).clone(),
            (ColumnType::Date, Value::String(date)) => match date.parse::<Timestamp>() {
                Ok(_) => age(first, now).into(),
                Err(_) => "<invalid>".into(),
            },
            _ => Value::Null,
        }
    }
}

/// A value of a column of text.
fn printed_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How long before `now` the time in `value` was, as kubectl prints ages.
pub(crate) fn age(value: &Value, now: Timestamp) -> String {
    let Some(time) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) else {
        return UNKNOWN.to_owned();
    };
    duration(time, now)
}

/// How long it is from `start` to `end`, as kubectl prints durations.
pub(crate) fn duration(start: Timestamp, end: Timestamp) -> String {
    let elapsed = end.duration_since(start);
    match std::time::Duration::try_from(elapsed) {
        Ok(elapsed) => machinery::table::duration_human(elapsed),
        Err(_) if elapsed.as_secs() > -2 => "0s".to_owned(),
        Err(_) => "<invalid>".to_owned(),
    }
}

/// What a cell shows when its value is not known.
pub(crate) const UNKNOWN: &str = "<unknown>";

/// What a cell shows when a choice was not made.
pub(crate) const UNSET: &str = "<unset>";

/// What a cell shows when there is nothing.
pub(crate) const NONE: &str = "<none>";

/// Text, or what stands for nothing.
pub(crate) fn or_none(text: &str) -> Value {
    if text.is_empty() { NONE.into() } else { text.into() }
}

/// Text, or what stands for a choice not made.
pub(crate) fn or_unset(text: &str) -> Value {
    if text.is_empty() { UNSET.into() } else { text.into() }
}
