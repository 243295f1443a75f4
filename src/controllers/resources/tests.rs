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

#[tokio::test(start_paused = true)]
async fn what_was_there_before_a_time_is_known_after_a_discovery_that_began_since() {
    let nowhere = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
    let client = kube::Client::try_from(nowhere).unwrap();
    let resources = Resources::new(&Caches::new(client, &Tasks::new()));
    let time = Instant::now();
    assert_eq!(resources.completeness_at(time), Completeness::Awaited);
    resources.discover().await.unwrap_err();
    assert!(matches!(resources.completeness_at(time), Completeness::Failed(_)));
    let mut table = resources.0.table.write().unwrap();
    (table.discovered, table.failure) = (Some(time), None);
    drop(table);
    assert_eq!(resources.completeness_at(time), Completeness::Awaited, "it may be older");
    let before = time.checked_sub(Duration::from_secs(1)).unwrap();
    assert_eq!(resources.completeness_at(before), Completeness::Complete);
}
