//! Asks rules about values.

use std::sync::{Arc, LazyLock};

use kube_cel::cel::Value as Cel;
use kube_cel::cel::objects::OptionalValue;
use machinery::structural::Node;
use machinery::{FieldError, FieldErrorKind, FieldPath};
use serde_json::Value;

use super::{Rule, values};
use crate::expression::{Budget, EXHAUSTED, Expression, Functions, Scope, size};

/// Rules call what is Kubernetes' own, and nothing of the request.
static FUNCTIONS: LazyLock<Functions> = LazyLock::new(|| Functions::new(|_| ()));

/// The longest message that an expression may make; what clients print.
const MESSAGE_BYTES_MAX: usize = 5 << 10;

/// One object on its way through the rules.
pub(super) struct Walk {
    budget: Arc<Budget>,
}

/// A place in an object, and what stood there before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) node: &'a Node,
    pub(super) value: &'a Value,
    pub(super) old: Option<&'a Value>,
    /// Whether it is the whole object.
    pub(super) root: bool,
}

impl Place<'_> {
    /// What stands for the value in what is said about it.
    fn type_name(&self) -> &'static str {
        self.node.types.first().map_or("", |kind| kind.as_str())
    }
}

impl Walk {
    pub(super) fn new() -> Self {
        Self { budget: Arc::new(Budget::new()) }
    }

    /// Goes some of the way.
    pub(super) fn spend(&self, go: impl FnOnce()) {
        self.budget.spend(go);
    }

    /// Whether it has cost too much to go on.
    pub(super) fn is_over(&self) -> bool {
        self.budget.is_spent()
    }

    /// Asks the rules of one place. What has not changed is asked only about the change.
    pub(super) fn check(&self, rules: &[Rule], place: Place<'_>, path: &FieldPath<'_>) {
        let unchanged = place.old == Some(place.value);
        let is_due = |rule: &&Rule| match (rule.is_transition, place.old) {
            (true, None) => rule.optional_old,
            (true, Some(_)) => true,
            (false, _) => !unchanged,
        };
        let due: Vec<&Rule> = rules.iter().filter(is_due).collect();
        if due.is_empty() {
            return;
        }
        let mut scope = FUNCTIONS.scope(&self.budget);
        scope.set("self", self.shown(place.value, place));
        let before = place.old.map(|old| self.shown(old, place));
        let kind = place.type_name();
        for rule in due {
            match &before {
                _ if rule.optional_old => scope.set("oldSelf", optional(before.as_ref())),
                Some(before) if rule.is_transition => scope.set("oldSelf", before.clone()),
                _ => {}
            }
            match self.ask(rule, &scope) {
                Ok(None) => {}
                Ok(Some(message)) => report(rule, kind_of(&rule.reason), kind, path, &message),
                Err(problem) => {
                    let detail = failure(rule, &problem);
                    report(rule, FieldErrorKind::Invalid, kind, path, &detail);
                }
            }
            if self.is_over() {
                return;
            }
        }
    }

    /// A value as rules see it, and paid for. If it was too dear, the next rule says so.
    fn shown(&self, value: &Value, place: Place<'_>) -> Cel {
        let shown = values::of(value, place.node, place.root);
        let _ = self.budget.make(size(&shown));
        shown
    }

    /// What a rule says against a value, if anything.
    fn ask(&self, rule: &Rule, scope: &Scope<'_>) -> Result<Option<String>, String> {
        self.budget.step().map_err(|error| error.to_string())?;
        ask(rule, scope)
    }
}

fn optional(before: Option<&Cel>) -> Cel {
    let optional =
        before.map_or_else(OptionalValue::none, |before| OptionalValue::of(before.clone()));
    Cel::Opaque(Arc::new(optional))
}

fn ask(rule: &Rule, scope: &Scope<'_>) -> Result<Option<String>, String> {
    match scope.evaluate(&rule.condition)? {
        Cel::Bool(true) => Ok(None),
        Cel::Bool(false) => {
            let own = rule.message_expression.as_ref();
            let made = own.and_then(|expression| message(expression, scope));
            let fixed = || rule.message.as_deref().map(str::to_owned);
            let said = made.or_else(fixed);
            Ok(Some(said.unwrap_or_else(|| format!("failed rule: {}", rule.condition.source()))))
        }
        _ => Err("no such overload".to_owned()),
    }
}

/// A message that an expression makes, if it is one.
fn message(expression: &Expression, scope: &Scope<'_>) -> Option<String> {
    let Ok(Cel::String(text)) = scope.evaluate(expression) else { return None };
    let text = text.trim();
    let fits = !text.is_empty() && text.len() <= MESSAGE_BYTES_MAX && !text.contains('\n');
    fits.then(|| text.to_owned())
}

fn failure(rule: &Rule, problem: &str) -> String {
    let said = rule.said();
    if problem.contains(EXHAUSTED) {
        "validation failed due to running out of cost budget, no further validation rules will be run".to_owned()
    } else if problem.starts_with("no such overload") {
        format!(
            "'{problem}': call arguments did not match a supported operator, function or macro signature for rule: {said}"
        )
    } else {
        format!("{problem} evaluating rule: {said}")
    }
}

fn kind_of(reason: &str) -> FieldErrorKind {
    match reason {
        "FieldValueRequired" => FieldErrorKind::Required,
        "FieldValueForbidden" => FieldErrorKind::Forbidden,
        "FieldValueDuplicate" => FieldErrorKind::Duplicate,
        _ => FieldErrorKind::Invalid,
    }
}

/// Reports a rule that cannot be asked.
pub(super) fn refuse(place: Place<'_>, path: &FieldPath<'_>, why: &str) {
    let own = if path.path().is_empty() { "<nil>" } else { path.path() };
    let error = FieldError {
        kind: FieldErrorKind::Invalid,
        path: own.to_owned(),
        value: place.type_name().into(),
        detail: why.to_owned(),
    };
    path.errors().push(error);
}

fn report(rule: &Rule, kind: FieldErrorKind, value: &str, path: &FieldPath<'_>, detail: &str) {
    let below = rule.field_path.trim_start_matches('.');
    let place = match (path.path(), below) {
        ("", "") => "<nil>".to_owned(),
        ("", below) => below.to_owned(),
        (own, "") => own.to_owned(),
        (own, below) if below.starts_with('[') => format!("{own}{below}"),
        (own, below) => format!("{own}.{below}"),
    };
    let error = FieldError { kind, path: place, value: value.into(), detail: detail.to_owned() };
    path.errors().push(error);
}
