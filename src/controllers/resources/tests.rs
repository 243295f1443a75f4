use base::Tasks;
use k8s_openapi::api::core::v1::Pod;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_resource_that_cannot_be_listed_is_not_awaited_for_ever() {
    let nowhere = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
    let client = kube::Client::try_from(nowhere).unwrap();
    let resources = Resources::new(&Caches::new(client, &Tasks::new()));
    assert!(!resources.are_incomplete());
    resources.learn(Found { resource: Resource::of::<Pod>(), namespaced: true, scales: false });
    assert!(resources.are_incomplete());
    tokio::time::advance(PATIENCE).await;
    assert!(!resources.are_incomplete(), "others go on without it");
}
