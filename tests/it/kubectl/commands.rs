//! Commands that the other sessions have no use for.

use expect_test::expect;

use crate::support::kubectl::with_every_kubectl;
use crate::support::normal::normal;

#[tokio::test]
async fn create_knows_further_kinds() {
    with_every_kubectl("kinds", async |k| {
        let space = &k.space.name;
        for (command, made) in [
            ("role reader --verb=get --resource=pods", "role.rbac.authorization.k8s.io/reader"),
            ("rolebinding reader --role=reader --user=eve", "rolebinding.rbac.authorization.k8s.io/reader"),
            ("ingress web --rule=example.com/*=web:80", "ingress.networking.k8s.io/web"),
            ("poddisruptionbudget web --selector=app=web --min-available=1", "poddisruptionbudget.policy/web"),
            ("quota few --hard=configmaps=9", "resourcequota/few"),
            ("job once --image=localhost/isopod/batch", "job.batch/once"),
            ("cronjob often --image=localhost/isopod/batch --schedule='*/5 * * * *'", "cronjob.batch/often"),
            ("job now --from=cronjob/often", "job.batch/now"),
            ("secret docker-registry pull --docker-username=a --docker-password=b --docker-server=c", "secret/pull"),
            ("service loadbalancer outer --tcp=80", "service/outer"),
        ] {
            let said = k.ok(&format!("create {command}")).await;
            assert_eq!(said.trim(), format!("{made} created"));
        }
        for (command, made) in [
            (format!("clusterrole {space} --verb=get --resource=nodes"), "clusterrole.rbac.authorization.k8s.io"),
            (format!("clusterrolebinding {space} --clusterrole=view --user=eve"), "clusterrolebinding.rbac.authorization.k8s.io"),
            (format!("priorityclass {space} --value=10"), "priorityclass.scheduling.k8s.io"),
        ] {
            let said = k.ok(&format!("create {command}")).await;
            assert_eq!(said.trim(), format!("{made}/{space} created"));
            k.ok(&format!("delete {made} {space}")).await;
        }
        k.check("get role,rolebinding,ingress,pdb,cronjob -o wide", expect![[r#"
            NAME CREATED AT
            role.rbac.authorization.k8s.io/reader TIME

            NAME ROLE AGE USERS GROUPS SERVICEACCOUNTS
            rolebinding.rbac.authorization.k8s.io/reader Role/reader AGE eve

            NAME CLASS HOSTS ADDRESS PORTS AGE
            ingress.networking.k8s.io/web <none> example.com 80 AGE

            NAME MIN AVAILABLE MAX UNAVAILABLE ALLOWED DISRUPTIONS AGE
            poddisruptionbudget.policy/web 1 N/A 0 AGE

            NAME SCHEDULE TIMEZONE SUSPEND ACTIVE LAST SCHEDULE AGE CONTAINERS IMAGES SELECTOR
            cronjob.batch/often */5 * * * * <none> False 0 <none> AGE often localhost/isopod/batch <none>"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn set_and_autoscale_change_what_runs() {
    with_every_kubectl("setting", async |k| {
        k.ok("create deployment web --image=localhost/isopod/greeting --replicas=0").await;
        k.ok("create serviceaccount robot").await;
        k.ok("create service clusterip web --tcp=80").await;
        k.ok("create role reader --verb=get --resource=pods").await;
        k.ok("create rolebinding reader --role=reader --user=eve").await;
        k.check("set env deployment/web GREETING=hi", expect!["deployment.apps/web env updated"]).await;
        k.check("set env deployment/web --list", expect![[r#"
            # Deployment web, container greeting
            GREETING=hi"#]]).await;
        k.check("set resources deployment/web --limits=cpu=100m,memory=64Mi", expect!["deployment.apps/web resource requirements updated"]).await;
        k.check("set serviceaccount deployment/web robot", expect!["deployment.apps/web serviceaccount updated"]).await;
        k.check("set selector service/web app=other", expect!["service/web selector updated"]).await;
        k.check("set subject rolebinding/reader --user=adam", expect!["rolebinding.rbac.authorization.k8s.io/reader subjects updated"]).await;
        k.check("get deployment web -o jsonpath={.spec.template.spec.containers[0].resources.limits}{.spec.template.spec.serviceAccountName}", expect![[r#"{"cpu":"100m","memory":"64Mi"}robot"#]]).await;
        k.check("autoscale deployment web --min=1 --max=3", expect!["horizontalpodautoscaler.autoscaling/web autoscaled"]).await;
        let scaler = normal(&k.ok("get hpa").await);
        assert!(scaler.ends_with(" 1 3 0 AGE"), "{scaler}");
        k.check("get horizontalpodautoscalers.v1.autoscaling web -o jsonpath={.apiVersion}/{.spec.maxReplicas}", expect!["autoscaling/v1/3"]).await;
    })
    .await;
}

#[tokio::test]
async fn what_left_a_set_is_pruned() {
    with_every_kubectl("pruning", async |k| {
        let map = |name: &str| {
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, labels: {{set: one}}}}\n---\n")
        };
        let both = map("a") + &map("b");
        k.ok("create configmap other").await;
        let prune = "apply -f - --prune -l set=one --prune-allowlist=core/v1/ConfigMap";
        k.check_fed(prune, &both, expect![[r#"
            configmap/a created
            configmap/b created"#]]).await;
        k.check_fed(prune, &map("a"), expect![[r#"
            configmap/a unchanged
            configmap/b pruned"#]]).await;
        k.ok("get configmap other").await;
    })
    .await;
}

#[tokio::test]
async fn an_apply_set_remembers_its_members() {
    with_every_kubectl("applyset", async |k| {
        let map = |name: &str| {
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n---\n")
        };
        let command = format!("apply -f - --prune --applyset=set --namespace={}", k.space.name);
        let apply = async |yaml: &str| {
            let file = k.file("set.yaml", yaml);
            k.ok_in_alpha(&command.replace("-f -", &format!("-f {file}"))).await
        };
        let said = apply(&(map("a") + &map("b"))).await;
        assert!(said.contains("configmap/a") && said.contains("configmap/b"), "{said}");
        let said = apply(&map("a")).await;
        assert!(said.contains("configmap/b pruned"), "{said}");
        let gone = k.run("get configmap b").await;
        assert!(gone.stderr.contains("NotFound"), "{gone:?}");
        k.ok("get secret set").await;
    })
    .await;
}

#[tokio::test]
async fn a_kustomization_is_built_and_applied() {
    with_every_kubectl("kustomize", async |k| {
        let folder = k.file("kustomize", "");
        std::fs::remove_file(&folder).expect("it was just made");
        std::fs::create_dir(&folder).expect("the folder is writable");
        let write = |name: &str, text: &str| {
            std::fs::write(format!("{folder}/{name}"), text).expect("the folder is writable");
        };
        write(
            "map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n",
        );
        write(
            "kustomization.yaml",
            "resources: [map.yaml]\nnamePrefix: my-\ncommonAnnotations: {from: here}\n",
        );
        assert!(k.ok(&format!("kustomize {folder}")).await.contains("name: my-settings"));
        k.check(&format!("apply -k {folder}"), expect!["configmap/my-settings created"]).await;
        k.check("get cm my-settings -o jsonpath={.metadata.annotations.from}", expect!["here"])
            .await;
        k.check(&format!("diff -k {folder}"), expect![""]).await;
        k.check(&format!("delete -k {folder}"), expect![[r#"configmap "my-settings" deleted"#]])
            .await;
    })
    .await;
}

#[tokio::test]
async fn roles_are_reconciled() {
    with_every_kubectl("reconcile", async |k| {
        let role = |verbs: &str| {
            format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: r, namespace: {}}}\nrules: [{{apiGroups: [''], resources: [pods], verbs: [{verbs}]}}]\n",
                k.space.name
            )
        };
        let made = k.feed("auth reconcile -f -", &role("get")).await;
        assert!(made.stdout.contains("role.rbac.authorization.k8s.io/r reconciled"), "{made:?}");
        let more = k.feed("auth reconcile -f -", &role("list")).await;
        assert!(more.stderr.contains("missing rules added"), "{more:?}");
        k.check("get role r -o jsonpath={.rules[*].verbs}", expect![[r#"["get"] ["list"]"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn the_cluster_tells_what_it_is_and_has() {
    with_every_kubectl("tells", async |k| {
        let info = k.ok("cluster-info").await;
        assert!(info.contains("control plane"), "{info}");
        let versions = k.ok("api-versions").await;
        assert!(
            versions.contains("apps/v1\n") && versions.contains("metrics.k8s.io/v1beta1\n"),
            "{versions}"
        );
        let resources = normal(&k.until("api-resources --api-group=apps", "Deployment").await);
        assert!(resources.contains("deployments deploy apps/v1 true Deployment"), "{resources}");
        k.ok("run said --image=localhost/isopod/greeting").await;
        k.until("logs said", "listening").await;
        let folder = k.file("dump", "");
        std::fs::remove_file(&folder).expect("it was just made");
        let space = &k.space.name;
        k.ok(&format!("cluster-info dump --namespaces={space} --output-directory={folder}")).await;
        let log = std::fs::read_to_string(format!("{folder}/{space}/said/logs.txt"));
        assert!(log.expect("it was dumped").contains("listening"));
        k.until("events --for=pod/said", "Started container said").await;
    })
    .await;
}

#[tokio::test]
async fn a_proxy_serves_the_api_on_a_socket() {
    with_every_kubectl("proxying", async |k| {
        let socket = k.file("socket", "");
        std::fs::remove_file(&socket).expect("it was just made");
        let mut proxy = k.follow(&format!("proxy --unix-socket={socket}"));
        proxy.until("Starting to serve").await;
        let mut stream = tokio::net::UnixStream::connect(&socket).await.expect("it listens");
        let request = b"GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, request).await.expect("it reads");
        let mut answer = String::new();
        let read = tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await;
        read.expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("+isopod"), "{answer}");
    })
    .await;
}
