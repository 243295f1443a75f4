//! The library without the binary: a platform is a value.

use std::net::SocketAddr;

use isopod::{Config, Platform};
use k8s_openapi::api::core::v1::{ConfigMap, Node};
use kube::api::{ListParams, PostParams};
use kube::{Api, ResourceExt};
use tempfile::TempDir;

use crate::support::cluster::choose_provider;
use crate::support::patience::until;

async fn platform(name: &str) -> (Platform, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = Config::new(folder.path().join("data"));
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.node_name = name.to_owned();
    (Box::pin(Platform::start(config)).await.expect("it starts"), folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_platforms_in_one_process_are_two_clusters() {
    choose_provider();
    let (one, _folder_of_one) = platform("one").await;
    let (other, _folder_of_other) = platform("other").await;
    assert_ne!(one.url(), other.url());
    let mut map = ConfigMap::default();
    map.metadata.name = Some("mine".to_owned());
    let maps = |platform: &Platform| Api::<ConfigMap>::namespaced(platform.client(), "default");
    maps(&one).create(&PostParams::default(), &map).await.expect("it is written");
    assert!(maps(&one).get_opt("mine").await.expect("an answer").is_some());
    assert!(maps(&other).get_opt("mine").await.expect("an answer").is_none());
    for (platform, name) in [(&one, "one"), (&other, "other")] {
        let nodes: Api<Node> = Api::all(platform.client());
        until("its own node", async || {
            let list =
                nodes.list(&ListParams::default()).await.map_err(|error| error.to_string())?;
            let names: Vec<String> = list.items.iter().map(ResourceExt::name_any).collect();
            if names == [name] { Ok(()) } else { Err(format!("{names:?}")) }
        })
        .await;
    }
    assert!(one.stop().await, "nothing outlives its time");
    assert!(maps(&other).get_opt("mine").await.expect("the other goes on").is_none());
    assert!(other.stop().await, "nothing outlives its time");
}
