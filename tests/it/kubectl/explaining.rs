//! What the server says of itself.

use expect_test::expect;

use crate::support::kubectl::with_every_kubectl;
use crate::support::normal::normal;

#[tokio::test]
async fn fields_are_explained() {
    with_every_kubectl("explaining", async |k| {
        k.check(
            "explain deployment.spec.strategy",
            expect![[r#"
                GROUP: apps
                KIND: Deployment
                VERSION: v1

                FIELD: strategy <DeploymentStrategy>

                DESCRIPTION:
                    The deployment strategy to use to replace existing pods with new ones.
                    DeploymentStrategy describes how to replace existing pods with new ones.

                FIELDS:
                  rollingUpdate <RollingUpdateDeployment>
                    Rolling update config params. Present only if DeploymentStrategyType =
                    RollingUpdate.

                  type <string>
                    Type of deployment. Can be "Recreate" or "RollingUpdate". Default is
                    RollingUpdate."#]],
        )
        .await;
        k.check(
            "explain pod.spec.containers.ports.containerPort",
            expect![[r#"
                KIND: Pod
                VERSION: v1

                FIELD: containerPort <integer>

                DESCRIPTION:
                    Number of port to expose on the pod's IP address. This must be a valid port
                    number, 0 < x < 65536."#]],
        )
        .await;
        let old = k.ok("explain deployment.spec.strategy --output=plaintext-openapiv2").await;
        assert!(old.contains("FIELD: strategy <") || old.contains("RESOURCE: strategy <"), "{old}");
        assert!(old.contains("rollingUpdate\t<"), "{old}");
        let tree = k.ok("explain service --recursive").await;
        for field in ["clusterIP\t<string>", "nodePort\t<integer>", "selector\t<map[string]string>"]
        {
            assert!(tree.contains(field), "no {field:?} in {tree}");
        }
        for kind in [
            "pod",
            "deployment",
            "configmap",
            "secret",
            "namespace",
            "node",
            "event",
            "lease",
            "endpointslice",
        ] {
            let text = k.ok(&format!("explain {kind}")).await;
            assert!(text.contains("DESCRIPTION:") && text.contains("FIELDS:"), "{text}");
        }
        k.check(
            "explain pod.spec.nothing",
            expect![[r#"
            KIND: Pod
            VERSION: v1
            ! error: field "nothing" does not exist
            [exit 1]"#]],
        )
        .await;
        k.check(
            "explain nothing",
            expect![[r#"
            ! the server doesn't have a resource type "nothing"
            [exit 1]"#]],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn resources_and_versions_are_discovered() {
    with_every_kubectl("discovering", async |k| {
        // Another test's group whose server does not answer would fail the command, and changes nothing else.
        let list = k.until("api-resources --sort-by=name --no-headers", "Binding").await;
        let list = normal(&list);
        for line in [
            "bindings v1 true Binding",
            "configmaps cm v1 true ConfigMap",
            "deployments deploy apps/v1 true Deployment",
            "endpointslices discovery.k8s.io/v1 true EndpointSlice",
            "events ev events.k8s.io/v1 true Event",
            "leases coordination.k8s.io/v1 true Lease",
            "nodes no v1 false Node",
            "pods po v1 true Pod",
            "replicationcontrollers rc v1 true ReplicationController",
            "selfsubjectaccessreviews authorization.k8s.io/v1 false SelfSubjectAccessReview",
        ] {
            assert!(list.lines().any(|found| found == line), "no {line:?} in {list}");
        }
        let cluster_wide = "api-resources --namespaced=false --api-group= -o name";
        let cluster_wide = k.until(cluster_wide, "namespaces\nnodes\n").await;
        assert!(!cluster_wide.contains("pods"), "{cluster_wide}");
        let wide = "api-resources --verbs=list,watch --api-group=apps -o wide";
        let wide = normal(&k.until(wide, "Deployment").await);
        let line = "deployments deploy apps/v1 true Deployment create,delete,deletecollection,get,list,patch,update,watch all";
        assert!(wide.lines().any(|found| found == line), "{wide}");
        let versions = k.ok("api-versions").await;
        for version in ["apps/v1", "coordination.k8s.io/v1", "v1"] {
            assert!(versions.lines().any(|found| found == version), "{versions}");
        }
    })
    .await;
}

#[tokio::test]
async fn versions_and_health_are_told() {
    with_every_kubectl("telling", async |k| {
        let version = k.ok("version").await;
        assert!(version.contains(&format!("Server Version: {}", isopod::KUBERNETES_VERSION)), "{version}");
        // A server that is held up for a moment says so.
        assert_eq!(k.until("get --raw /healthz", "ok").await, "ok");
        assert_eq!(k.until("get --raw /livez", "ok").await, "ok");
        let ready = k.until("get --raw /readyz?verbose", "readyz check passed").await;
        expect![[r#"
            [+]ping ok
            [+]log ok
            [+]etcd ok
            [+]etcd-readiness ok
            [+]informer-sync ok
            [+]poststarthook/bootstrap-controller ok
            [+]poststarthook/rbac/bootstrap-roles ok
            [+]poststarthook/scheduling/bootstrap-system-priority-classes ok
            [+]shutdown ok
            readyz check passed"#]].assert_eq(&normal(&ready));
        k.check("get --raw /apis/apps", expect![[r#"{"apiVersion":"v1","kind":"APIGroup","name":"apps","preferredVersion":{"groupVersion":"apps/v1","version":"v1"},"versions":[{"groupVersion":"apps/v1","version":"v1"}]}"#]]).await;
        k.check("get --raw /nothing", expect![[r#"
            ! Error from server (NotFound): the server could not find the requested resource
            [exit 1]"#]]).await;
        k.check("cluster-info", expect![[r#"
            Kubernetes control plane is running at https://127.0.0.1:PORT

            To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'."#]]).await;
        let list = k.ok("get --raw /api/v1/namespaces/default/services?limit=1").await;
        assert!(list.starts_with("{\"kind\":\"ServiceList\",\"apiVersion\":\"v1\",\"metadata\":{"), "{list}");
    })
    .await;
}
