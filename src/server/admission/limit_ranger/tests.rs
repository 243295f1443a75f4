use serde_json::{Value, json};

use crate::admission::tests::{PODS, claim, pod};
use crate::testing::Fixture;

const RANGES: &str = "/api/v1/namespaces/default/limitranges";
const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";

async fn server(limit: Value) -> Fixture {
    let server = Fixture::new().await;
    let range = json!({
        "apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "r"},
        "spec": {"limits": [limit]},
    });
    server.post(RANGES, &range).await.expect(201);
    server
}

#[tokio::test]
async fn containers_and_pods_stay_within_bounds() {
    let cpu = |request: &str, limit: &str| json!({"requests": {"cpu": request}, "limits": {"cpu": limit}});
    let bound = |side: &str, value: &str| {
        let mut limit = json!({"type": "Pod"});
        limit[side] = json!({ "cpu": value });
        limit
    };
    for (limit, resources, problem) in [
        (bound("max", "1"), cpu("1", "2"), "maximum cpu usage per Pod is 1, but limit is 2"),
        (bound("max", "1"), json!({}), "maximum cpu usage per Pod is 1.  No limit is specified"),
        (
            bound("min", "500m"),
            cpu("100m", "1"),
            "minimum cpu usage per Pod is 500m, but request is 100m",
        ),
        (bound("min", "1"), json!({}), "minimum cpu usage per Pod is 1.  No request is specified"),
        (
            bound("maxLimitRequestRatio", "2"),
            cpu("400m", "1"),
            "cpu max limit to request ratio per Pod is 2, but provided ratio is 2.500000",
        ),
        (
            bound("maxLimitRequestRatio", "2"),
            json!({}),
            "cpu max limit to request ratio per Pod is 2, but no request is specified or request is 0",
        ),
        (
            json!({"type": "Container", "max": {"cpu": "1"}, "min": {"memory": "1Gi"}}),
            json!({"requests": {"memory": "1Mi"}, "limits": {"cpu": "2"}}),
            "[minimum memory usage per Container is 1Gi, but request is 1Mi, \
             maximum cpu usage per Container is 1, but limit is 2]",
        ),
    ] {
        let server = server(limit).await;
        let message = server.post(PODS, &pod("p", resources)).await.failure(403, "Forbidden");
        assert_eq!(message, format!("pods \"p\" is forbidden: {problem}"));
    }
}

#[tokio::test]
async fn what_fits_is_let_in() {
    let server =
        server(json!({"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "100m"}})).await;
    let made = server.post(PODS, &pod("p", json!({}))).await.expect(201);
    let resources = &made["spec"]["containers"][0]["resources"];
    assert_eq!(resources, &json!({"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}));
}

#[tokio::test]
async fn claims_stay_within_bounds_when_made() {
    let limit = json!({
        "type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"},
    });
    let server = server(limit).await;
    let message = server.post(CLAIMS, &claim("c", "1Mi")).await.failure(403, "Forbidden");
    assert_eq!(
        message,
        "persistentvolumeclaims \"c\" is forbidden: minimum storage usage per \
         PersistentVolumeClaim is 1Gi, but request is 1Mi"
    );
    let message = server.post(CLAIMS, &claim("c", "3Gi")).await.failure(403, "Forbidden");
    assert!(
        message.ends_with(
            "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi"
        )
    );
    server.post(CLAIMS, &claim("c", "2Gi")).await.expect(201);
}

#[tokio::test]
async fn pods_stay_within_bounds_when_resized() {
    let server = server(json!({"type": "Container", "max": {"cpu": "1"}})).await;
    let cpu = |request: &str, limit: &str| json!({"requests": {"cpu": request}, "limits": {"cpu": limit}});
    server.post(PODS, &pod("p", cpu("100m", "500m"))).await.expect(201);
    let resized = |resources: Value| json!({"spec": {"containers": [{"name": "main", "resources": resources}]}});
    let path = format!("{PODS}/p/resize");
    let refused = server.patch(&path, "strategic-merge", &resized(cpu("1", "64"))).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "pods \"p\" is forbidden: maximum cpu usage per Container is 1, but limit is 64"
    );
    server.patch(&path, "strategic-merge", &resized(cpu("200m", "1"))).await.expect(200);
}
