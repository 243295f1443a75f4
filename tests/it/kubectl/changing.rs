//! Apply, diff, edit, patch, replace, label, annotate, delete.

use expect_test::expect;

use crate::support::kubectl::with_every_kubectl;

/// A ConfigMap that every test here changes in its own way.
fn settings(value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  first: {value}\n  second: same\n"
    )
}

#[tokio::test]
async fn apply_creates_changes_and_leaves_alone() {
    with_every_kubectl("applying", async |k| {
        let file = k.file("settings.yaml", &settings("one"));
        k.check(&format!("apply -f {file}"), expect!["configmap/settings created"]).await;
        let before = k.ok("get cm settings -o jsonpath={.metadata.resourceVersion}").await;
        k.check(&format!("apply -f {file}"), expect!["configmap/settings unchanged"]).await;
        let after = k.ok("get cm settings -o jsonpath={.metadata.resourceVersion}").await;
        assert_eq!(before, after, "nothing was written");

        let file = k.file("settings.yaml", &settings("two"));
        let diff = k.run(&format!("diff -f {file}")).await;
        assert_eq!(diff.code, 1, "{}{}", diff.stdout, diff.stderr);
        assert!(diff.stdout.contains("-  first: one\n+  first: two"), "{}", diff.stdout);
        k.check(
            &format!("apply -f {file} --dry-run=server"),
            expect!["configmap/settings configured (server dry run)"],
        )
        .await;
        k.check(
            &format!("apply -f {file} --dry-run=client"),
            expect!["configmap/settings configured (dry run)"],
        )
        .await;
        k.check(
            "get cm settings -o jsonpath={.data}",
            expect![[r#"{"first":"one","second":"same"}"#]],
        )
        .await;
        k.check(&format!("apply -f {file}"), expect!["configmap/settings configured"]).await;
        k.check(
            "get cm settings -o jsonpath={.data}",
            expect![[r#"{"first":"two","second":"same"}"#]],
        )
        .await;
        k.check(&format!("diff -f {file}"), expect![]).await;

        // What was applied before and is not any more goes; what others added stays.
        k.ok("patch cm settings --type=merge -p '{\"data\":{\"third\":\"other\"}}'").await;
        let less = settings("two").replace("  second: same\n", "");
        k.check_fed("apply -f -", &less, expect!["configmap/settings configured"]).await;
        k.check(
            "get cm settings -o jsonpath={.data}",
            expect![[r#"{"first":"two","third":"other"}"#]],
        )
        .await;
        k.check(
            "apply view-last-applied cm settings",
            expect![[r#"
            apiVersion: v1
            data:
              first: two
            kind: ConfigMap
            metadata:
              annotations: {}
              name: settings
              namespace: HERE"#]],
        )
        .await;
        k.check(&format!("delete -f {file}"), expect![[r#"configmap "settings" deleted"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn the_server_applies_and_minds_who_owns_what() {
    with_every_kubectl("owning", async |k| {
        let apply = "apply --server-side -f -";
        k.check_fed(apply, &settings("one"), expect!["configmap/settings serverside-applied"])
            .await;
        k.check_fed(apply, &settings("one"), expect!["configmap/settings serverside-applied"])
            .await;
        let other = "apply --server-side --field-manager=other -f -";
        let mine = settings("two").replace("  second: same\n", "");
        let conflict = k.feed(other, &mine).await;
        assert_eq!(conflict.code, 1, "{conflict:?}");
        let text = "Apply failed with 1 conflict: conflict with \"kubectl\": .data.first";
        assert!(conflict.stderr.contains(text), "{conflict:?}");
        k.check_fed(
            &format!("{other} --force-conflicts"),
            &mine,
            expect!["configmap/settings serverside-applied"],
        )
        .await;
        k.check(
            "get cm settings -o jsonpath={.data}",
            expect![[r#"{"first":"two","second":"same"}"#]],
        )
        .await;
        // What nobody else owns goes with its only owner's word; what another took stays.
        let none = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n";
        k.check_fed(apply, none, expect!["configmap/settings serverside-applied"]).await;
        k.check("get cm settings -o jsonpath={.data}", expect![[r#"{"first":"two"}"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn lists_of_a_pod_template_are_merged_by_name() {
    with_every_kubectl("merging", async |k| {
        k.ok("create deployment two --image=localhost/isopod/greeting --replicas=0").await;
        k.check(
            "patch deployment two -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":\"localhost/isopod/tcp-echo\"}]}}}}'",
            expect!["deployment.apps/two patched"],
        )
        .await;
        let images = "get deployment two -o jsonpath={.spec.template.spec.containers[*].name}";
        k.check(images, expect!["side greeting"]).await;
        k.check(
            "patch deployment two -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"side\",\"$patch\":\"delete\"}]}}}}'",
            expect!["deployment.apps/two patched"],
        )
        .await;
        k.check(images, expect!["greeting"]).await;
        k.check(
            "patch deployment two --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/template/spec/containers/0/name\",\"value\":\"only\"}]'",
            expect!["deployment.apps/two patched"],
        )
        .await;
        k.check(images, expect!["only"]).await;
        k.check(
            "patch deployment two --type=merge -p '{\"metadata\":{\"labels\":{\"tier\":\"back\",\"app\":null}}}'",
            expect!["deployment.apps/two patched"],
        )
        .await;
        k.check("get deployment two -o jsonpath={.metadata.labels}", expect![[r#"{"tier":"back"}"#]]).await;
        k.check("patch deployment two --type=merge -p '{\"metadata\":{\"labels\":{\"tier\":\"back\"}}}'", expect!["deployment.apps/two patched (no change)"]).await;
        k.check(
            "patch deployment two --type=json -p '[{\"op\":\"test\",\"path\":\"/spec/replicas\",\"value\":9}]'",
            expect![[r#"
                ! The request is invalid: the server rejected our request due to an error in our request: testing value /spec/replicas failed: test failed
                [exit 1]"#]],
        )
        .await;
        k.check("patch deployment two -p '{\"spec\":{\"replicas\":\"many\"}}'", expect![[r#"
            ! The request is invalid: patch: Invalid value: "map[spec:map[replicas:many]]": unrecognized type: int32
            [exit 1]"#]]).await;
        k.check("patch deployment nobody -p '{}'", expect![[r#"
            ! Error from server (NotFound): deployments.apps "nobody" not found
            [exit 1]"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn an_editor_changes_an_object() {
    with_every_kubectl("editing", async |k| {
        k.apply(&settings("one")).await;
        let ran = k.edit("edit configmap settings", "s/first: one/first: edited/").await;
        k.compare(&ran, expect!["configmap/settings edited"]);
        k.check("get cm settings -o jsonpath={.data.first}", expect!["edited"]).await;
        let ran = k.edit("edit configmap settings", "s/none/none/").await;
        k.compare(&ran, expect!["! Edit cancelled, no changes made."]);
    })
    .await;
}

#[tokio::test]
async fn objects_are_replaced_labelled_and_annotated() {
    with_every_kubectl("replacing", async |k| {
        k.apply(&settings("one")).await;
        let file = k.file("replacement.yaml", &settings("replaced"));
        k.check(&format!("replace -f {file}"), expect!["configmap/settings replaced"]).await;
        k.check("get cm settings -o jsonpath={.data.first}", expect!["replaced"]).await;
        k.check(&format!("replace --force -f {file}"), expect![[r#"
            configmap "settings" deleted
            configmap/settings replaced"#]]).await;
        k.check("label cm settings tier=front", expect!["configmap/settings labeled"]).await;
        k.check("label cm settings tier=front", expect!["configmap/settings not labeled"]).await;
        k.check("label cm settings tier=back", expect![[r#"
            ! error: 'tier' already has a value (front), and --overwrite is false
            [exit 1]"#]]).await;
        k.check("label cm settings tier=back --overwrite", expect!["configmap/settings labeled"]).await;
        k.check("label cm settings tier-", expect!["configmap/settings unlabeled"]).await;
        k.check("annotate cm settings note='two words'", expect!["configmap/settings annotated"]).await;
        k.check("get cm settings -o jsonpath={.metadata.annotations.note}", expect!["two words"]).await;
        k.check("annotate cm settings note-", expect!["configmap/settings annotated"]).await;
        let file = k.file("nobody.yaml", &settings("x").replace("settings", "nobody"));
        k.check(&format!("replace -f {file}"), expect![[r#"
            ! Error from server (NotFound): error when replacing "FOLDER/HERE-nobody.yaml": configmaps "nobody" not found
            [exit 1]"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_deleted_is_gone() {
    with_every_kubectl("deleting", async |k| {
        for name in ["a", "b", "c", "d"] {
            k.ok(&format!("create configmap {name}")).await;
            k.ok(&format!("label configmap {name} app=x")).await;
        }
        k.check("delete configmap a", expect![[r#"configmap "a" deleted"#]]).await;
        k.check("delete configmap a", expect![[r#"
            ! Error from server (NotFound): configmaps "a" not found
            [exit 1]"#]]).await;
        k.check("delete configmap a --ignore-not-found", expect![]).await;
        k.check("delete configmap b --dry-run=server", expect![[r#"configmap "b" deleted (server dry run)"#]]).await;
        k.check("delete configmap -l app=x --field-selector=metadata.name!=d", expect![[r#"
            configmap "b" deleted
            configmap "c" deleted"#]]).await;
        k.check("delete configmap --all -l app", expect![[r#"
            ! error: setting 'all' parameter but found a non empty selector.
            [exit 1]"#]]).await;
        k.check("get configmap -l app", expect![[r#"
            NAME DATA AGE
            d 0 AGE"#]]).await;

        k.ok("run stays --image=localhost/isopod/greeting").await;
        k.ok("wait pod/stays --for=condition=Ready --timeout=60s").await;
        k.check("delete pod stays", expect![[r#"pod "stays" deleted"#]]).await;
        k.check("get pods", expect!["! No resources found in HERE namespace."]).await;
        k.ok("run stays --image=localhost/isopod/greeting").await;
        k.check("delete pod stays --now", expect![[r#"pod "stays" deleted"#]]).await;
        k.ok("run stays --image=localhost/isopod/greeting").await;
        k.check("delete pod stays --force --grace-period=0", expect![[r#"
            pod "stays" force deleted
            ! Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely."#]]).await;
    })
    .await;
}

#[tokio::test]
async fn deletion_cascades_as_told() {
    with_every_kubectl("cascading", async |k| {
        let count = "get replicasets,pods -o name";
        k.ok("create deployment gone --image=localhost/isopod/greeting").await;
        k.ok("rollout status deployment/gone").await;
        k.check(
            "delete deployment gone --cascade=foreground",
            expect![[r#"deployment.apps "gone" deleted"#]],
        )
        .await;
        k.check(count, expect![]).await;

        k.ok("create deployment gone --image=localhost/isopod/greeting").await;
        k.ok("rollout status deployment/gone").await;
        k.check(
            "delete deployment gone --cascade=orphan",
            expect![[r#"deployment.apps "gone" deleted"#]],
        )
        .await;
        k.check(
            count,
            expect![[r#"
            replicaset.apps/gone-HASH
            pod/gone-HASH-XXXXX"#]],
        )
        .await;
        k.ok("delete replicaset --all").await;
        k.ok("wait pods --for=delete --all --timeout=60s").await;
    })
    .await;
}
