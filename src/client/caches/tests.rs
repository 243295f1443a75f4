use std::convert::Infallible;

use http::Response;
use http_body_util::Full;
use k8s_openapi::api::core::v1::ConfigMap;

use super::*;

/// A client that is told its own name, whatever it asks.
fn client(name: &'static str) -> kube::Client {
    let service = tower::service_fn(move |_: http::Request<kube::client::Body>| async move {
        let object = serde_json::json!({ "metadata": { "name": name } });
        Ok::<_, Infallible>(Response::new(Full::new(bytes::Bytes::from(object.to_string()))))
    });
    crate::in_process(service, "default")
}

async fn told(caches: &Caches) -> String {
    let api: Api<ConfigMap> = Api::default_namespaced(caches.client().clone());
    api.get("any").await.unwrap().metadata.name.unwrap()
}

/// A client that is shown empty lists of typed objects, and nothing else.
fn typed_only() -> kube::Client {
    let service = tower::service_fn(|request: http::Request<kube::client::Body>| async move {
        let accept = request.headers().get("accept").and_then(|accept| accept.to_str().ok());
        if accept.is_some_and(|accept| accept.contains("PartialObjectMetadata")) {
            std::future::pending::<()>().await;
        }
        let list = serde_json::json!({ "metadata": { "resourceVersion": "1" }, "items": [] });
        Ok::<_, Infallible>(Response::new(Full::new(bytes::Bytes::from(list.to_string()))))
    });
    crate::in_process(service, "default")
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever_for_metadata_of_others() {
    let tasks = Tasks::new();
    let caches = Caches::new(typed_only(), &tasks);
    let known = caches.of::<ConfigMap>();
    let unknown = caches.metadata(&Resource::of::<k8s_openapi::api::core::v1::Pod>());
    let begun = tokio::time::Instant::now();
    caches.ready().await.unwrap();
    assert!(known.is_ready() && !unknown.is_ready());
    assert!(begun.elapsed() >= METADATA_PATIENCE);
    tasks.stop_token().cancel();
}

#[tokio::test]
async fn parts_of_a_process_share_caches_and_write_as_themselves() {
    let tasks = Tasks::new();
    let one = Caches::new(client("one"), &tasks);
    let other = one.writing_with(client("other"));
    let (seen, added) = (one.of::<ConfigMap>(), ConfigMap::default());
    other.of::<ConfigMap>().insert(added);
    assert_eq!(seen.len(), 1);
    assert_eq!((told(&one).await, told(&other).await), ("one".to_owned(), "other".to_owned()));
    tasks.stop_token().cancel();
}
