//! Expressions in CEL about the claims of a token, and about the user they become.

use std::sync::{Arc, LazyLock};

use kinds::expression::{
    Budget, Declarations, Expression, Functions, Reader, Type, Wanted, from_json, to_json,
};
use serde_json::{Value, json};

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Makes something of `claims`.
    Mapping,
    /// Says whether `claims` are good.
    ClaimRule,
    /// Says whether `user` is good.
    UserRule,
}

static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| Functions::new(|_| {}));
static USER: LazyLock<Value> = LazyLock::new(|| {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    json!({ "type": "object", "properties": {
        "username": text,
        "uid": text,
        "groups": texts,
        "extra": { "type": "object", "additionalProperties": texts },
    } })
});

/// Compiles what somebody wrote, or says why it is wrong.
pub(crate) fn compile(source: &str, kind: Kind) -> Result<Expression, String> {
    let declarations = match kind {
        Kind::Mapping | Kind::ClaimRule => {
            Declarations::default().with("claims", Type::map(Type::String, Type::Dyn))
        }
        Kind::UserRule => {
            let user = Type::of_schema(&USER, false, "kubernetes.UserInfo", Reader::Policy);
            Declarations::default().with("user", user)
        }
    };
    let wanted = if kind == Kind::Mapping { Wanted::Anything } else { Wanted::Bool };
    let compiled = Expression::check(source, &declarations, wanted);
    compiled.map(|(expression, _)| expression).map_err(|refusal| refusal.to_string())
}

/// The evaluation of the expressions about one token, which share a budget.
#[derive(Debug, Default)]
pub(super) struct Evaluation(Arc<Budget>);

impl Evaluation {
    /// What an expression makes of what is called `name`.
    pub(super) fn value(
        &self,
        expression: &Expression,
        name: &str,
        about: &Value,
    ) -> Result<Value, String> {
        let mut scope = FUNCTIONS.scope(&self.0);
        scope.set(name, from_json(about));
        let value = scope.evaluate(expression)?;
        to_json(&value)
    }
}

/// Whether a source reads a claim, as far as its text tells: `claims.email`, `claims.?email` or `claims["email"]`.
pub(crate) fn reads_claim(source: &str, claim: &str) -> bool {
    let mut rest = source;
    while let Some(at) = rest.find("claims") {
        rest = &rest[at + "claims".len()..];
        let field = rest.trim_start().trim_start_matches(['.', '?', '[', '"', '\'', ' ']);
        let after = field.strip_prefix(claim);
        let ends = |after: &str| {
            !after.starts_with(|next: char| next == '_' || next.is_ascii_alphanumeric())
        };
        if after.is_some_and(ends) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
