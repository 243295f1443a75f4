//! Tokens and certificates that the cluster hands out, and what they are good for.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use expect_test::expect;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use serde_json::Value;

use crate::support::kubectl::{Session, with_every_kubectl};
use crate::support::normal::normal;

/// A flag for a kubeconfig with this user, in YAML, and nobody else.
async fn only(k: &Session<'_>, name: &str, user: &str) -> String {
    let view = "config view --raw --minify -o jsonpath={.clusters[0].cluster";
    let server = k.ok(&format!("{view}.server}}")).await;
    let authority = k.ok(&format!("{view}.certificate-authority-data}}")).await;
    let config = format!(
        "{{apiVersion: v1, kind: Config, current-context: c,\n\
         clusters: [{{name: c, cluster: {{\n\
         server: '{server}', certificate-authority-data: {authority}}}}}],\n\
         users: [{{name: c, user: {user}}}],\n\
         contexts: [{{name: c, context: {{cluster: c, user: c}}}}]}}"
    );
    format!("--kubeconfig={}", k.file(name, &config))
}

fn claims(token: &str) -> Value {
    let payload = token.trim().split('.').nth(1).expect("a token has three parts");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("it is base64");
    serde_json::from_slice(&payload).expect("it is JSON")
}

/// A key and a request for a certificate, PEM.
fn request(name: &str, group: &str) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, group);
    params.distinguished_name.push(DnType::CommonName, name);
    let request = params.serialize_request(&key).expect("a request").pem().expect("as PEM");
    (key.serialize_pem(), request)
}

fn signing_request(name: &str, pem: &str) -> String {
    format!(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\n\
         metadata: {{name: {name}}}\n\
         spec: {{signerName: kubernetes.io/kube-apiserver-client, expirationSeconds: 3600,\n  \
         usages: [client auth], request: {}}}\n",
        STANDARD.encode(pem)
    )
}

#[tokio::test]
async fn a_token_is_for_whom_and_as_long_as_was_asked() {
    with_every_kubectl("tokens", async |k| {
        let token = k.ok("create token default --audience=vault --audience=safe --duration=20m").await;
        let said = claims(&token);
        assert_eq!(said["aud"], serde_json::json!(["vault", "safe"]));
        assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 1200);
        k.check(
            "create token default --duration=1m",
            expect![[r#"
                ! error: failed to create token: TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes
                [exit 1]"#]],
        )
        .await;

        k.ok("create secret generic lock").await;
        let bound = "--bound-object-kind=Secret --bound-object-name=lock";
        let token = k.ok(&format!("create token default {bound}")).await;
        let user = only(k, "bound.yaml", &format!("{{token: {}}}", token.trim())).await;
        let whoami = normal(&k.ok(&format!("auth whoami {user}")).await);
        let name = format!("Username system:serviceaccount:{}:default", k.space.name);
        assert!(whoami.lines().any(|line| line == name), "{whoami}");
        k.ok("delete secret lock").await;
        let refused = k.run(&format!("auth whoami {user}")).await;
        assert!(refused.stderr.contains("Unauthorized"), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_secret_of_the_old_kind_holds_a_token() {
    with_every_kubectl("oldtokens", async |k| {
        k.apply(
            "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\n\
             metadata: {name: old, annotations: {kubernetes.io/service-account.name: default}}\n",
        )
        .await;
        let token = k.until("get secret old -o jsonpath={.data.token}", "ZX").await;
        let token = STANDARD.decode(token.trim()).expect("it is base64");
        let token = String::from_utf8(token).expect("it is text");
        let user = only(k, "old.yaml", &format!("{{token: {token}}}")).await;
        let whoami = k.ok(&format!("auth whoami {user}")).await;
        assert!(whoami.contains(&format!("serviceaccount:{}:default", k.space.name)), "{whoami}");
    })
    .await;
}

#[tokio::test]
async fn an_approved_request_becomes_a_certificate_and_a_denied_one_does_not() {
    with_every_kubectl("certificates", async |k| {
        let name = format!("ada-{}", k.minor());
        let (key, pem) = request("ada", "dev");
        k.apply(&signing_request(&name, &pem)).await;
        let columns = "-o custom-columns=WHO:.spec.username,SIGNER:.spec.signerName --no-headers";
        let shown = normal(&k.ok(&format!("get csr {name} {columns}")).await);
        assert_eq!(shown.trim(), "system:admin kubernetes.io/kube-apiserver-client");
        let listed = normal(&k.ok(&format!("get csr {name}")).await);
        let signer = "kubernetes.io/kube-apiserver-client";
        assert_eq!(
            listed,
            format!(
                "NAME AGE SIGNERNAME REQUESTOR REQUESTEDDURATION CONDITION\n\
                 {name} AGE {signer} system:admin AGE Pending"
            )
        );
        let approved = k.ok(&format!("certificate approve {name}")).await;
        assert_eq!(
            approved.trim(),
            format!("certificatesigningrequest.certificates.k8s.io/{name} approved")
        );
        k.until(&format!("get csr {name}"), "Approved,Issued").await;
        let certificate =
            k.ok(&format!("get csr {name} -o jsonpath={{.status.certificate}}")).await;
        let user = format!(
            "{{client-certificate-data: {certificate}, client-key-data: {}}}",
            STANDARD.encode(key)
        );
        let user = only(k, "ada.yaml", &user).await;
        let whoami = normal(&k.ok(&format!("auth whoami {user}")).await);
        assert!(whoami.contains("Username ada\nGroups [dev system:authenticated]"), "{whoami}");

        let name = format!("eve-{}", k.minor());
        k.apply(&signing_request(&name, &request("eve", "dev").1)).await;
        k.ok(&format!("certificate deny {name}")).await;
        assert!(k.ok(&format!("get csr {name}")).await.contains("Denied"));
        let root =
            signing_request(&format!("root-{}", k.minor()), &request("root", "system:masters").1);
        let refused = k.feed("create -f -", &root).await;
        assert!(refused.stderr.contains("system:masters group is not allowed"), "{refused:?}");
    })
    .await;
}
