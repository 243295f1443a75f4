//! Who one is and what one may do.

use expect_test::expect;

use crate::support::kubectl::with_every_kubectl;
use crate::support::normal::normal;

#[tokio::test]
async fn the_administrator_may_do_everything() {
    with_every_kubectl("identity", async |k| {
        let whoami = normal(&k.ok("auth whoami").await);
        let known = "ATTRIBUTE VALUE\nUsername system:admin\n\
                     Groups [system:masters system:authenticated]\n\
                     Extra: authentication.kubernetes.io/credential-id [X509SHA256=";
        assert!(whoami.starts_with(known), "{whoami}");
        k.check("auth can-i create pods", expect!["yes"]).await;
        k.check(
            "auth can-i delete nodes",
            expect![[r#"
            yes
            ! Warning: resource 'nodes' is not namespace scoped"#]],
        )
        .await;
        let list = normal(&k.ok("auth can-i --list").await);
        assert!(list.lines().any(|line| line == "*.* [] [] [*]"), "{list}");
        assert!(list.lines().any(|line| line.trim() == "[*] [] [*]"), "{list}");
    })
    .await;
}

#[tokio::test]
async fn an_account_may_do_what_its_role_grants() {
    with_every_kubectl("access", async |k| {
        let space = &k.space.name;
        k.ok("create serviceaccount viewer").await;
        k.ok("create role reader --verb=get,list --resource=pods,deployments.apps/scale").await;
        let account = format!("--serviceaccount={space}:viewer");
        k.ok(&format!("create rolebinding viewer --role=reader {account}")).await;

        let view = "config view --raw --minify -o jsonpath={.clusters[0].cluster";
        let server = k.ok(&format!("{view}.server}}")).await;
        let authority = k.ok(&format!("{view}.certificate-authority-data}}")).await;
        let token = k.ok("create token viewer").await;
        let config = format!(
            "{{apiVersion: v1, kind: Config, current-context: c,\n\
             clusters: [{{name: c, cluster: {{\n\
             server: '{server}', certificate-authority-data: {authority}}}}}],\n\
             users: [{{name: c, user: {{token: {}}}}}],\n\
             contexts: [{{name: c, context: {{cluster: c, user: c}}}}]}}",
            token.trim()
        );
        let viewer = format!("--kubeconfig={}", k.file("viewer.yaml", &config));
        k.ok(&format!("get pods {viewer}")).await;
        let refused = k.run(&format!("get secrets {viewer}")).await;
        assert_eq!(
            refused.stderr.trim(),
            format!(
                "Error from server (Forbidden): secrets is forbidden: User \
                 \"system:serviceaccount:{space}:viewer\" cannot list resource \"secrets\" in API \
                 group \"\" in the namespace \"{space}\""
            )
        );

        let viewer = format!("--as=system:serviceaccount:{space}:viewer");
        k.ok(&format!("auth can-i list pods {viewer}")).await;
        assert_eq!(k.run(&format!("auth can-i list secrets {viewer}")).await.stdout.trim(), "no");
        let list = normal(&k.ok(&format!("auth can-i --list {viewer}")).await);
        for line in ["pods [] [] [get list]", "deployments.apps/scale [] [] [get list]"] {
            assert!(list.lines().any(|own| own == line), "{list}");
        }
        let refused = k.run(&format!("create configmap a {viewer}")).await;
        assert!(refused.stderr.contains("cannot create resource \"configmaps\""));
    })
    .await;
}
