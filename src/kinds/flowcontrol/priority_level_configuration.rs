//! `PriorityLevelConfiguration`: how many requests of a level are served at a time.

use machinery::{FieldErrors, FieldPath};
use serde_json::{Value, json};

use crate::column::{Column, NONE};
use crate::fill::{default, default_number, present, set};
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::number;
use crate::read::text;
use crate::subresource::Subresource;

/// How many requests of a level are served at a time.
#[derive(Debug)]
pub(crate) struct PriorityLevelConfiguration;

static NAMES: Names = BuiltIn {
    group: "flowcontrol.apiserver.k8s.io",
    version: "v1",
    kind: "PriorityLevelConfiguration",
    plural: "prioritylevelconfigurations",
    singular: "prioritylevelconfiguration",
    short: &[],
    categories: &[],
}
.names();

/// A fair part for a level nobody tuned.
const SHARES: i64 = 30;

/// How flows are spread, unless the level says otherwise.
const QUEUES: i64 = 64;
const HAND_SIZE: i64 = 8;
const QUEUE_LENGTH: i64 = 50;

/// Each queue costs memory, used or not.
const MAX_QUEUES: i64 = 10_000_000;

/// Hands are dealt from one hash of a flow.
const MAX_HASH_BITS: f64 = 60.0;

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Type", "Whether requests may have to wait.", |level, _| {
        text(&level["spec"], "type").into()
    }),
    Column::text("NominalConcurrencyShares", "Its part of the whole.", |level, _| {
        shown(&level["spec"]["limited"]["nominalConcurrencyShares"])
    }),
    Column::text("Queues", "How many queues it has.", |level, _| shown(&queuing(level)["queues"])),
    Column::text("HandSize", "How many queues a flow may use.", |level, _| {
        shown(&queuing(level)["handSize"])
    }),
    Column::text("QueueLengthLimit", "How long a queue may be.", |level, _| {
        shown(&queuing(level)["queueLengthLimit"])
    }),
    Column::AGE,
];

impl Kind for PriorityLevelConfiguration {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn generation(&self) -> bool {
        true
    }

    fn set_defaults(&self, level: &mut Value) {
        let Some(spec) = present(level, "spec") else { return };
        if let Some(exempt) = present(spec, "exempt") {
            default(exempt, "nominalConcurrencyShares", 0);
            default(exempt, "lendablePercent", 0);
        }
        let Some(limited) = present(spec, "limited") else { return };
        default(limited, "nominalConcurrencyShares", SHARES);
        default(limited, "lendablePercent", 0);
        let queuing =
            present(limited, "limitResponse").and_then(|answer| present(answer, "queuing"));
        if let Some(queuing) = queuing {
            default_number(queuing, "queues", QUEUES);
            default_number(queuing, "handSize", HAND_SIZE);
            default_number(queuing, "queueLengthLimit", QUEUE_LENGTH);
        }
    }

    fn prepare_create(&self, level: &mut Value) {
        set(level, "status", json!({}));
    }

    fn status_goes_alone(&self) -> bool {
        true
    }

    fn validate_status(&self, level: &Value, errors: &FieldErrors) {
        super::validate_conditions(level, errors);
    }

    fn validate(&self, level: &Value, errors: &FieldErrors) {
        let (spec, path) = (&level["spec"], errors.at("spec"));
        let kind = text(spec, "type");
        if (text(&level["metadata"], "name") == "exempt") != (kind == "Exempt") {
            let detail = "type must be 'Exempt' if and only if `name` is 'exempt'";
            path.invalid("type", kind, detail);
        }
        let (limited, exempt) = (&spec["limited"], &spec["exempt"]);
        match kind {
            "Exempt" => {
                if !limited.is_null() {
                    path.forbidden("limited", "must be nil if the type is not Limited");
                }
                validate_shares(exempt, &path.at("exempt"));
            }
            "Limited" => {
                if !exempt.is_null() {
                    path.forbidden("exempt", "must be nil if the type is Limited");
                }
                match limited {
                    Value::Null => {
                        path.required("limited", "must not be empty when type is Limited");
                    }
                    limited => validate_limited(limited, &path.at("limited")),
                }
            }
            other => path.not_supported("type", other, &["Exempt", "Limited"]),
        }
    }
}

fn queuing(level: &Value) -> &Value {
    &level["spec"]["limited"]["limitResponse"]["queuing"]
}

fn shown(number: &Value) -> Value {
    if number.is_null() { NONE.into() } else { number.clone() }
}

fn validate_shares(level: &Value, path: &FieldPath<'_>) {
    let shares = "nominalConcurrencyShares";
    if let Some(number) = level[shares].as_i64().filter(|number| *number < 0) {
        path.invalid(shares, number, "must be a non-negative integer");
    }
    number::within(level, "lendablePercent", 0..=100, path);
}

fn validate_limited(limited: &Value, path: &FieldPath<'_>) {
    validate_shares(limited, path);
    let field = "borrowingLimitPercent";
    if let Some(number) = limited[field].as_i64().filter(|number| *number < 0) {
        path.invalid(field, number, "if specified, must be a non-negative integer");
    }
    let (answer, path) = (&limited["limitResponse"], path.at("limitResponse"));
    let queuing = &answer["queuing"];
    match text(answer, "type") {
        "Reject" if !queuing.is_null() => {
            path.forbidden("queuing", "must be nil if limited.limitResponse.type is not Limited");
        }
        "Reject" => {}
        "Queue" if queuing.is_null() => {
            let detail = "must not be empty if limited.limitResponse.type is Limited";
            path.required("queuing", detail);
        }
        "Queue" => validate_queuing(queuing, &path.at("queuing")),
        other => path.not_supported("type", other, &["Queue", "Reject"]),
    }
}

fn validate_queuing(queuing: &Value, path: &FieldPath<'_>) {
    let number = |field: &str| queuing[field].as_i64().unwrap_or(0);
    let (queues, hand) = (number("queues"), number("handSize"));
    for field in ["queueLengthLimit", "queues", "handSize"] {
        if number(field) <= 0 {
            path.invalid(field, number(field), "must be positive");
        }
    }
    if queues > MAX_QUEUES {
        path.invalid("queues", queues, &format!("must not be greater than {MAX_QUEUES}"));
    }
    let bits = |number: i64| i32::try_from(number).map_or(f64::INFINITY, f64::from);
    let entropy = (bits(queues).log2() * bits(hand)).ceil();
    if hand > queues {
        let detail = format!("should not be greater than queues ({queues})");
        path.invalid("handSize", hand, &detail);
    } else if hand > 0 && entropy > MAX_HASH_BITS {
        let detail = format!(
            "required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {MAX_HASH_BITS}"
        );
        path.invalid("handSize", hand, &detail);
    }
}

#[cfg(test)]
mod tests;
