//! API servers behind the cluster's own, as kubectl sees them.

use std::panic::{AssertUnwindSafe, resume_unwind};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;

use crate::support::extension::Extension;
use crate::support::kubectl::{Session, with_every_kubectl};
use crate::support::normal::normal;

/// Starts a server for a group and tells the cluster of it.
async fn join(k: &Session<'_>, group: &str) -> Extension {
    let maps: Api<ConfigMap> = Api::namespaced(k.space.client.clone(), "kube-system");
    let published = maps.get("extension-apiserver-authentication").await.expect("it is published");
    let clients = &published.data.expect("it has data")["requestheader-client-ca-file"];
    let name = format!("sea.{}.svc", k.space.name);
    let extension = Extension::start(group, &name, clients).await;
    k.apply(&format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: sea}}\n\
         spec: {{type: ExternalName, externalName: localhost}}\n\
         ---\n\
         apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {{name: v1.{group}}}\n\
         spec: {{group: {group}, version: v1, groupPriorityMinimum: 100, versionPriority: 100,\n  \
         caBundle: {},\n  \
         service: {{namespace: {}, name: sea, port: {}}}}}\n",
        STANDARD.encode(&extension.authority),
        k.space.name,
        extension.port
    ))
    .await;
    extension
}

#[tokio::test]
async fn another_servers_kinds_look_like_the_clusters_own_until_it_is_gone() {
    with_every_kubectl("aggregation", async |k| {
        let group = format!("sea{}.example.com", k.minor());
        let story = AssertUnwindSafe(comes_and_goes(k, &group)).catch_unwind().await;
        // As long as it is there without its server, no namespace of the cluster ends.
        let deleted = k.run(&format!("delete apiservice v1.{group}")).await;
        if let Err(panic) = story {
            resume_unwind(panic);
        }
        assert_eq!(deleted.code, 0, "{deleted:?}");
    })
    .await;
}

async fn comes_and_goes(k: &Session<'_>, group: &str) {
    let extension = join(k, group).await;
    let condition = "-o jsonpath={.status.conditions[0].status}/{.status.conditions[0].reason}";
    k.until(&format!("get apiservice v1.{group} {condition}"), "True/Passed").await;
    let shown = normal(&k.ok(&format!("get apiservice v1.{group} --no-headers")).await);
    assert!(shown.starts_with(&format!("v1.{group} {}/sea True", k.space.name)), "{shown}");

    // A group whose server has not answered yet, or no more, fails the command, whichever group it is about.
    let resources = format!("api-resources --api-group={group} --no-headers");
    let resources = normal(&k.until(&resources, "Fish").await);
    assert_eq!(resources.trim(), format!("fishes {group}/v1 true Fish"));
    let fish = format!("apiVersion: {group}/v1\nkind: Fish\nmetadata: {{name: nemo}}\n");
    let created = k.feed("create -f - --validate=false", &fish).await;
    assert_eq!(created.stdout.trim(), format!("fish.{group}/nemo created"), "{created:?}");
    let by = "-o jsonpath={.metadata.annotations.by}/{.metadata.annotations.groups}";
    let by = k.ok(&format!("get fishes.{group} nemo {by}")).await;
    assert_eq!(by.trim(), "system:admin/system:masters");
    let names = k.ok(&format!("get fishes.{group} -o name")).await;
    assert_eq!(names.trim(), format!("fish.{group}/nemo"));
    let missing = k.run(&format!("get fishes.{group} dory")).await;
    assert!(missing.stderr.contains("\"dory\" not found"), "{missing:?}");
    let mut following = k.follow(&format!("get fishes.{group} -w -o name"));
    following.until(&format!("fish.{group}/nemo")).await;
    drop(following);
    let explained = k.ok(&format!("explain fishes.{group}")).await;
    assert!(explained.contains("It swims."), "{explained}");

    // What is sent is passed on however long it is: kubectl tells the length, and a stream does not.
    let feed = format!("/apis/{group}/v1/namespaces/{}/fishes/nemo/feed", k.space.name);
    for length in [1 << 10, 8 << 20] {
        let file = k.file("food", &"x".repeat(length));
        let eaten = k.ok(&format!("create --raw {feed} -f {file}")).await;
        assert_eq!(eaten, format!("{{\"eaten\":{length}}}"));
    }

    // Whoever may not list may not list through it.
    let refused = k.run(&format!("get fishes.{group} --as=eve")).await;
    assert!(refused.stderr.contains("User \"eve\" cannot list resource \"fishes\""), "{refused:?}");

    drop(extension);
    let gone =
        k.run(&format!("get --raw /apis/{group}/v1/namespaces/{}/fishes", k.space.name)).await;
    assert!(gone.stderr.contains("ServiceUnavailable"), "{gone:?}");
    k.until(&format!("get apiservice v1.{group} {condition}"), "False/FailedDiscoveryCheck").await;
    k.ok("get pods").await;
}

#[tokio::test]
async fn the_clusters_own_groups_are_listed_too() {
    with_every_kubectl("apiservices", async |k| {
        let lines = normal(&k.ok("get apiservices --no-headers").await);
        for name in ["v1.", "v1.apps", "v2.autoscaling", "v1.rbac.authorization.k8s.io"] {
            assert!(
                lines.lines().any(|line| line.starts_with(&format!("{name} Local True"))),
                "{lines}"
            );
        }
    })
    .await;
}
