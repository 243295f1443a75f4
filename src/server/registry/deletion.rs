//! What a delete does to an object, decided without doing it.

use jiff::{SignedDuration, Timestamp};
use kinds::Kind;
use machinery::document;
use serde_json::Value;

use super::object_meta::{raise_generation, timestamp};
use super::options::{DeleteOptions, Propagation};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// What a delete comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Deletion {
    /// The object goes now.
    AtOnce,
    /// The object stays, like this, until finalizers or grace are over.
    Later(Value),
    /// A deletion that is under way already does what is asked.
    UnderWay,
}

/// Decides.
pub(super) fn decide(
    kind: &dyn Kind,
    object: &Value,
    options: &DeleteOptions,
    now: Timestamp,
) -> Deletion {
    let mut next = object.clone();
    kind.prepare_delete(&mut next);
    let finalizers = finalizers(&next, propagation(kind, object, options));
    let held = !finalizers.is_empty() || holds_namespace(object);
    set_finalizers(&mut next, finalizers);
    let grace = grace(kind, object, options);
    if grace == 0 && !held {
        return Deletion::AtOnce;
    }
    mark(&mut next, object, grace, now);
    if is_namespace(object) {
        document::child_mut(&mut next, "status").insert("phase".to_owned(), "Terminating".into());
    }
    if next == *object { Deletion::UnderWay } else { Deletion::Later(next) }
}

/// Whether nothing holds a terminating object any more.
pub(super) fn is_finished(object: &Value) -> bool {
    let grace = document::i64_at(object, "/metadata/deletionGracePeriodSeconds").unwrap_or(0);
    grace == 0 && document::finalizers(object).is_empty() && !holds_namespace(object)
}

/// How many seconds the object still gets. Only kinds with a default know grace, and it only ever shrinks.
fn grace(kind: &dyn Kind, object: &Value, options: &DeleteOptions) -> i64 {
    let Some(default) = kind.default_grace_seconds(object) else { return 0 };
    if kind.deletes_at_once(object) {
        return 0;
    }
    // A negative grace means the shortest that is not at once.
    let asked = options.grace_seconds.map(|seconds| if seconds < 0 { 1 } else { seconds });
    if document::is_terminating(object) {
        let left = document::i64_at(object, "/metadata/deletionGracePeriodSeconds").unwrap_or(0);
        return asked.map_or(left, |asked| asked.min(left));
    }
    asked.unwrap_or(default)
}

/// Writes down that the object is being deleted.
fn mark(next: &mut Value, object: &Value, grace: i64, now: Timestamp) {
    let terminating = document::is_terminating(object);
    let before = document::i64_at(object, "/metadata/deletionGracePeriodSeconds");
    if terminating && before == Some(grace) {
        return;
    }
    let metadata = document::metadata_mut(next);
    let end = if terminating {
        // The deletion began when its end was set; a shorter grace counts from there.
        let text = document::str_at(object, "/metadata/deletionTimestamp");
        let end = text.parse::<Timestamp>().unwrap_or(now);
        later(end, grace - before.unwrap_or(0))
    } else {
        later(now, grace)
    };
    metadata.insert("deletionTimestamp".to_owned(), timestamp(end).into());
    metadata.insert("deletionGracePeriodSeconds".to_owned(), grace.into());
    if !terminating {
        raise_generation(next);
    }
}

fn later(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// What is to become of the dependents: what the options say, or the object's own finalizers, or else its kind.
fn propagation(kind: &dyn Kind, object: &Value, options: &DeleteOptions) -> Option<Propagation> {
    if !kind.has_dependents() {
        return Some(Propagation::Background);
    }
    let said = || document::finalizers(object).iter().any(|own| [FOREGROUND, ORPHAN].contains(own));
    let default = || (kind.orphans_dependents() && !said()).then_some(Propagation::Orphan);
    options.propagation.or_else(default)
}

/// The finalizers the object has once the wish about its dependents is among them.
fn finalizers(object: &Value, propagation: Option<Propagation>) -> Vec<String> {
    let mut finalizers: Vec<String> =
        document::finalizers(object).into_iter().map(str::to_owned).collect();
    let Some(propagation) = propagation else { return finalizers };
    let wanted = match propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Orphan => Some(ORPHAN),
    };
    finalizers.retain(|own| ![FOREGROUND, ORPHAN].contains(&own.as_str()) || wanted == Some(own));
    if let Some(wanted) = wanted.filter(|wanted| !finalizers.iter().any(|own| own == wanted)) {
        finalizers.push(wanted.to_owned());
    }
    finalizers
}

fn set_finalizers(object: &mut Value, finalizers: Vec<String>) {
    let metadata = document::metadata_mut(object);
    if finalizers.is_empty() {
        metadata.remove("finalizers");
    } else {
        metadata.insert("finalizers".to_owned(), finalizers.into());
    }
}

/// Namespaces are also held by finalizers in their spec.
fn holds_namespace(object: &Value) -> bool {
    is_namespace(object) && !document::list_at(object, "/spec/finalizers").is_empty()
}

fn is_namespace(object: &Value) -> bool {
    document::kind(object) == "Namespace" && document::api_version(object) == "v1"
}

#[cfg(test)]
mod tests;
