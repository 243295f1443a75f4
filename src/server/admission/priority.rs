//! Turns the priority class of a pod into a number, and lets one class at most be the default.

use machinery::ApiError;
use serde_json::Value;

use super::read::text;
use super::{Attributes, Tools};
use crate::request::Verb;

const GROUP: &str = "scheduling.k8s.io";
const CLASSES: &str = "priorityclasses";

/// The classes every cluster has, known here too because pods may come before they are made.
pub(crate) const SYSTEM_CLASSES: &[(&str, i64)] =
    &[("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];
/// What classes do with pods in their way unless they say otherwise.
const PREEMPTION: &str = "PreemptLowerPriority";

/// What a class means for its pods.
struct Class {
    name: String,
    value: i64,
    preemption: String,
}

pub(super) fn admit(tools: &Tools<'_>, attributes: &mut Attributes<'_>) -> Result<bool, ApiError> {
    if attributes.updates("", "pods") {
        return Ok(keep(attributes));
    }
    if !attributes.creates("", "pods") {
        return Ok(false);
    }
    let wanted = text(&attributes.object["spec"], "priorityClassName");
    let class = if wanted.is_empty() { Some(default_class(tools)) } else { class(tools, wanted) };
    let Some(class) = class else {
        return Err(attributes.forbidden(&format!("no PriorityClass with name {wanted} was found")));
    };
    let spec = &attributes.object["spec"];
    if let Some(given) = spec["priority"].as_i64().filter(|given| *given != class.value) {
        let computed = class.value;
        return Err(attributes.forbidden(&format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority \
             admission controller computed {computed} from the given PriorityClass name"
        )));
    }
    let given = text(spec, "preemptionPolicy");
    if !given.is_empty() && given != class.preemption {
        let computed = &class.preemption;
        return Err(attributes.forbidden(&format!(
            "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; \
             priority admission controller computed {computed} from the given PriorityClass name"
        )));
    }
    let spec = &mut attributes.object["spec"];
    if !class.name.is_empty() {
        spec["priorityClassName"] = class.name.into();
    }
    spec["priority"] = class.value.into();
    spec["preemptionPolicy"] = class.preemption.into();
    Ok(true)
}

/// What a class gave to a pod stays when a writer does not repeat it.
fn keep(attributes: &mut Attributes<'_>) -> bool {
    let Some(old) = attributes.old else { return false };
    let mut changed = false;
    for field in ["priority", "preemptionPolicy"] {
        let (new, old) = (&mut attributes.object["spec"][field], &old["spec"][field]);
        if new.is_null() && !old.is_null() {
            *new = old.clone();
            changed = true;
        }
    }
    changed
}

/// Refuses a second default class.
pub(super) fn check(tools: &Tools<'_>, attributes: &Attributes<'_>) -> Result<(), ApiError> {
    if !matches!(attributes.verb, Verb::Create | Verb::Update)
        || !attributes.is(GROUP, CLASSES)
        || attributes.object["globalDefault"] != true
    {
        return Ok(());
    }
    let mut defaults = defaults(tools);
    match defaults.find(|class| class.name != attributes.name) {
        None => Ok(()),
        Some(other) => Err(attributes.forbidden(&format!(
            "PriorityClass {} is already marked as default. Only one default can exist",
            other.name
        ))),
    }
}

fn class(tools: &Tools<'_>, name: &str) -> Option<Class> {
    if let Some(found) = tools.get(GROUP, CLASSES, None, name) {
        return Some(Class::read(&found.object()));
    }
    let system = SYSTEM_CLASSES.iter().find(|(known, _)| *known == name);
    system.map(|(name, value)| Class {
        name: (*name).to_owned(),
        value: *value,
        preemption: PREEMPTION.to_owned(),
    })
}

/// The class of pods that name none. Should there be several defaults, the lowest is the safest.
fn default_class(tools: &Tools<'_>) -> Class {
    let none = Class { name: String::new(), value: 0, preemption: PREEMPTION.to_owned() };
    defaults(tools).min_by_key(|class| class.value).unwrap_or(none)
}

fn defaults(tools: &Tools<'_>) -> impl Iterator<Item = Class> {
    let classes = tools.list(GROUP, CLASSES, None).into_iter();
    // Every pod asks, and hardly any class is worth reading for it.
    let marked = classes.filter(|class| contains(&class.bytes, br#""globalDefault":true"#));
    marked
        .map(|class| class.object())
        .filter(|class| class["globalDefault"] == true)
        .map(|class| Class::read(&class))
}

/// Whether some bytes are in others.
fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

impl Class {
    fn read(class: &Value) -> Self {
        let preemption = match text(class, "preemptionPolicy") {
            "" => PREEMPTION,
            policy => policy,
        };
        Self {
            name: text(&class["metadata"], "name").to_owned(),
            value: class["value"].as_i64().unwrap_or(0),
            preemption: preemption.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
