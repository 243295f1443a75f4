use expect_test::expect;
use serde_json::{Value, json};

use super::CertificateSigningRequest;
use crate::fixture::{NOW, admitted, refusals, row};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
        "metadata": {"name": "node:1", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"request": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KQUFBQQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K",
        "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"],
        "expirationSeconds": 3600}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/request", json!("AAAA")),
        ("/spec/signerName", json!("me")),
        ("/spec/signerName", json!("me/you")),
        ("/spec/signerName", json!("kubernetes.io/legacy-unknown")),
        ("/spec/usages", json!(["magic"])),
        ("/spec/usages", json!(["any", "any"])),
        ("/spec/usages", json!([])),
        ("/spec/expirationSeconds", json!(5)),
    ];
    expect![[r#"
        no /spec
            spec.request: Invalid value: "": PEM block type must be CERTIFICATE REQUEST
            spec.usages: Required value
            spec.signerName: Required value
        no /spec/request
            spec.request: Invalid value: "": PEM block type must be CERTIFICATE REQUEST
        no /spec/signerName
            spec.signerName: Required value
        /spec/request = "AAAA"
            spec.request: Invalid value: "AAAA": PEM block type must be CERTIFICATE REQUEST
        /spec/signerName = "me"
            spec.signerName: Invalid value: "me": must be a fully qualified domain and path of the form 'example.com/signer-name'
        /spec/signerName = "me/you"
            spec.signerName: Invalid value: "me": should be a domain with at least two segments separated by dots
        /spec/signerName = "kubernetes.io/legacy-unknown"
            spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version
        /spec/usages = ["magic"]
            spec.usages[0]: Unsupported value: "magic": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"
        /spec/usages = ["any","any"]
            spec.usages[1]: Duplicate value: "any"
        /spec/usages = []
            spec.usages: Required value
        /spec/expirationSeconds = 5
            spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 600 seconds (10 minutes)
    "#]].assert_eq(&refusals(&CertificateSigningRequest, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&CertificateSigningRequest, valid());
    object["spec"]["username"] = json!("ann");
    object["status"] =
        json!({"certificate": "AAAA", "conditions": [{"type": "Approved", "status": "True"}]});
    expect![[r"
        Name: node:1
        Age: 4m5s
        SignerName: kubernetes.io/kube-apiserver-client
        Requestor: ann
        RequestedDuration: 60m
        Condition: Approved,Issued
    "]]
    .assert_eq(&row(&CertificateSigningRequest, &object));
}

fn condition(name: &str) -> Value {
    json!({"type": name, "status": "True"})
}

#[test]
fn who_asks_is_not_for_the_writer_to_say() {
    let mut request = valid();
    request["spec"]["username"] = json!("root");
    request["spec"]["groups"] = json!(["system:masters"]);
    let spec = &admitted(&CertificateSigningRequest, request)["spec"];
    assert_eq!((spec.get("username"), spec.get("groups")), (None, None));
}

#[test]
fn what_is_asked_for_never_changes() {
    let old = admitted(&CertificateSigningRequest, valid());
    let mut new = old.clone();
    new["spec"]["signerName"] = json!("other.example.com/a");
    new["status"]["conditions"] = json!([condition("Approved")]);
    CertificateSigningRequest.prepare_update(&mut new, &old);
    assert_eq!(new, old);
}

#[test]
fn approval_decides_and_the_status_signs() {
    let old = admitted(&CertificateSigningRequest, valid());
    let mut wanted = old.clone();
    wanted["status"] = json!({"certificate": "AAAA", "conditions": [condition("Approved")]});
    let mut approved = wanted.clone();
    CertificateSigningRequest.prepare_approval(&mut approved, &old);
    assert_eq!(approved["status"], json!({"conditions": [condition("Approved")]}));
    let mut signed = wanted.clone();
    CertificateSigningRequest.prepare_status_update(&mut signed, &old);
    assert_eq!(signed["status"], json!({"certificate": "AAAA"}));
    let mut signed = wanted;
    signed["status"]["conditions"] = json!([]);
    CertificateSigningRequest.prepare_status_update(&mut signed, &approved);
    assert_eq!(signed["status"]["conditions"], json!([condition("Approved")]));
}

#[test]
fn a_decision_is_made_once_and_holds() {
    let check = |conditions: Value| {
        let mut request = admitted(&CertificateSigningRequest, valid());
        request["status"]["conditions"] = conditions;
        let errors = machinery::FieldErrors::new();
        CertificateSigningRequest.validate_status(&request, &errors);
        errors.to_string()
    };
    assert_eq!(
        check(json!([condition("Approved"), condition("Denied")])),
        "status.conditions[1].type: Invalid value: \"Denied\": Approved and Denied conditions are mutually exclusive"
    );
    assert_eq!(
        check(json!([condition("Failed"), condition("Failed")])),
        "status.conditions[1].type: Duplicate value: \"Failed\""
    );
    assert_eq!(
        check(json!([{"type": "Approved", "status": "False"}])),
        "status.conditions[0].status: Unsupported value: \"False\": supported values: \"True\""
    );
}

#[test]
fn a_decision_is_not_taken_back() {
    let mut old = admitted(&CertificateSigningRequest, valid());
    old["status"]["conditions"] =
        json!([condition("Approved"), condition("Failed"), condition("Odd")]);
    let without = |conditions: Value| {
        let mut new = old.clone();
        new["status"]["conditions"] = conditions;
        let errors = machinery::FieldErrors::new();
        CertificateSigningRequest.validate_status_change(&new, &old, &errors);
        errors.to_string()
    };
    assert_eq!(without(json!([condition("Failed"), condition("Approved")])), "[]");
    assert_eq!(
        without(json!([condition("Approved")])),
        "status.conditions: Forbidden: updates may not remove a condition of type \"Failed\""
    );
    assert_eq!(
        without(json!([condition("Denied"), condition("Failed")])),
        "status.conditions: Forbidden: updates may not remove a condition of type \"Approved\""
    );
}

#[test]
fn a_condition_gets_the_times_its_writer_leaves_out() {
    let of = |condition: Value| json!({"status": {"conditions": [condition]}});
    let now = NOW.parse().expect("a time");
    let before = "2026-01-01T00:00:00Z";
    let old = of(json!({"type": "Failed", "status": "True", "lastTransitionTime": before}));
    let check = |condition: Value, expected: [&str; 2]| {
        let mut new = of(condition);
        CertificateSigningRequest.date_status(&mut new, &old, now);
        let condition = &new["status"]["conditions"][0];
        assert_eq!([&condition["lastUpdateTime"], &condition["lastTransitionTime"]], expected);
    };
    check(condition("Failed"), [NOW, before]);
    check(condition("Approved"), [NOW, NOW]);
    check(json!({"type": "Failed", "status": "False", "lastUpdateTime": before}), [before, NOW]);
}
