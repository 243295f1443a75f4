use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use crate::testing::{now, object};

fn check(expiration: &str, expect: Expect) {
    let secret = object(json!({
        "metadata": {"name": "bootstrap-token-abcdef", "namespace": "kube-system"},
        "data": {
            "token-id": STANDARD.encode("abcdef"),
            "token-secret": STANDARD.encode("0123456789abcdef"),
            "expiration": STANDARD.encode(expiration),
        },
    }));
    expect.assert_eq(&reconcile(&Snapshot { secret, now: now() }).to_string());
}

#[test]
fn a_token_goes_when_it_has_expired() {
    check("2026-01-02T03:04:06Z", expect![["again in 2s\n"]]);
    check("2026-01-02T03:04:05Z", expect![["delete secret bootstrap-token-abcdef\n"]]);
    check("2026-01-02T04:04:05+01:00", expect![["delete secret bootstrap-token-abcdef\n"]]);
    check("soon", expect![["delete secret bootstrap-token-abcdef\n"]]);
    check("", expect![[""]]);
}
