//! One rule, compiled.

use serde_json::Value;

use crate::expression::{Expression, Names, Shape};
use crate::read::text;

/// What rules may name.
const NAMES: Names<'static> = Names { roots: &["self", "oldSelf"], variables: &[] };

/// One rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(super) condition: Expression,
    pub(super) message: Option<Box<str>>,
    pub(super) message_expression: Option<Expression>,
    pub(super) reason: Box<str>,
    pub(super) field_path: Box<str>,
    /// Whether it compares with what was before.
    pub(super) is_transition: bool,
    pub(super) optional_old: bool,
}

/// What is wrong with a rule, and which of its fields is.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) field: &'static str,
    pub(crate) why: String,
}

impl Rule {
    /// Compiles a rule about values of a shape.
    pub(crate) fn compile(rule: &Value, shape: Shape<'_>) -> Result<Self, Wrong> {
        let optional_old = rule["optionalOldSelf"] == true;
        let mut shapes = vec![("self", shape)];
        if !optional_old {
            shapes.push(("oldSelf", shape));
        }
        let condition = Expression::compile_condition(text(rule, "rule"), &NAMES, &shapes)
            .map_err(|why| Wrong { field: "rule", why })?;
        let message_expression = match text(rule, "messageExpression") {
            "" => None,
            source => {
                let failed = |why| {
                    let why = format!("messageExpression {why}");
                    Wrong { field: "messageExpression", why }
                };
                Some(Expression::compile(source, &NAMES).map_err(failed)?)
            }
        };
        let message = text(rule, "message").trim();
        Ok(Self {
            is_transition: condition.reads().contains("oldSelf"),
            condition,
            message: (!message.is_empty()).then(|| message.into()),
            message_expression,
            reason: text(rule, "reason").into(),
            field_path: text(rule, "fieldPath").into(),
            optional_old,
        })
    }

    /// Whether it compares with what was before, and so needs to know it.
    pub(crate) fn is_transition(&self) -> bool {
        self.is_transition
    }

    /// What stands for the rule in what is said about it.
    pub(super) fn said(&self) -> &str {
        self.message.as_deref().unwrap_or_else(|| self.condition.source())
    }
}
