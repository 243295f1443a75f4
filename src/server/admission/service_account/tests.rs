use serde_json::json;

use crate::admission::tests::pod;
use crate::testing::Fixture;

#[tokio::test(start_paused = true)]
async fn a_pod_waits_for_the_account_that_its_new_namespace_is_about_to_get() {
    let server = Fixture::new().await;
    let object = |kind: &str, name: &str| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
    server.post("/api/v1/namespaces", &object("Namespace", "fresh")).await.expect(201);
    let (pods, accounts) =
        ("/api/v1/namespaces/fresh/pods", "/api/v1/namespaces/fresh/serviceaccounts");
    assert_eq!(
        server.post(pods, &pod("early", json!({}))).await.failure(403, "Forbidden"),
        "pods \"early\" is forbidden: error looking up service account fresh/default: serviceaccount \
         \"default\" not found"
    );
    let (early, wanted) = (pod("early", json!({})), object("ServiceAccount", "default"));
    let (made, account) = futures::join!(server.post(pods, &early), server.post(accounts, &wanted));
    account.expect(201);
    assert_eq!(made.expect(201)["spec"]["serviceAccountName"], "default");
}
