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
