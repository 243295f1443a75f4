//! The end of a definition: first its objects go, finalizers and all.

use expect_test::expect;

use super::{BOATS, FLEET, define};
use crate::support::kubectl::alone_with_kubectl;

#[tokio::test]
async fn a_definition_waits_for_the_finalizers_of_its_objects() {
    alone_with_kubectl("shore", async |k| {
        define(k, BOATS).await;
        k.apply(FLEET).await;
        k.ok("patch boat dory --type=merge -p '{\"metadata\":{\"finalizers\":[\"harbour.example.com/moored\"]}}'").await;
        k.check("delete crd boats.harbour.example.com --wait=false", expect![[r#"
            customresourcedefinition.apiextensions.k8s.io "boats.harbour.example.com" deleted
            ! Warning: deleting cluster-scoped resources, not scoped to the provided namespace"#]]).await;
        k.check("wait crd/boats.harbour.example.com --for=condition=Terminating --timeout=60s", expect!["customresourcedefinition.apiextensions.k8s.io/boats.harbour.example.com condition met"]).await;
        k.check("get crd boats.harbour.example.com -o 'jsonpath={range .status.conditions[*]}{.type} {.status} {.reason}: {.message}{\"\\n\"}{end}{.metadata.finalizers}'", expect![[r#"
            NamesAccepted True NoConflicts: no conflicts found
            Established True InitialNamesAccepted: the initial names have been accepted
            Terminating True InstanceDeletionInProgress: CustomResource deletion is in progress
            ["customresourcecleanup.apiextensions.k8s.io"]"#]]).await;
        k.until("get boats -o name", "boat.harbour.example.com/dory\n").await;
        k.ok("wait boat/ketch --for=delete --timeout=60s").await;
        k.check("get boats -o name", expect!["boat.harbour.example.com/dory"]).await;
        let late = FLEET.split("---\n").nth(1).expect("there are two");
        k.check_fed("create -f -", late, expect![[r#"
            ! Error from server (MethodNotAllowed): error when creating "STDIN": create not allowed while custom resource definition is terminating
            [exit 1]"#]]).await;
        k.check("get boat dory -o 'jsonpath={.metadata.finalizers} {.metadata.deletionGracePeriodSeconds}'", expect![[r#"["harbour.example.com/moored"] 0"#]]).await;
        k.check("delete crd boats.harbour.example.com --timeout=2s", expect![[r#"
            customresourcedefinition.apiextensions.k8s.io "boats.harbour.example.com" deleted
            ! Warning: deleting cluster-scoped resources, not scoped to the provided namespace
            ! error: timed out waiting for the condition on customresourcedefinitions/boats.harbour.example.com
            [exit 1]"#]]).await;
        k.check("patch boat dory --type=json -p '[{\"op\":\"remove\",\"path\":\"/metadata/finalizers\"}]'", expect!["boat.harbour.example.com/dory patched"]).await;
        k.ok("wait crd/boats.harbour.example.com --for=delete --timeout=60s").await;
        k.check("get crd", expect!["! No resources found"]).await;
        k.check("get boats", expect![[r#"
            ! Error from server (NotFound): Unable to list "harbour.example.com/v1, Resource=boats": the server could not find the requested resource
            [exit 1]"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn a_namespace_takes_its_custom_objects_with_it() {
    alone_with_kubectl("shore", async |k| {
        define(k, BOATS).await;
        k.ok("create namespace open-sea").await;
        k.ok(&format!("create -n open-sea -f {}", k.file("fleet.yaml", FLEET))).await;
        k.apply(FLEET).await;
        k.ok("delete namespace open-sea").await;
        k.check("get boats -A -o name", expect![[r#"
            boat.harbour.example.com/dory
            boat.harbour.example.com/ketch"#]]).await;
        k.check_fed("create -n open-sea -f -", FLEET, expect![[r#"
            ! Error from server (NotFound): error when creating "STDIN": namespaces "open-sea" not found
            ! Error from server (NotFound): error when creating "STDIN": namespaces "open-sea" not found
            [exit 1]"#]]).await;
    })
    .await;
}
