//! Which names a definition gets, when others of its group have some already.

use serde_json::{Map, Value, json};

use crate::condition;
use crate::names::Names;
use crate::read::{items, text};

/// Names another kind of the group has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rival {
    /// What paths, users and abbreviations call it: plural, singular and short names.
    pub resources: Vec<String>,
    /// What documents call it and its lists.
    pub kinds: Vec<String>,
}

/// What becomes of the names a definition asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct NamesDecision {
    /// The names it has from now on.
    pub accepted: Value,
    /// Why it did not get all it asked for, if so: reason and message.
    pub conflict: Option<(&'static str, String)>,
}

impl Rival {
    /// What a definition holds by the names it was given.
    pub fn of(definition: &Value) -> Self {
        let accepted = &definition["status"]["acceptedNames"];
        let mut resources = vec![text(accepted, "plural"), text(accepted, "singular")];
        resources.extend(items(accepted, "shortNames").filter_map(Value::as_str));
        let kinds = [text(accepted, "kind"), text(accepted, "listKind")];
        Self { resources: owned(&resources), kinds: owned(&kinds) }
    }
}

impl Rival {
    /// What a built-in kind holds.
    pub fn of_names(names: &Names) -> Self {
        let mut resources = vec![names.plural.as_ref(), names.singular.as_ref()];
        resources.extend(names.short.iter());
        Self { resources: owned(&resources), kinds: owned(&[&names.kind, &names.list_kind()]) }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().filter(|name| !name.is_empty()).map(|name| (*name).to_owned()).collect()
}

/// Decides which of its names a definition gets. Each name that is free is taken; one that is not leaves the
/// name held before.
pub fn decide_names(definition: &Value, rivals: &[Rival]) -> NamesDecision {
    let (wanted, before) = (&definition["spec"]["names"], &definition["status"]["acceptedNames"]);
    let resource_taken =
        |name: &str| rivals.iter().any(|rival| rival.resources.iter().any(|own| own == name));
    let kind_taken =
        |name: &str| rivals.iter().any(|rival| rival.kinds.iter().any(|own| own == name));
    let mut given = Given { wanted, before, accepted: Map::new(), conflict: None };
    given.take("plural", "PluralConflict", resource_taken);
    given.take("singular", "SingularConflict", resource_taken);
    let short = given.take_short(resource_taken);
    given.take("kind", "KindConflict", kind_taken);
    given.take("listKind", "ListKindConflict", kind_taken);
    let Given { mut accepted, conflict, .. } = given;
    for (field, value) in [("shortNames", short), ("categories", wanted.get("categories").cloned())]
    {
        if let Some(value) =
            value.filter(|value| value.as_array().is_some_and(|all| !all.is_empty()))
        {
            accepted.insert(field.to_owned(), value);
        }
    }
    accepted.retain(|name, value| {
        matches!(name.as_str(), "plural" | "kind") || value.as_str() != Some("")
    });
    NamesDecision { accepted: Value::Object(accepted), conflict }
}

/// Names given so far. Of several conflicts the last one is told, as Kubernetes does.
struct Given<'a> {
    wanted: &'a Value,
    before: &'a Value,
    accepted: Map<String, Value>,
    conflict: Option<(&'static str, String)>,
}

impl Given<'_> {
    fn take(&mut self, field: &str, reason: &'static str, taken: impl Fn(&str) -> bool) {
        let mut name = text(self.wanted, field);
        if !name.is_empty() && taken(name) {
            self.conflict = Some((reason, in_use(name)));
            name = text(self.before, field);
        }
        self.accepted.insert(field.to_owned(), name.into());
    }

    /// All short names, or those that were given before.
    fn take_short(&mut self, taken: impl Fn(&str) -> bool) -> Option<Value> {
        let short = items(self.wanted, "shortNames").filter_map(Value::as_str);
        let problems: Vec<String> = short.filter(|name| taken(name)).map(in_use).collect();
        let message = match problems.as_slice() {
            [] => return self.wanted.get("shortNames").cloned(),
            [problem] => problem.clone(),
            problems => format!("[{}]", problems.join(", ")),
        };
        self.conflict = Some(("ShortNamesConflict", message));
        self.before.get("shortNames").cloned()
    }
}

fn in_use(name: &str) -> String {
    format!("{name:?} is already in use")
}

impl NamesDecision {
    /// The status of the definition after the decision: names and conditions, as they are at a time.
    pub fn status(&self, definition: &Value, now: &str) -> Value {
        let mut status = definition["status"].clone();
        status["acceptedNames"] = self.accepted.clone();
        let (held, reason, message) = match &self.conflict {
            None => ("True", "NoConflicts", "no conflicts found"),
            Some((reason, message)) => ("False", *reason, message.as_str()),
        };
        set_condition(&mut status, "NamesAccepted", held, reason, message, now);
        let established = condition::holds(definition, "Established");
        if self.conflict.is_none() {
            let message = "the initial names have been accepted";
            set_condition(&mut status, "Established", "True", "InitialNamesAccepted", message, now);
        } else if !established {
            let message = "not all names are accepted";
            set_condition(&mut status, "Established", "False", "NotAccepted", message, now);
        }
        status
    }

    /// Whether the definition is served once the status says so.
    pub fn is_established(&self, definition: &Value) -> bool {
        self.conflict.is_none() || condition::holds(definition, "Established")
    }
}

/// Sets a condition of a status; the time is that of its last change.
pub fn set_condition(
    status: &mut Value,
    name: &str,
    held: &str,
    reason: &str,
    message: &str,
    now: &str,
) {
    if !status.is_object() {
        *status = json!({});
    }
    if !status["conditions"].is_array() {
        status["conditions"] = json!([]);
    }
    let Some(conditions) = status["conditions"].as_array_mut() else { return };
    let found = conditions.iter().position(|condition| text(condition, "type") == name);
    let since = found
        .filter(|found| text(&conditions[*found], "status") == held)
        .map(|found| conditions[found]["lastTransitionTime"].clone())
        .filter(Value::is_string);
    let condition = json!({
        "type": name,
        "status": held,
        "reason": reason,
        "message": message,
        "lastTransitionTime": since.unwrap_or_else(|| now.into()),
    });
    match found {
        Some(found) => conditions[found] = condition,
        None => conditions.push(condition),
    }
}
