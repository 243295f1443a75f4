//! Match conditions: expressions in CEL that decide whether a webhook is asked at all.

use std::sync::{Arc, LazyLock};

use base::{Counter, Histogram};
use kinds::expression::{
    Budget, Declarations, Expression, Functions, Reader, Type, Wanted, from_json,
};
use kube_cel::cel::Value as CelValue;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::configuration::MatchCondition;

static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| Functions::new(|_| {}));
/// What `request` is: the spec of a `SubjectAccessReview` of `authorization.k8s.io/v1`.
static REQUEST: LazyLock<Value> = LazyLock::new(|| {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    let object = |properties: Value| json!({ "type": "object", "properties": properties });
    let requirement = object(json!({ "key": text, "operator": text, "values": texts }));
    let selector = object(json!({
        "rawSelector": text, "requirements": { "type": "array", "items": requirement },
    }));
    let resource = object(json!({
        "namespace": text, "verb": text, "group": text, "version": text, "resource": text,
        "subresource": text, "name": text, "fieldSelector": selector, "labelSelector": selector,
    }));
    object(json!({
        "resourceAttributes": resource,
        "nonResourceAttributes": object(json!({ "path": text, "verb": text })),
        "user": text,
        "uid": text,
        "groups": texts,
        "extra": { "type": "object", "additionalProperties": texts },
    }))
});

/// All conditions of one webhook.
#[derive(Debug)]
pub(super) struct Conditions {
    all: Vec<Expression>,
    meters: Meters,
}

/// Counts what conditions come to.
#[derive(Debug, Clone)]
pub(super) struct Meters {
    pub(super) failed: Counter,
    pub(super) excluded: Counter,
    pub(super) seconds: Histogram,
}

/// Compiles what somebody wrote, or says why it is wrong.
pub(super) fn compile(source: &str) -> Result<Expression, String> {
    let name = "kubernetes.SubjectAccessReviewSpec";
    let request = Type::of_schema(&REQUEST, false, name, Reader::Policy);
    let declarations = Declarations::default().with("request", request);
    let compiled = Expression::check(source, &declarations, Wanted::Bool);
    compiled.map(|(expression, _)| expression).map_err(|refusal| refusal.to_string())
}

impl Conditions {
    pub(super) fn new(written: &[MatchCondition], meters: Meters) -> Result<Self, String> {
        let all = written.iter().map(|condition| compile(&condition.expression));
        Ok(Self { all: all.collect::<Result<_, _>>()?, meters })
    }

    /// Whether all hold of a review's spec. One that does not decides, whatever others fail with.
    pub(super) fn hold(&self, spec: &Value) -> Result<bool, String> {
        if self.all.is_empty() {
            return Ok(true);
        }
        let started = Instant::now();
        let outcome = self.evaluate(spec);
        self.meters.seconds.observe_duration(started.elapsed());
        match outcome {
            Ok(true) => {}
            Ok(false) => self.meters.excluded.inc(),
            Err(_) => self.meters.failed.inc(),
        }
        outcome
    }

    fn evaluate(&self, spec: &Value) -> Result<bool, String> {
        let mut scope = FUNCTIONS.scope(&Arc::new(Budget::new()));
        scope.set("request", from_json(&filled(spec)));
        let mut failures = Vec::new();
        for condition in &self.all {
            let source = condition.source();
            match scope.evaluate(condition) {
                Ok(CelValue::Bool(true)) => {}
                Ok(CelValue::Bool(false)) => return Ok(false),
                Ok(other) => failures.push(format!(
                    "cel evaluation error: expression '{source}' eval result type should be bool but got {}",
                    other.type_of()
                )),
                Err(why) => failures.push(format!(
                    "cel evaluation error: expression '{source}' resulted in error: {why}"
                )),
            }
        }
        super::aggregate(failures).map_or(Ok(true), Err)
    }
}

/// The spec with every text and list, empty ones as well, so that expressions need not ask for them.
fn filled(spec: &Value) -> Value {
    let mut filled = spec.clone();
    let fill = |object: &mut Value, field: &str, empty: Value| {
        if object[field].is_null() {
            object[field] = empty;
        }
    };
    for field in ["user", "uid"] {
        fill(&mut filled, field, json!(""));
    }
    fill(&mut filled, "groups", json!([]));
    fill(&mut filled, "extra", json!({}));
    let parts: [(&str, &[&str]); 2] = [
        (
            "resourceAttributes",
            &["namespace", "verb", "group", "version", "resource", "subresource", "name"],
        ),
        ("nonResourceAttributes", &["path", "verb"]),
    ];
    for (part, fields) in parts {
        if let Some(attributes) = filled.get_mut(part) {
            for field in fields {
                fill(attributes, field, json!(""));
            }
        }
    }
    let selectors = ["fieldSelector", "labelSelector"];
    for selector in selectors {
        let at = format!("/resourceAttributes/{selector}/requirements");
        let requirements = filled.pointer_mut(&at).and_then(Value::as_array_mut);
        for requirement in requirements.into_iter().flatten() {
            fill(requirement, "values", json!([]));
        }
    }
    filled
}

#[cfg(test)]
mod tests;
