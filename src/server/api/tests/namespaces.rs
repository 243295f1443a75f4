//! What happens to a namespace while something is created in it.

use std::sync::Arc;

use serde_json::json;
use store::memory::Memory;
use store::{Change, Expect, Revision, Store};

use crate::NoNodes;
use crate::testing::{Fixture, Meddle, Meddled};

/// Lets a namespace go just before a map is written.
#[derive(Debug, Default)]
struct Undermine;

#[async_trait::async_trait]
impl Meddle for Undermine {
    async fn write(
        &self,
        store: &Memory,
        key: &str,
        expect: Expect,
        change: Change,
    ) -> Result<Revision, store::Error> {
        if key.starts_with("/registry/configmaps/away/") && matches!(change, Change::Put(_)) {
            store.write("/registry/namespaces/away", Expect::Anything, Change::Delete).await?;
        }
        store.write(key, expect, change).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_created_while_its_namespace_goes_is_taken_back() {
    let store = Arc::new(Meddled::<Undermine>::default());
    let server = Fixture::plain(Arc::<Meddled<_>>::clone(&store), Arc::new(NoNodes)).await;
    let away = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "away"}});
    server.post("/api/v1/namespaces", &away).await.expect(201);
    let maps = "/api/v1/namespaces/away/configmaps";
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let said = server.post(maps, &map).await.failure(404, "NotFound");
    assert_eq!(said, r#"namespaces "away" not found"#);
    assert!(store.get("/registry/configmaps/away/a").await.unwrap().is_none());
}

#[tokio::test]
async fn a_namespace_with_a_generated_name_is_selected_by_it() {
    let server = Fixture::new().await;
    let wanted =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "n-"}});
    let made = server.post("/api/v1/namespaces", &wanted).await.expect(201);
    let metadata = &made["metadata"];
    assert_eq!(metadata["labels"]["kubernetes.io/metadata.name"], metadata["name"]);
}
