//! Label selectors: `app=web,tier in (a,b),!old`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::refuse_many;
use crate::{ApiError, names};

mod parser;

/// The labels of an object.
pub type Labels = BTreeMap<String, String>;

/// Requirements on labels, all of which must hold; none of them selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector {
    /// Sorted by key.
    pub requirements: Vec<Requirement>,
    /// Set when nothing at all is selected, as by an absent selector in a document.
    pub nothing: bool,
}

/// One requirement on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// How to compare.
    pub operator: Operator,
    /// What to compare with; empty for `Exists` and `DoesNotExist`, one number for the comparisons.
    pub values: BTreeSet<String>,
}

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The value is this one (`=`, `==`).
    Equals,
    /// There is no such label, or its value differs (`!=`).
    NotEquals,
    /// The value is one of these (`in`).
    In,
    /// There is no such label, or its value is none of these (`notin`).
    NotIn,
    /// There is such a label.
    Exists,
    /// There is no such label.
    DoesNotExist,
    /// The value is an integer above this one.
    GreaterThan,
    /// The value is an integer below this one.
    LessThan,
}

impl LabelSelector {
    /// Reads the query form.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let selector = parser::parse(text).map_err(|problem| {
            ApiError::bad_request(format!("unable to parse requirement: {problem}"))
        })?;
        refuse_many(selector.requirements.len())?;
        Ok(selector)
    }

    /// Reads the document form `{matchLabels, matchExpressions}`; null selects nothing, `{}` everything.
    pub fn from_value(value: &Value) -> Result<Self, ApiError> {
        let invalid = |problem: String| ApiError::bad_request(problem);
        if value.is_null() {
            return Ok(Self { requirements: Vec::new(), nothing: true });
        }
        let mut requirements = Vec::new();
        for (key, value) in
            value.get("matchLabels").and_then(Value::as_object).into_iter().flatten()
        {
            let value = value.as_str().unwrap_or_default().to_owned();
            requirements.push(Requirement::new(key, Operator::Equals, [value]).map_err(invalid)?);
        }
        for expression in
            value.get("matchExpressions").and_then(Value::as_array).into_iter().flatten()
        {
            requirements.push(Requirement::from_value(expression).map_err(invalid)?);
        }
        Ok(Self::of(requirements))
    }

    /// Selects exactly these labels, as `matchLabels` and the selectors of Services do.
    pub fn from_labels(labels: &Labels) -> Self {
        let requirement = |(key, value): (&String, &String)| Requirement {
            key: key.clone(),
            operator: Operator::Equals,
            values: BTreeSet::from([value.clone()]),
        };
        Self::of(labels.iter().map(requirement).collect())
    }

    /// Whether every requirement holds.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_by(|key| labels.get(key).map(String::as_str))
    }

    /// As [`Self::matches`], for labels that are looked up elsewhere.
    pub fn matches_by<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        !self.nothing && self.requirements.iter().all(|term| term.holds(label(&term.key)))
    }

    /// As [`Self::matches`], for the `metadata.labels` of a document, without copying them.
    pub fn matches_object(&self, object: &Value) -> bool {
        let labels = object.pointer("/metadata/labels");
        self.matches_by(|key| labels.and_then(|labels| labels.get(key)).and_then(Value::as_str))
    }

    /// Whether it selects every object.
    pub fn is_everything(&self) -> bool {
        !self.nothing && self.requirements.is_empty()
    }

    fn of(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort_by(|left, right| left.key.cmp(&right.key));
        Self { requirements, nothing: false }
    }
}

impl Requirement {
    /// Checks key and values as Kubernetes does; the error says what is wrong.
    pub fn new(
        key: &str,
        operator: Operator,
        values: impl IntoIterator<Item = String>,
    ) -> Result<Self, String> {
        let values: BTreeSet<String> = values.into_iter().collect();
        if let Some(problem) = names::qualified_name(key) {
            return Err(format!("key: Invalid value: {key:?}: {problem}"));
        }
        match operator {
            Operator::In | Operator::NotIn if values.is_empty() => {
                return Err("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty".to_owned());
            }
            Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
                return Err(
                    "values: Invalid value: values set must be empty for exists and does not exist"
                        .to_owned(),
                );
            }
            Operator::GreaterThan | Operator::LessThan
                if values.len() != 1
                    || values.iter().any(|value| value.parse::<i64>().is_err()) =>
            {
                return Err(
                    "values: Invalid value: for 'Gt', 'Lt' operators, the value must be an integer"
                        .to_owned(),
                );
            }
            _ => {}
        }
        for value in &values {
            if let Some(problem) = names::label_value(value) {
                return Err(format!("values[0][{key}]: Invalid value: {value:?}: {problem}"));
            }
        }
        Ok(Self { key: key.to_owned(), operator, values })
    }

    fn from_value(expression: &Value) -> Result<Self, String> {
        let text = |field: &str| expression.get(field).and_then(Value::as_str).unwrap_or_default();
        let operator = match text("operator") {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            "Gt" => Operator::GreaterThan,
            "Lt" => Operator::LessThan,
            other => return Err(format!("{other:?} is not a valid label selector operator")),
        };
        let values = expression.get("values").and_then(Value::as_array).into_iter().flatten();
        Self::new(
            text("key"),
            operator,
            values.filter_map(|value| value.as_str().map(str::to_owned)),
        )
    }

    /// Whether a label of this value, or its absence, fulfils the requirement.
    pub fn holds(&self, value: Option<&str>) -> bool {
        let listed = |value: &str| self.values.contains(value);
        match self.operator {
            Operator::Equals | Operator::In => value.is_some_and(listed),
            Operator::NotEquals | Operator::NotIn => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => self.compares(value, i64::gt),
            Operator::LessThan => self.compares(value, i64::lt),
        }
    }

    fn compares(&self, value: Option<&str>, holds: fn(&i64, &i64) -> bool) -> bool {
        let number = |text: &str| text.parse::<i64>().ok();
        let bound = self.values.first().and_then(|bound| number(bound));
        value.and_then(number).zip(bound).is_some_and(|(value, bound)| holds(&value, &bound))
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, requirement) in self.requirements.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        let key = &self.key;
        match self.operator {
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Exists => f.write_str(key),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
        }
    }
}

#[cfg(test)]
mod tests;
