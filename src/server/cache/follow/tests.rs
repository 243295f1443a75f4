use std::sync::Arc;

use serde_json::json;
use store::memory::Memory;
use store::{Change, Expect, Store};

use crate::testing::Fixture;

#[tokio::test(start_paused = true)]
async fn an_object_whose_change_cannot_be_read_stays_as_it_was() {
    let store = Arc::new(Memory::default());
    let server = Fixture::over(Arc::clone(&store)).await;
    let maps = "/api/v1/namespaces/default/configmaps";
    let map =
        |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    server.post(maps, &map("a")).await.expect(201);
    let key = "/registry/configmaps/default/a";
    let before = store.get(key).await.unwrap().unwrap();
    let broken = Change::Put("neither JSON nor an object".into());
    store.write(key, Expect::Unchanged(before.revision), broken).await.unwrap();
    // Its answer says that the cache has come so far.
    server.post(maps, &map("b")).await.expect(201);
    assert_eq!(server.get(&format!("{maps}/a")).await.code, 200);
    assert_eq!(server.get(&format!("{maps}/b")).await.code, 200);
}
