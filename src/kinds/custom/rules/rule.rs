//! One rule, compiled.

use serde_json::Value;

use crate::expression::{Declarations, Expression, Names, Reader, Refusal, Type, Wanted};
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

impl Wrong {
    fn rule(refusal: &Refusal) -> Self {
        let why = match refusal {
            Refusal::Unwanted(_) => "cel expression must evaluate to a bool".to_owned(),
            refusal @ Refusal::Wrong(_) => refusal.to_string(),
        };
        Self { field: "rule", why }
    }

    fn message(refusal: &Refusal) -> Self {
        let why = match refusal {
            Refusal::Unwanted(_) => "messageExpression must evaluate to a string".to_owned(),
            refusal @ Refusal::Wrong(_) => format!("messageExpression {refusal}"),
        };
        Self { field: "messageExpression", why }
    }
}

impl Rule {
    /// Compiles a rule that was accepted once.
    pub(crate) fn compile(rule: &Value) -> Result<Self, String> {
        let condition = Expression::compile(text(rule, "rule"), &NAMES)?;
        let message = Some(text(rule, "messageExpression")).filter(|source| !source.is_empty());
        let message = message.map(|source| Expression::compile(source, &NAMES)).transpose()?;
        Ok(Self::new(rule, condition, message))
    }

    /// Checks a rule about values of a schema, of which `whole` are whole resources; tells whether it compares with what
    /// was before. Expressions that `is_known` were accepted once, and are let be.
    pub(crate) fn check(
        rule: &Value,
        schema: &Value,
        whole: bool,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<bool, Wrong> {
        let own = Type::of_schema(schema, whole, "selfType", Reader::Rule);
        let optional_old = rule["optionalOldSelf"] == true;
        let old = if optional_old { Type::optional(own.clone()) } else { own.clone() };
        let declarations = Declarations::default().with("self", own).with("oldSelf", old);
        let compares = |condition: &Expression| condition.reads().contains("oldSelf");
        let source = text(rule, "rule");
        let is_transition = if is_known(source) {
            Expression::compile(source, &NAMES).is_ok_and(|condition| compares(&condition))
        } else {
            let checked = Expression::check(source, &declarations, Wanted::Bool);
            compares(&checked.map_err(|refusal| Wrong::rule(&refusal))?.0)
        };
        let message = text(rule, "messageExpression");
        if !message.is_empty() && !is_known(message) {
            Expression::check(message, &declarations, Wanted::Text)
                .map_err(|refusal| Wrong::message(&refusal))?;
        }
        Ok(is_transition)
    }

    fn new(rule: &Value, condition: Expression, message_expression: Option<Expression>) -> Self {
        let message = text(rule, "message").trim();
        Self {
            is_transition: condition.reads().contains("oldSelf"),
            condition,
            message: (!message.is_empty()).then(|| message.into()),
            message_expression,
            reason: text(rule, "reason").into(),
            field_path: text(rule, "fieldPath").into(),
            optional_old: rule["optionalOldSelf"] == true,
        }
    }

    /// What stands for the rule in what is said about it.
    pub(super) fn said(&self) -> &str {
        self.message.as_deref().unwrap_or_else(|| self.condition.source())
    }
}
