//! What `create`, `expose` and `run` make.

use expect_test::expect;

use crate::support::kubectl::with_every_kubectl;

#[tokio::test]
async fn create_makes_every_kind_it_knows_of_ours() {
    with_every_kubectl("creating", async |k| {
        k.check(
            "create deployment web --image=localhost/isopod/greeting --replicas=2 --port=8080",
            expect!["deployment.apps/web created"],
        )
        .await;
        k.check(
            "get deployment web -o jsonpath={.spec.replicas}/{.spec.strategy.type}",
            expect!["2/RollingUpdate"],
        )
        .await;
        k.check(
            "create configmap settings --from-literal=a=1 --from-literal=b=2",
            expect!["configmap/settings created"],
        )
        .await;
        k.check("get configmap settings -o jsonpath={.data}", expect![[r#"{"a":"1","b":"2"}"#]])
            .await;
        k.check(
            "create secret generic keys --from-literal=user=admin",
            expect!["secret/keys created"],
        )
        .await;
        k.check("get secret keys -o jsonpath={.type}/{.data.user}", expect!["Opaque/YWRtaW4="])
            .await;
        k.check(
            "describe secret keys",
            expect![[r#"
            Name: keys
            Namespace: HERE
            Labels: <none>
            Annotations: <none>

            Type: Opaque

            Data
            ====
            user: 5 bytes"#]],
        )
        .await;
        k.check("create serviceaccount robot", expect!["serviceaccount/robot created"]).await;
        k.check("create service clusterip inner --tcp=80:8080", expect!["service/inner created"])
            .await;
        k.check("create service nodeport outer --tcp=80:8080", expect!["service/outer created"])
            .await;
        k.check(
            "create service externalname other --external-name=example.com",
            expect!["service/other created"],
        )
        .await;
        k.check(
            "create service clusterip headless --clusterip=None --tcp=80",
            expect!["service/headless created"],
        )
        .await;
        k.check(
            "get services",
            expect![[r#"
                NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE
                headless ClusterIP None <none> 80/TCP AGE
                inner ClusterIP SERVICE-IP <none> 80/TCP AGE
                other ExternalName <none> example.com <none> AGE
                outer NodePort SERVICE-IP <none> 80:NODE-PORT/TCP AGE"#]],
        )
        .await;
        k.check(
            "create configmap settings --from-literal=a=1",
            expect![[r#"
            ! error: failed to create configmap: configmaps "settings" already exists
            [exit 1]"#]],
        )
        .await;
        k.check(
            "create deployment dry --image=localhost/isopod/greeting --dry-run=server -o name",
            expect!["deployment.apps/dry"],
        )
        .await;
        k.check(
            "get deployment dry",
            expect![[r#"
            ! Error from server (NotFound): deployments.apps "dry" not found
            [exit 1]"#]],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_token_of_a_service_account_is_an_identity() {
    with_every_kubectl("token", async |k| {
        k.ok("create serviceaccount robot").await;
        let token = k.ok("create token robot --duration=1h").await;
        let token = token.trim();
        assert_eq!(token.split('.').count(), 3, "{token}");
        // Certificates would win over the token, so the server is named by hand.
        let server = k.ok("config view --raw -o jsonpath={.clusters[0].cluster.server}").await;
        let bare = k.file("empty.kubeconfig", "apiVersion: v1\nkind: Config\n");
        let who = format!(
            "--kubeconfig={bare} --server={server} --insecure-skip-tls-verify --token={token} auth whoami -o jsonpath={{.status.userInfo.username}}"
        );
        k.check(&who, expect!["system:serviceaccount:HERE:robot"]).await;
        k.check("create token nobody", expect![[r#"
            ! error: failed to create token: serviceaccounts "nobody" not found
            [exit 1]"#]]).await;
        let forged = who.replace(token, "not.a.token");
        k.check(&forged, expect![[r#"
            ! error: You must be logged in to the server (Unauthorized)
            [exit 1]"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn a_namespace_comes_with_an_account_and_goes_with_all_in_it() {
    with_every_kubectl("namespaces", async |k| {
        let other = format!("other-{}", k.minor());
        k.ok(&format!("create namespace {other}")).await;
        k.until(&format!("get sa,cm -n {other} -o name"), "configmap/kube-root-ca.crt").await;
        k.until(&format!("get sa,cm -n {other} -o name"), "serviceaccount/default").await;
        let again = k.run(&format!("create namespace {other}")).await;
        let text =
            format!("Error from server (AlreadyExists): namespaces \"{other}\" already exists");
        assert_eq!((again.stderr.trim(), again.code), (text.as_str(), 1));
        k.ok(&format!("run inside --image=localhost/isopod/greeting -n {other}")).await;
        k.ok(&format!("delete namespace {other}")).await;
        let gone = k.run(&format!("get namespace {other}")).await;
        let text = format!("Error from server (NotFound): namespaces \"{other}\" not found");
        assert_eq!((gone.stderr.trim(), gone.code), (text.as_str(), 1));
    })
    .await;
}

#[tokio::test]
async fn run_and_expose_make_a_pod_and_its_service() {
    with_every_kubectl("running", async |k| {
        let both = k
            .ok("run web --image=localhost/isopod/greeting --port=8080 --expose --labels=app=web")
            .await;
        assert!(both.contains("service/web created") && both.contains("pod/web created"), "{both}");
        k.ok("wait pod/web --for=condition=Ready --timeout=60s").await;
        k.check(
            "get pod,service",
            expect![[r#"
            NAME READY STATUS RESTARTS AGE
            pod/web 1/1 Running 0 AGE

            NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE
            service/web ClusterIP SERVICE-IP <none> 8080/TCP AGE"#]],
        )
        .await;
        k.check(
            "expose pod web --name=open --type=NodePort --port=80 --target-port=8080",
            expect!["service/open exposed"],
        )
        .await;
        let open = k.ok("get service open -o jsonpath={.spec.ports[0].nodePort}").await;
        let port: u16 = open.parse().expect("a port was chosen");
        assert!((30000..=32767).contains(&port), "{port}");
        k.ok("create deployment many --image=localhost/isopod/greeting --replicas=2 --port=8080")
            .await;
        k.check("expose deployment many --port=80", expect!["service/many exposed"]).await;
        k.check(
            "get service many -o jsonpath={.spec.selector}{.spec.ports[0].targetPort}",
            expect![[r#"{"app":"many"}80"#]],
        )
        .await;
        k.check(
            "expose deployment many --port=80",
            expect![[r#"
            ! Error from server (AlreadyExists): services "many" already exists
            [exit 1]"#]],
        )
        .await;
    })
    .await;
}
