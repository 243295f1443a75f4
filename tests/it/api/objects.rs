//! Objects through the kube client: made, read, changed, deleted.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Api, Error, ResourceExt};
use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::patience::until;
use crate::support::space::Space;

fn config_map(name: &str, value: &str) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    map.data = Some(BTreeMap::from([("key".to_owned(), value.to_owned())]));
    map
}

fn code(error: &Error) -> (u16, &str) {
    match error {
        Error::Api(status) => (status.code, status.reason.as_str()),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_object_lives_from_create_to_delete() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "objects").await;
    let maps: Api<ConfigMap> = space.api();
    let created = maps.create(&PostParams::default(), &config_map("one", "a")).await.unwrap();
    assert_eq!(created.uid().map(|uid| uid.len()), Some(36));
    assert!(created.creation_timestamp().is_some() && created.resource_version().is_some());
    assert_eq!(maps.get("one").await.unwrap(), created);

    let mut changed = created.clone();
    changed.data = config_map("one", "b").data;
    let changed = maps.replace("one", &PostParams::default(), &changed).await.unwrap();
    assert_eq!((changed.uid(), &changed.data), (created.uid(), &config_map("one", "b").data));
    assert_ne!(changed.resource_version(), created.resource_version());
    let same = maps.replace("one", &PostParams::default(), &changed).await.unwrap();
    assert_eq!(same, changed, "a write that changes nothing writes nothing");

    let stale = maps.replace("one", &PostParams::default(), &created).await.unwrap_err();
    assert_eq!(code(&stale), (409, "Conflict"));
    let again = maps.create(&PostParams::default(), &config_map("one", "c")).await.unwrap_err();
    assert_eq!(code(&again), (409, "AlreadyExists"));

    let patch = Patch::Merge(json!({"data": {"key": null, "other": "c"}}));
    let patched = maps.patch("one", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(patched.data.unwrap(), BTreeMap::from([("other".to_owned(), "c".to_owned())]));

    let wrong = Preconditions { uid: Some("other".to_owned()), resource_version: None };
    let wrong = DeleteParams { preconditions: Some(wrong), ..DeleteParams::default() };
    assert_eq!(code(&maps.delete("one", &wrong).await.unwrap_err()), (409, "Conflict"));
    maps.delete("one", &DeleteParams::default()).await.unwrap();
    assert_eq!(code(&maps.get("one").await.unwrap_err()), (404, "NotFound"));
    assert_eq!(
        code(&maps.delete("one", &DeleteParams::default()).await.unwrap_err()),
        (404, "NotFound")
    );
}

#[tokio::test]
async fn the_server_names_what_asks_for_it() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "generated").await;
    let maps: Api<ConfigMap> = space.api();
    let mut nameless = config_map("", "a");
    nameless.metadata.name = None;
    nameless.metadata.generate_name = Some("made-".to_owned());
    let first = maps.create(&PostParams::default(), &nameless).await.unwrap().name_any();
    let second = maps.create(&PostParams::default(), &nameless).await.unwrap().name_any();
    assert!(first != second && first.len() == "made-".len() + 5, "{first} {second}");
}

#[tokio::test]
async fn a_dry_run_says_what_would_be() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "dry").await;
    let services: Api<Service> = space.api();
    let service: Service = serde_json::from_value(
        json!({"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}),
    )
    .unwrap();
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let would = services.create(&dry, &service).await.unwrap();
    assert_eq!(would.spec.unwrap().type_.as_deref(), Some("ClusterIP"));
    assert_eq!(code(&services.get("s").await.unwrap_err()), (404, "NotFound"));
}

#[tokio::test]
async fn status_and_spec_are_written_apart() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "apart").await;
    let deployments: Api<Deployment> = space.api();
    let deployment = json!({
        "metadata": {"name": "d"},
        "spec": {
            "paused": true,
            "replicas": 0,
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {"containers": [{"name": "c", "image": "localhost/isopod/batch"}]},
            },
        },
        "status": {"replicas": 9},
    });
    let deployment: Deployment = serde_json::from_value(deployment).unwrap();
    let created = deployments.create(&PostParams::default(), &deployment).await.unwrap();
    assert_eq!(
        (created.metadata.generation, created.status),
        (Some(1), Some(DeploymentStatus::default()))
    );
    // The controller writes too: each try starts from what is there.
    let written = until("a status of ours", async || {
        let mut read = deployments.get("d").await?;
        read.spec.as_mut().unwrap().replicas = Some(7);
        read.status =
            Some(DeploymentStatus { collision_count: Some(5), ..read.status.unwrap_or_default() });
        deployments.replace_status("d", &PostParams::default(), &read).await
    })
    .await;
    assert_eq!(written.spec.unwrap().replicas, Some(0));
    assert_eq!(
        (written.metadata.generation, written.status.unwrap().collision_count),
        (Some(1), Some(5))
    );
    let scaled = deployments
        .patch_scale("d", &PatchParams::default(), &Patch::Merge(json!({"spec": {"replicas": 0}})))
        .await
        .unwrap();
    assert_eq!(scaled.spec.unwrap().replicas.unwrap_or_default(), 0);
    let patch = Patch::Merge(json!({"spec": {"minReadySeconds": 1}}));
    let changed = deployments.patch("d", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(changed.metadata.generation, Some(2));
}

#[tokio::test]
async fn finalizers_hold_an_object_until_they_are_gone() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "finalizers").await;
    let maps: Api<ConfigMap> = space.api();
    let mut held = config_map("held", "a");
    held.metadata.finalizers = Some(vec!["test.isopod.dev/held".to_owned()]);
    maps.create(&PostParams::default(), &held).await.unwrap();
    let deleted = maps.delete("held", &DeleteParams::default()).await.unwrap();
    assert!(deleted.left().unwrap().metadata.deletion_timestamp.is_some());
    let more =
        json!({"metadata": {"finalizers": ["test.isopod.dev/held", "test.isopod.dev/more"]}});
    let refused =
        maps.patch("held", &PatchParams::default(), &Patch::Merge(more)).await.unwrap_err();
    assert_eq!(code(&refused), (422, "Invalid"));
    let free = json!({"metadata": {"finalizers": []}});
    maps.patch("held", &PatchParams::default(), &Patch::Merge(free)).await.unwrap();
    assert_eq!(code(&maps.get("held").await.unwrap_err()), (404, "NotFound"));
}

#[tokio::test]
async fn lists_come_in_pages_that_belong_together() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "pages").await;
    let maps: Api<ConfigMap> = space.api();
    for name in ["a", "b", "c", "d", "e"] {
        let mut map = config_map(name, "x");
        map.metadata.labels = Some(BTreeMap::from([("page".to_owned(), "yes".to_owned())]));
        maps.create(&PostParams::default(), &map).await.unwrap();
    }
    let mut params = ListParams::default().labels("page").limit(2);
    let mut names = Vec::new();
    let mut versions = Vec::new();
    loop {
        let page = maps.list(&params).await.unwrap();
        names.extend(page.items.iter().map(ResourceExt::name_any));
        versions.push(page.metadata.resource_version);
        let Some(token) = page.metadata.continue_.filter(|token| !token.is_empty()) else { break };
        // What is made between pages is not on them.
        let _ = maps.create(&PostParams::default(), &config_map("z", "x")).await;
        params.continue_token = Some(token);
    }
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    versions.dedup();
    assert_eq!((versions.len(), names.len()), (1, 5), "{versions:?}");
    let deleted = maps
        .delete_collection(&DeleteParams::default(), &ListParams::default().labels("page"))
        .await
        .unwrap();
    assert_eq!(deleted.left().map(|list| list.items.len()), Some(5));
    let left = maps.list(&ListParams::default().labels("page")).await.unwrap();
    assert!(left.items.is_empty());
}

#[tokio::test]
async fn nothing_is_made_in_a_namespace_that_goes() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "going").await;
    let maps: Api<ConfigMap> = space.api();
    let mut held = config_map("held", "a");
    held.metadata.finalizers = Some(vec!["test.isopod.dev/held".to_owned()]);
    maps.create(&PostParams::default(), &held).await.unwrap();
    let namespaces: Api<Namespace> = Api::all(space.client.clone());
    namespaces.delete("going", &DeleteParams::default()).await.unwrap();
    let refused = maps.create(&PostParams::default(), &config_map("late", "a")).await.unwrap_err();
    assert_eq!(code(&refused), (403, "Forbidden"));
    until("a condition that says what is left", async || {
        let namespace = namespaces.get("going").await.map_err(|error| error.to_string())?;
        let conditions = namespace.status.and_then(|status| status.conditions).unwrap_or_default();
        let left = conditions.iter().any(|condition| {
            condition.type_ == "NamespaceFinalizersRemaining" && condition.status == "True"
        });
        if left { Ok(()) } else { Err(format!("{conditions:?}")) }
    })
    .await;
    let free = json!({"metadata": {"finalizers": []}});
    maps.patch("held", &PatchParams::default(), &Patch::Merge(free)).await.unwrap();
    until("the namespace to be gone", async || match namespaces.get_opt("going").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;
}
