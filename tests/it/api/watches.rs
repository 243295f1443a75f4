//! Watches: nothing missed, nothing twice, and an end that can be told.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{
    DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams,
};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, ResourceExt as _};
use serde_json::json;
use tokio::time::timeout;

use crate::support::cluster::Cluster;
use crate::support::patience::PATIENCE;
use crate::support::raw;
use crate::support::space::Space;

fn config_map(name: &str) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name.to_owned());
    map.metadata.labels = Some(BTreeMap::from([("seen".to_owned(), "yes".to_owned())]));
    map
}

#[tokio::test]
async fn a_watch_goes_on_where_a_list_ended() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "watching").await;
    let maps: Api<ConfigMap> = space.api();
    maps.create(&PostParams::default(), &config_map("before")).await.unwrap();
    let list = maps.list(&ListParams::default().labels("seen")).await.unwrap();
    let version = list.metadata.resource_version.unwrap();
    for name in ["a", "b"] {
        maps.create(&PostParams::default(), &config_map(name)).await.unwrap();
    }
    let hidden = Patch::Merge(json!({"metadata": {"labels": {"seen": null}}}));
    maps.patch("a", &PatchParams::default(), &hidden).await.unwrap();
    maps.delete("b", &DeleteParams::default()).await.unwrap();
    let params = WatchParams::default().labels("seen").timeout(30);
    let events = maps.watch(&params, &version).await.unwrap();
    let seen = events.try_filter_map(async |event| {
        let line = match event {
            WatchEvent::Added(map) => Some(format!("added {}", map.name_any())),
            WatchEvent::Modified(map) => Some(format!("modified {}", map.name_any())),
            WatchEvent::Deleted(map) => Some(format!("deleted {}", map.name_any())),
            WatchEvent::Bookmark(_) => None,
            WatchEvent::Error(status) => panic!("{status:?}"),
        };
        Ok(line)
    });
    let seen = timeout(PATIENCE, seen.take(4).try_collect::<Vec<_>>())
        .await
        .expect("four events")
        .unwrap();
    assert_eq!(seen, ["added a", "added b", "deleted a", "deleted b"]);
}

#[tokio::test]
async fn a_streamed_list_ends_with_a_bookmark_and_goes_on() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "streaming").await;
    let maps: Api<ConfigMap> = space.api();
    for name in ["a", "b"] {
        maps.create(&PostParams::default(), &config_map(name)).await.unwrap();
    }
    let config = watcher::Config::default().labels("seen").streaming_lists();
    let mut events = watcher(maps.clone(), config).default_backoff().boxed();
    let mut seen = Vec::new();
    let reading = async {
        while let Some(event) = events.next().await {
            match event.expect("nothing fails") {
                watcher::Event::Init => seen.push("begin".to_owned()),
                watcher::Event::InitApply(map) => seen.push(map.name_any()),
                watcher::Event::InitDone => {
                    seen.push("end".to_owned());
                    maps.create(&PostParams::default(), &config_map("later")).await.unwrap();
                }
                watcher::Event::Apply(map) => {
                    seen.push(format!("then {}", map.name_any()));
                    break;
                }
                watcher::Event::Delete(map) => panic!("{map:?}"),
            }
        }
    };
    timeout(PATIENCE, reading).await.expect("a list and one event");
    assert_eq!(seen, ["begin", "a", "b", "end", "then later"]);
}

#[tokio::test]
async fn a_watch_ends_when_it_was_told_to() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "ending").await;
    let path = "/api/v1/namespaces/ending/configmaps?watch=true&timeoutSeconds=1&resourceVersion=0&labelSelector=none";
    let answer = timeout(Duration::from_secs(30), raw::get(&space.client, path)).await;
    let answer = answer.expect("it ends by itself");
    assert_eq!((answer.code, answer.header("content-type")), (200, "application/json"));
    assert!(answer.body.is_empty(), "{:?}", answer.body);
}

#[tokio::test]
async fn a_version_of_the_future_is_waited_for_and_then_refused() {
    let cluster = Cluster::shared().await;
    let client = cluster.client().await;
    let answer = raw::get(&client, "/api/v1/configmaps?resourceVersion=99999999999").await;
    let status = answer.json();
    assert_eq!(answer.code, 504, "{status}");
    assert_eq!(status["reason"], "Timeout");
    assert_eq!(status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
}
