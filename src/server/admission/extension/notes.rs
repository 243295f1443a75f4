//! What the audit log says of webhooks and policies, under Kubernetes' names.

use serde_json::{Value, json};

use super::webhook::Webhook;
use super::webhooks::Asked;
use crate::audit::{note, note_objects};

/// Says what a webhook that changes objects has done, in which round and at which place.
pub(super) fn note_mutation(hook: &Webhook, (round, index): (usize, usize), asked: &Asked) {
    let key = |about: &str| format!("{about}.webhook.admission.k8s.io/round_{round}_index_{index}");
    match asked {
        Asked::Not => {}
        Asked::Ignored => note(|| key("failed-open.mutation"), || hook.name.to_string()),
        Asked::Answered(answered) => {
            let mut about = json!({
                "configuration": hook.configuration,
                "webhook": hook.name,
                "mutated": answered.mutated,
            });
            note(|| key("mutation"), || about.to_string());
            if let Some(patch) = &answered.patch {
                note_objects(
                    || key("patch"),
                    || {
                        about["patch"] = patch.clone();
                        about["patchType"] = "JSONPatch".into();
                        about.as_object_mut().map(|about| about.remove("mutated"));
                        about.to_string()
                    },
                );
            }
        }
    }
}

/// Says that a webhook that may refuse could not be asked.
pub(super) fn note_ignored(hook: &Webhook, index: usize) {
    let key = || format!("failed-open.validating.webhook.admission.k8s.io/round_0_index_{index}");
    note(key, || hook.name.to_string());
}

/// Says what a webhook wants to have said.
pub(super) fn note_own(hook: &Webhook, notes: Vec<(String, String)>) {
    for (key, text) in notes {
        note(|| format!("{}/{key}", hook.name), || text);
    }
}

/// Says which validations of policies do not hold.
pub(super) fn note_failures(failures: Vec<Value>) {
    if !failures.is_empty() {
        let key = || "validation.policy.admission.k8s.io/validation_failure".to_owned();
        note(key, || Value::Array(failures).to_string());
    }
}
