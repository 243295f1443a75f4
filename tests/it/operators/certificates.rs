//! An operator with all its parts: four kinds, webhooks that fill in, refuse and convert, somebody who gives them the
//! authority they are trusted by, and a controller that signs certificates.

mod controller;
mod injector;
mod webhook;

use expect_test::expect;

use crate::support::kubectl::{Session, alone_with_kubectl};

const SERVICE: &str = include_str!("certificates/service.yaml");
const KINDS: &str = include_str!("certificates/kinds.yaml");
const WEBHOOKS: &str = include_str!("certificates/webhooks.yaml");
const ISSUERS: &str = include_str!("certificates/issuers.yaml");
const WEB: &str = include_str!("certificates/web.yaml");
const MAIL: &str = include_str!("certificates/mail.yaml");

/// Makes the Service of the webhook, and the secret that holds its authority.
async fn announce(k: &Session<'_>, port: u16, authority: &str) {
    k.apply(&SERVICE.replace("PORT", &port.to_string())).await;
    let file = k.file("ca.crt", authority);
    k.ok(&format!("create secret generic webhook-ca --from-file=ca.crt={file}")).await;
}

/// Installs everything, as a user would.
async fn install(k: &Session<'_>) {
    k.apply(KINDS).await;
    k.ok("wait crd --all --for=condition=Established --timeout=60s").await;
    k.apply(WEBHOOKS).await;
    let pem = "LS0tLS1CRUdJTi";
    let conversion = "-o jsonpath={.spec.conversion.webhook.clientConfig.caBundle}";
    k.until(&format!("get crd certificates.certs.isopod.test {conversion}"), pem).await;
    for kind in ["validatingwebhookconfiguration", "mutatingwebhookconfiguration"] {
        let bundle = "-o jsonpath={.webhooks[0].clientConfig.caBundle}";
        k.until(&format!("get {kind} certs.isopod.test {bundle}"), pem).await;
    }
    k.apply(ISSUERS).await;
    k.check(
        "wait issuer/local clusterissuer/everywhere --for=condition=Ready --timeout=60s",
        expect![[r#"
            issuer.certs.isopod.test/local condition met
            clusterissuer.certs.isopod.test/everywhere condition met"#]],
    )
    .await;
}

#[tokio::test]
async fn a_certificate_is_wanted_signed_changed_and_cleared_away() {
    alone_with_kubectl("foundry", async |k| {
        let hook = webhook::start("webhook.foundry.svc").await;
        announce(k, hook.port, &hook.authority).await;
        let story = async {
            install(k).await;
            issue(k).await;
            refuse(k).await;
            change(k).await;
            clear(k).await;
        };
        tokio::select! {
            biased;
            () = story => {}
            () = injector::run(&k.space.client) => panic!("the injector ended"),
            () = controller::run(&k.space) => panic!("the controller ended"),
        }
    })
    .await;
}

async fn issue(k: &Session<'_>) {
    k.check_fed("apply -f -", WEB, expect!["certificate.certs.isopod.test/web created"]).await;
    k.check(
        "wait certificate/web --for=condition=Ready --timeout=60s",
        expect!["certificate.certs.isopod.test/web condition met"],
    )
    .await;
    k.check(
        "get certs -o wide",
        expect![[r#"
        NAME READY SECRET ISSUER STATUS
        web True web-tls local the certificate is in its secret"#]],
    )
    .await;
    k.check("get cert web -o jsonpath={.spec}", expect![[r#"{"dnsNames":["web.example.com","www.example.com"],"issuerRef":{"kind":"Issuer","name":"local"},"secretName":"web-tls"}"#]]).await;
    let secret = "get secret web-tls -o 'jsonpath={.type} {.metadata.ownerReferences[0].kind}/{.metadata.ownerReferences[0].name}'";
    k.check(secret, expect!["kubernetes.io/tls Certificate/web"]).await;
    k.until("get secret web-tls -o jsonpath={.data}", "tls.crt").await;
    k.check(
        "get cr",
        expect![[r#"
        NAME ISSUER SIGNED
        web-1 local True"#]],
    )
    .await;

    // The old version still works, with a word about it.
    k.check_fed(
        "apply -f -",
        MAIL,
        expect![[r#"
        certificate.certs.isopod.test/mail created
        ! Warning: certs.isopod.test/v1beta1 Certificate is deprecated; use certs.isopod.test/v1 Certificate"#]],
    )
    .await;
    k.check(
        "wait certificate/mail --for=condition=Ready --timeout=60s",
        expect!["certificate.certs.isopod.test/mail condition met"],
    )
    .await;
    k.check("get certificates.v1.certs.isopod.test mail -o jsonpath={.spec}", expect![[r#"{"dnsNames":["mx.example.com","smtp.example.com"],"issuerRef":{"kind":"ClusterIssuer","name":"everywhere"},"secretName":"mail-tls"}"#]]).await;
    k.check(
        "get certificates.v1beta1.certs.isopod.test web -o 'jsonpath={.spec} {.status.revision}'",
        expect![[r#"
            {"hosts":"web.example.com,www.example.com","issuer":"issuer/local","secretName":"web-tls"} 1
            ! Warning: certs.isopod.test/v1beta1 Certificate is deprecated; use certs.isopod.test/v1 Certificate"#]],
    )
    .await;
    k.check(
        "get certs --field-selector spec.secretName=mail-tls -o name",
        expect!["certificate.certs.isopod.test/mail"],
    )
    .await;
    k.check(
        "get pki -o name",
        expect![[r#"
        certificaterequest.certs.isopod.test/mail-1
        certificaterequest.certs.isopod.test/web-1
        certificate.certs.isopod.test/mail
        certificate.certs.isopod.test/web
        clusterissuer.certs.isopod.test/everywhere
        issuer.certs.isopod.test/local"#]],
    )
    .await;
}

async fn refuse(k: &Session<'_>) {
    let bad = WEB.replace("name: web\n", "name: bad\n").replace("www.example.com", "localhost");
    k.check_fed("create -f -", &bad, expect![[r#"
        ! The request is invalid: error when creating "STDIN": admission webhook "check.certs.isopod.test" denied the request: spec.dnsNames: Invalid value: "localhost": a name needs a domain
        [exit 1]"#]]).await;
    let bad = WEB.replace("name: web\n", "name: bad\n").replace("local", "local\n    kind: Cat");
    k.check_fed("create -f -", &bad, expect![[r#"
        ! The Certificate "bad" is invalid:
        ! * spec.issuerRef.kind: Unsupported value: "Cat": supported values: "Issuer", "ClusterIssuer"
        ! * <nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation
        [exit 1]"#]]).await;
    k.check("patch cert web --type=merge -p '{\"spec\":{\"secretName\":\"other\"}}'", expect![[r#"
        ! The Certificate "web" is invalid: spec.secretName: Invalid value: "string": a certificate stays in its secret
        [exit 1]"#]])
        .await;
    k.check(
        "patch cr web-1 --type=merge -p '{\"spec\":{\"issuerRef\":{\"name\":\"other\"}}}'",
        expect![[r#"
            ! The CertificateRequest "web-1" is invalid: spec: Invalid value: "object": a request does not change
            [exit 1]"#]],
    )
    .await;
    let lost = WEB.replace("web", "lost").replace("name: local", "name: nobody");
    k.ok(&format!("create -f {}", k.file("lost.yaml", &lost))).await;
    k.check(
        "wait cert/lost --for=jsonpath={.status.conditions[0].reason}=IssuerNotReady --timeout=60s",
        expect!["certificate.certs.isopod.test/lost condition met"],
    )
    .await;
    k.check(
        "get cert lost -o wide",
        expect![[r#"
        NAME READY SECRET ISSUER STATUS
        lost False lost-tls nobody there is no Issuer "nobody""#]],
    )
    .await;
    k.ok("delete cert lost").await;
}

async fn change(k: &Session<'_>) {
    k.check("patch cert web --type=json -p '[{\"op\":\"add\",\"path\":\"/spec/dnsNames/-\",\"value\":\"w3.example.com\"}]'", expect!["certificate.certs.isopod.test/web patched"]).await;
    k.check(
        "wait cert/web --for=jsonpath={.status.revision}=2 --timeout=60s",
        expect!["certificate.certs.isopod.test/web condition met"],
    )
    .await;
    k.ok("delete secret web-tls").await;
    k.check(
        "wait cert/web --for=jsonpath={.status.revision}=3 --timeout=60s",
        expect!["certificate.certs.isopod.test/web condition met"],
    )
    .await;
    k.ok("get secret web-tls").await;
    k.check(
        "get cr -o name",
        expect![[r#"
        certificaterequest.certs.isopod.test/mail-1
        certificaterequest.certs.isopod.test/web-1
        certificaterequest.certs.isopod.test/web-2
        certificaterequest.certs.isopod.test/web-3"#]],
    )
    .await;
}

async fn clear(k: &Session<'_>) {
    k.ok("delete cert mail --cascade=orphan").await;
    k.ok("delete cert web").await;
    k.ok("wait secret/web-tls --for=delete --timeout=60s").await;
    k.until("get cr -o 'jsonpath={.items[*].metadata.name}|'", "mail-1|").await;
    k.ok("get secret mail-tls").await;
    k.ok("delete crd --all").await;
    k.check("get certs", expect![[r#"
        ! Error from server (NotFound): Unable to list "certs.isopod.test/v1, Resource=certificates": the server could not find the requested resource
        [exit 1]"#]]).await;
}
