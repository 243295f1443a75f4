use expect_test::expect;
use serde_json::{Value, json};

use super::PriorityLevelConfiguration;
use crate::fixture::{admitted, refusals, row};

fn valid() -> Value {
    json!({"apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "PriorityLevelConfiguration",
        "metadata": {"name": "low", "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"type": "Limited",
        "limited": {"limitResponse": {"type": "Queue", "queuing": {}}}}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/type", json!("Magic")),
        ("/spec/type", json!("Exempt")),
        ("/spec/limited", json!(null)),
        ("/spec/exempt", json!({})),
        ("/spec/limited/nominalConcurrencyShares", json!(-1)),
        ("/spec/limited/lendablePercent", json!(101)),
        ("/spec/limited/borrowingLimitPercent", json!(-1)),
        ("/spec/limited/limitResponse/type", json!("Magic")),
        ("/spec/limited/limitResponse/type", json!("Reject")),
        ("/spec/limited/limitResponse/queuing", json!(null)),
        ("/spec/limited/limitResponse/queuing/queues", json!(0)),
        ("/spec/limited/limitResponse/queuing/queues", json!(20_000_000)),
        ("/spec/limited/limitResponse/queuing/handSize", json!(65)),
        ("/spec/limited/limitResponse/queuing/handSize", json!(20)),
        ("/spec/limited/limitResponse/queuing/queueLengthLimit", json!(0)),
    ];
    expect![[r#"
        no /spec/limited/limitResponse/type
            spec.limited.limitResponse.type: Unsupported value: "": supported values: "Queue", "Reject"
        no /spec/type
            spec.type: Unsupported value: "": supported values: "Exempt", "Limited"
        /spec/type = "Magic"
            spec.type: Unsupported value: "Magic": supported values: "Exempt", "Limited"
        /spec/type = "Exempt"
            spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if `name` is 'exempt'
            spec.limited: Forbidden: must be nil if the type is not Limited
        no /spec/limited
            spec.limited: Required value: must not be empty when type is Limited
        /spec/exempt = {}
            spec.exempt: Forbidden: must be nil if the type is Limited
        /spec/limited/nominalConcurrencyShares = -1
            spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer
        /spec/limited/lendablePercent = 101
            spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive
        /spec/limited/borrowingLimitPercent = -1
            spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer
        /spec/limited/limitResponse/type = "Magic"
            spec.limited.limitResponse.type: Unsupported value: "Magic": supported values: "Queue", "Reject"
        /spec/limited/limitResponse/type = "Reject"
            spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited
        no /spec/limited/limitResponse/queuing
            spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited
        /spec/limited/limitResponse/queuing/queues = 0
            spec.limited.limitResponse.queuing.queues: Invalid value: 0: must be positive
            spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (0)
        /spec/limited/limitResponse/queuing/queues = 20000000
            spec.limited.limitResponse.queuing.queues: Invalid value: 20000000: must not be greater than 10000000
            spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 20000000 and handSize 8 should not be greater than 60
        /spec/limited/limitResponse/queuing/handSize = 65
            spec.limited.limitResponse.queuing.handSize: Invalid value: 65: should not be greater than queues (64)
        /spec/limited/limitResponse/queuing/handSize = 20
            spec.limited.limitResponse.queuing.handSize: Invalid value: 20: required entropy bits of deckSize 64 and handSize 20 should not be greater than 60
        /spec/limited/limitResponse/queuing/queueLengthLimit = 0
            spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: 0: must be positive
    "#]].assert_eq(&refusals(&PriorityLevelConfiguration, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: low
        Type: Limited
        NominalConcurrencyShares: 30
        Queues: 64
        HandSize: 8
        QueueLengthLimit: 50
        Age: 4m5s
    "]]
    .assert_eq(&row(&PriorityLevelConfiguration, &admitted(&PriorityLevelConfiguration, valid())));
}
