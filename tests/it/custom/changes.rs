//! What becomes of objects and of those who watch them when their definition changes or another wants its names.

use expect_test::expect;

use super::{BOATS, FLEET, define};
use crate::support::kubectl::alone_with_kubectl;
use crate::support::normal::normal;

#[tokio::test]
async fn a_name_in_use_is_not_given_twice() {
    alone_with_kubectl("shore", async |k| {
        define(k, BOATS).await;
        let rival = BOATS.replace("boats", "skiffs").replace("[bt]", "[bt, sk]");
        k.check_fed("create -f -", &rival, expect!["customresourcedefinition.apiextensions.k8s.io/skiffs.harbour.example.com created"]).await;
        k.check("wait crd/skiffs.harbour.example.com --for=condition=NamesAccepted=False --timeout=60s", expect!["customresourcedefinition.apiextensions.k8s.io/skiffs.harbour.example.com condition met"]).await;
        let conditions = "get crd skiffs.harbour.example.com -o 'jsonpath={range .status.conditions[*]}{.type} {.status} {.reason}: {.message}{\"\\n\"}{end}'";
        k.check(conditions, expect![[r#"
            NamesAccepted False ListKindConflict: "BoatList" is already in use
            Established False NotAccepted: not all names are accepted"#]]).await;
        k.check("get skiffs", expect![[r#"
            ! error: the server doesn't have a resource type "skiffs"
            [exit 1]"#]]).await;
        k.ok("delete crd boats.harbour.example.com").await;
        k.check("wait crd/skiffs.harbour.example.com --for=condition=Established --timeout=60s", expect!["customresourcedefinition.apiextensions.k8s.io/skiffs.harbour.example.com condition met"]).await;
        k.check(conditions, expect![[r#"
            NamesAccepted True NoConflicts: no conflicts found
            Established True InitialNamesAccepted: the initial names have been accepted"#]]).await;
        k.check("get skiffs", expect!["! No resources found in HERE namespace."]).await;
    })
    .await;
}

#[tokio::test]
async fn a_watch_sees_what_happens_until_the_kind_is_gone() {
    alone_with_kubectl("shore", async |k| {
        define(k, BOATS).await;
        let watch = "get boats -w --output-watch-events";
        let mut following = k.follow(watch);
        k.apply(FLEET).await;
        following.until("ketch").await;
        // Whoever watches has to begin anew when the schema changes.
        define(k, &BOATS.replace("maximum: 40", "maximum: 50")).await;
        assert_eq!(following.rest().await, [""; 0]);

        let mut following = k.follow(watch);
        let mut seen = following.until("ketch").await;
        k.ok("patch boat dory --type=merge -p '{\"spec\":{\"crew\":45}}'").await;
        k.ok("delete boat ketch").await;
        k.ok("delete crd boats.harbour.example.com").await;
        seen.extend(following.rest().await);
        expect![[r#"
            EVENT NAME FLAG CREW AFLOAT AGE
            ADDED dory red 2 AGE
            ADDED ketch green 7 AGE
            MODIFIED dory red 45 AGE
            DELETED ketch green 7 AGE
            DELETED dory red 45 AGE"#]]
        .assert_eq(&normal(&seen.join("\n")));
    })
    .await;
}

#[tokio::test]
async fn a_kind_defined_anew_knows_nothing_of_the_one_before() {
    alone_with_kubectl("shore", async |k| {
        define(k, BOATS).await;
        k.apply(FLEET).await;
        k.check("delete crd boats.harbour.example.com", expect![[r#"
            customresourcedefinition.apiextensions.k8s.io "boats.harbour.example.com" deleted
            ! Warning: deleting cluster-scoped resources, not scoped to the provided namespace"#]]).await;
        k.check("get boats", expect![[r#"
            ! Error from server (NotFound): Unable to list "harbour.example.com/v1, Resource=boats": the server could not find the requested resource
            [exit 1]"#]]).await;
        let plain = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
                     metadata: {name: boats.harbour.example.com}\nspec:\n  group: harbour.example.com\n  \
                     scope: Cluster\n  names: {kind: Boat, plural: boats}\n  versions:\n  \
                     - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, \
                     properties: {sails: {type: integer}}}}}\n";
        k.ok(&format!("create -f {}", k.file("plain.yaml", plain))).await;
        k.check("wait crd/boats.harbour.example.com --for=condition=Established --timeout=60s", expect!["customresourcedefinition.apiextensions.k8s.io/boats.harbour.example.com condition met"]).await;
        k.check("get boats", expect![[r#"
            ! Error from server (NotFound): Unable to list "harbour.example.com/v1, Resource=boats": the server could not find the requested resource
            [exit 1]"#]]).await;
        k.check("api-resources --api-group=harbour.example.com", expect![[r#"
            NAME SHORTNAMES APIVERSION NAMESPACED KIND
            boats harbour.example.com/v1 false Boat"#]]).await;
        let boat = "apiVersion: harbour.example.com/v1\nkind: Boat\nmetadata: {name: dory}\nsails: 2\n";
        k.check_fed("create -f -", boat, expect!["boat.harbour.example.com/dory created"]).await;
        k.check("get boats", expect![[r#"
            NAME AGE
            dory AGE"#]]).await;
        let explained = k.ok("explain boat --recursive").await;
        assert!(explained.ends_with("  sails\t<integer>\n\n") && !explained.contains("crew"), "{explained}");
    })
    .await;
}
