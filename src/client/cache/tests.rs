//! What a cache shows while its watch goes on, breaks and starts over.

use futures::stream;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

use super::*;

fn pod(name: &str, revision: u32, owner: Option<&str>) -> Pod {
    let owners: Vec<_> = owner
        .map(|uid| json!({"apiVersion": "v1", "kind": "X", "name": "x", "uid": uid, "controller": true}))
        .into_iter()
        .collect();
    serde_json::from_value(json!({"metadata": {
        "name": name, "namespace": "n", "uid": name,
        "resourceVersion": revision.to_string(), "ownerReferences": owners,
    }}))
    .unwrap()
}

async fn follow(cache: &Cache<Pod>, events: Vec<Event<Pod>>) {
    cache.follow(stream::iter(events.into_iter().map(Ok)), CancellationToken::new()).await;
}

fn names(pods: &[Arc<Pod>]) -> Vec<&str> {
    pods.iter().filter_map(|pod| pod.metadata.name.as_deref()).collect()
}

#[tokio::test]
async fn a_list_that_starts_over_replaces_the_content() {
    let cache = Cache::default();
    follow(
        &cache,
        vec![
            Event::Init,
            Event::InitApply(pod("a", 1, None)),
            Event::InitApply(pod("b", 2, None)),
            Event::InitDone,
            Event::Apply(pod("c", 5, None)),
            Event::Init,
            Event::InitApply(pod("b", 2, None)),
            Event::InitDone,
        ],
    )
    .await;
    assert_eq!(names(&cache.list()), ["b"]);
    assert_eq!(cache.revision(), 5);
}

#[tokio::test]
async fn controlled_objects_are_found_by_their_owners_uid() {
    let cache = Cache::default();
    follow(
        &cache,
        vec![
            Event::Init,
            Event::InitApply(pod("a", 1, Some("u"))),
            Event::InitApply(pod("b", 2, Some("v"))),
            Event::InitDone,
            Event::Apply(pod("c", 3, Some("u"))),
            Event::Apply(pod("a", 4, None)),
        ],
    )
    .await;
    assert_eq!(names(&cache.controlled_by("u")), ["c"]);
    assert_eq!(names(&cache.in_namespace("n")), ["a", "b", "c"]);
    assert!(cache.in_namespace("m").is_empty());
}

#[tokio::test]
async fn a_reader_learns_each_changed_key_once() {
    let cache = Cache::default();
    cache.insert(pod("a", 1, None));
    let changes = cache.changes();
    cache.insert(pod("a", 2, None));
    cache.insert(pod("b", 3, None));
    cache.remove(&Key::new("n", "a"));
    let keys: Vec<_> = changes.next().await.into_iter().map(|key| key.name).collect();
    assert_eq!(keys, ["a", "b"]);
    assert!(changes.take().is_empty());
}

#[tokio::test]
async fn waiting_for_a_revision_ends_when_the_watch_stops() {
    let cache: Cache<Pod> = Cache::default();
    follow(&cache, vec![Event::Init, Event::InitDone, Event::Apply(pod("a", 7, None))]).await;
    assert!(cache.reached(7).await.is_ok());
    assert!(matches!(cache.reached(8).await, Err(Error::Stopped)));
}

#[tokio::test]
async fn a_list_shows_no_revision_before_all_its_objects() {
    let cache = Cache::default();
    let seen: Arc<Mutex<Vec<(usize, u64)>>> = Arc::default();
    let (view, log) = (cache.clone(), Arc::clone(&seen));
    cache.on_change(move |_: &Change<Pod>| {
        let revision = view.0.progress.borrow().revision;
        log.lock().unwrap().push((view.list().len(), revision));
    });
    let listed =
        [Event::Init, Event::InitApply(pod("a", 9, None)), Event::InitApply(pod("b", 2, None))];
    follow(&cache, listed.into_iter().chain([Event::InitDone]).collect()).await;
    assert_eq!(*seen.lock().unwrap(), [(2, 0), (2, 0)]);
    assert_eq!(cache.0.progress.borrow().revision, 9);
}
