use expect_test::expect;
use serde_json::{Value, json};

use super::ServiceCIDR;
use crate::fixture::{admitted, refusals, refused_updates, row};

fn valid() -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "more",
        "creationTimestamp": "2026-01-02T03:00:00Z"}, "spec": {"cidrs": ["10.44.0.0/16"]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/cidrs", json!([])),
        ("/spec/cidrs", json!(["10.44.0.0"])),
        ("/spec/cidrs", json!(["10.44.0.1/16"])),
        ("/spec/cidrs", json!(["10.44.0.0/16", "10.45.0.0/16"])),
        ("/spec/cidrs", json!(["10.44.0.0/16", "fd00::/108"])),
        ("/spec/cidrs", json!(["a", "b", "c"])),
    ];
    expect![[r#"
        /spec/cidrs = []
            spec.cidrs: Required value: at least one CIDR required
        /spec/cidrs = ["10.44.0.0"]
            spec.cidrs[0]: Invalid value: "10.44.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)
        /spec/cidrs = ["10.44.0.1/16"]
            spec.cidrs[0]: Invalid value: "10.44.0.1/16": must be in canonical form ("10.44.0.0/16")
        /spec/cidrs = ["10.44.0.0/16","10.45.0.0/16"]
            spec.cidrs: Invalid value: ["10.44.0.0/16","10.45.0.0/16"]: may specify no more than one IP for each IP family, i.e. 192.168.0.0/24 and 2001:db8::/64
        /spec/cidrs = ["10.44.0.0/16","fd00::/108"]
            is fine
        /spec/cidrs = ["a","b","c"]
            spec.cidrs: Invalid value: ["a","b","c"]: may only hold up to 2 values
    "#]].assert_eq(&refusals(&ServiceCIDR, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/spec/cidrs", json!(["10.45.0.0/16"])),
        ("/spec/cidrs", json!(["10.44.0.0/16", "fd00::/108"])),
    ];
    expect![[r#"
        /spec/cidrs = ["10.45.0.0/16"]
            spec.cidrs: Invalid value: ["10.45.0.0/16"]: field is immutable
        /spec/cidrs = ["10.44.0.0/16","fd00::/108"]
            is fine
    "#]]
    .assert_eq(&refused_updates(&ServiceCIDR, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: more
        CIDRs: 10.44.0.0/16
        Age: 4m5s
    "]]
    .assert_eq(&row(&ServiceCIDR, &admitted(&ServiceCIDR, valid())));
}
