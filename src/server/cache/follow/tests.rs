use std::sync::Arc;

use serde_json::{Value, json};
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

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_read_from_the_start_is_not_taken_for_gone() {
    let store = Arc::new(Memory::default());
    let key = "/registry/configmaps/default/a";
    store.write(key, Expect::Absent, Change::Put("damaged".into())).await.unwrap();
    let server = Fixture::over(Arc::clone(&store)).await;
    let maps = "/api/v1/namespaces/default/configmaps";
    let answer = server.get(&format!("{maps}/a")).await;
    assert_eq!(answer.code, 500, "who asks whether it is gone hears that nobody knows");
    let said = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(said.contains(r#"configmaps "default/a" cannot be read"#), "{said}");
    assert_eq!(server.delete(&format!("{maps}/a"), &Value::Null).await.code, 500);
    assert_eq!(server.delete(maps, &Value::Null).await.code, 500, "not all of them are deleted");
    assert_eq!(
        server.delete("/api/v1/namespaces/kube-system/configmaps", &Value::Null).await.code,
        200
    );
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    assert_eq!(server.post(maps, &map).await.code, 409);
    let found = store.get(key).await.unwrap().unwrap();
    let mended =
        r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"default"}}"#;
    store.write(key, Expect::Unchanged(found.revision), Change::Put(mended.into())).await.unwrap();
    server
        .post(maps, &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}))
        .await
        .expect(201);
    assert_eq!(server.get(&format!("{maps}/a")).await.code, 200);
}
