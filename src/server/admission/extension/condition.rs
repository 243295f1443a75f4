//! Match conditions: expressions that decide whether a webhook or a policy is asked at all.

use machinery::document;
use serde_json::Value;

use super::facts::Evaluation;
use kinds::expression::{Expression, Names};

/// What match conditions of webhooks may name.
pub(super) const WEBHOOK: Names<'static> =
    Names { roots: &["object", "oldObject", "request", "authorizer"], variables: &[] };

/// All conditions of one webhook or policy.
#[derive(Debug, Default)]
pub(super) struct Conditions(Vec<Expression>);

impl Conditions {
    pub(super) fn read(parent: &Value, names: &Names<'_>) -> Result<Self, String> {
        let conditions = document::list_at(parent, "/matchConditions").iter();
        let compiled = conditions.map(|condition| {
            let name = document::str_at(condition, "/name");
            Expression::compile(document::str_at(condition, "/expression"), names)
                .map_err(|why| format!("match condition {name:?}: {why}"))
        });
        compiled.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> &[Expression] {
        &self.0
    }

    /// Whether all hold. One that does not decides, whatever others fail with.
    pub(super) fn hold(&self, evaluation: &mut Evaluation<'_>) -> Result<bool, String> {
        let mut failure = None;
        for condition in &self.0 {
            match evaluation.truth(condition) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(why) => failure = failure.or(Some(why)),
            }
        }
        failure.map_or(Ok(true), Err)
    }
}
