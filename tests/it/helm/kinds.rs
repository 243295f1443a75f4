//! A chart that brings a kind of its own.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{ApiResource, DynamicObject};
use kube::core::GroupVersionKind;
use tokio::sync::Mutex;

use super::revisions;
use crate::support::helm::{Session, with_every_helm};

/// Who comes second while the first installs finds the kind there, but not served yet, and does not wait for it.
static FIRST: Mutex<()> = Mutex::const_new(());

#[tokio::test]
async fn a_chart_with_a_kind_of_its_own_comes_changes_and_goes_and_the_kind_stays() {
    with_every_helm("tides", async |h| {
        let first = FIRST.lock().await;
        h.ok("install one tides --wait --timeout 60s").await;
        drop(first);
        let one = tides(h).get("one").await.expect("it was installed");
        let spec = serde_json::json!({ "height": 3, "hours": 12 });
        assert_eq!(one.data["spec"], spec);
        // The kind was there before the templates asked for it.
        assert_eq!(one.metadata.annotations.expect("it has some")["known"], "true");
        assert_eq!(height(h, "one-before").await, Some(1));
        assert_eq!(height(h, "one-after").await, None, "a hook that succeeded goes");

        h.ok("upgrade one tides --wait --timeout 60s --set height=5").await;
        assert_eq!((height(h, "one").await, height(h, "one-before").await), (Some(5), Some(2)));
        let why = h.fails("upgrade one tides --set height=50 --timeout 60s").await;
        let refusal = "spec.height: Invalid value: 50: spec.height in body should be less than or equal to 20";
        assert!(why.contains(refusal), "{why}");
        assert_eq!(height(h, "one").await, Some(5));

        h.ok("rollback one 1 --wait --timeout 60s").await;
        assert_eq!(height(h, "one").await, Some(3));
        let expected = ["1 superseded", "2 superseded", "3 failed", "4 deployed"];
        assert_eq!(revisions(h).await, expected);
        let tested = h.ok("test one --timeout 60s").await;
        assert!(tested.contains("Succeeded"), "{tested}");
        assert!(h.ok("get manifest one").await.contains("kind: Tide"));

        h.ok("uninstall one --wait --timeout 60s").await;
        assert_eq!(height(h, "one").await, None);
        let definitions: Api<CustomResourceDefinition> = Api::all(h.space.client.clone());
        definitions.get("tides.helm.isopod.test").await.expect("it stays");
        h.ok("install two tides --skip-crds --wait --timeout 60s").await;
        assert_eq!(height(h, "two").await, Some(3));
    })
    .await;
}

fn tides(h: &Session) -> Api<DynamicObject> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("helm.isopod.test", "v1", "Tide"));
    Api::namespaced_with(h.space.client.clone(), &h.space.name, &kind)
}

/// How high a tide is, if there is one.
async fn height(h: &Session, name: &str) -> Option<i64> {
    let tide = tides(h).get_opt(name).await.expect("an answer")?;
    tide.data["spec"]["height"].as_i64()
}
