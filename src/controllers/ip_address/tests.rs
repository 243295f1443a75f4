//! Which addresses are shown.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use crate::testing::object;

fn service(addresses: &[&str]) -> Arc<Service> {
    object(json!({
        "metadata": { "name": "web", "namespace": "shop" },
        "spec": { "clusterIPs": addresses },
    }))
}

fn shown(owner: &str, address: &str) -> Arc<IPAddress> {
    Arc::new(address_of(&Key::new("shop", owner), address))
}

fn check(addresses: &[&str], of: &[Option<&str>], expect: Expect) {
    let shown = addresses.iter().zip(of).map(|(address, owner)| {
        let object = owner.map(|owner| shown(owner, address));
        ((*address).to_owned(), object)
    });
    let plan = reconcile(&Snapshot::Service(service(addresses), shown.collect()));
    expect.assert_eq(&plan.to_string());
}

#[test]
fn each_address_of_a_service_is_shown_once() {
    check(
        &["10.43.0.7", "fd00::7"],
        &[Some("web"), None],
        expect![[r#"
            create ipaddress fd00::7
        "#]],
    );
}

#[test]
fn an_address_that_changed_hands_is_shown_anew() {
    check(
        &["10.43.0.7"],
        &[Some("other")],
        expect![[r#"
            delete ipaddress 10.43.0.7
            create ipaddress 10.43.0.7
        "#]],
    );
}

#[test]
fn a_service_without_addresses_shows_none() {
    assert_eq!(addresses(&service(&["None"])), [""; 0]);
}

#[test]
fn an_address_that_nobody_holds_goes() {
    let plan = reconcile(&Snapshot::Left(shown("web", "10.43.0.7")));
    expect![[r#"
        delete ipaddress 10.43.0.7
    "#]]
    .assert_eq(&plan.to_string());
}

#[test]
fn an_address_somebody_else_looks_after_is_not_ours() {
    let mut foreign = address_of(&Key::new("shop", "web"), "10.43.0.7");
    assert!(is_managed(&foreign));
    foreign.metadata.labels = None;
    assert!(!is_managed(&foreign));
}
