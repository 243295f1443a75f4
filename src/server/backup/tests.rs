use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::Full;
use serde_json::json;
use store::memory::Memory;
use store::{Entry, Store};

use super::{PATH, Reader};
use crate::User;
use crate::testing::Fixture;

async fn backup(server: &Fixture) -> Bytes {
    let reply = server.get(PATH).await;
    assert_eq!(reply.code, 200);
    reply.body
}

fn read(bytes: &[u8]) -> Result<Vec<Entry>, crate::BoxError> {
    let mut reader = Reader::open(bytes)?;
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        entries.push(entry);
    }
    assert_eq!(reader.contents().entries, u64::try_from(entries.len()).unwrap());
    Ok(entries)
}

#[tokio::test(start_paused = true)]
async fn a_backup_holds_every_entry_of_one_revision() {
    let store = Arc::new(Memory::default());
    let server = Fixture::over(Arc::clone(&store)).await;
    for count in 0..1_200 {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("m{count}")}});
        server.post("/api/v1/namespaces/default/configmaps", &map).await.expect(201);
    }
    let expected = store.list(store::everything(), None, 0).await.unwrap();
    let bytes = backup(&server).await;
    let entries = read(&bytes).unwrap();
    assert_eq!(entries, expected.entries);
    assert_eq!(Reader::open(&bytes[..]).unwrap().contents().revision, expected.revision);
}

#[tokio::test(start_paused = true)]
async fn a_backup_of_long_values_is_packed_piece_by_piece() {
    let store = Arc::new(Memory::default());
    let server = Fixture::over(Arc::clone(&store)).await;
    let long = Bytes::from(vec![b'x'; 1 << 20]);
    for count in 0..6 {
        let (key, change) = (format!("/other/{count}"), store::Change::Put(long.clone()));
        store.write(&key, store::Expect::Anything, change).await.unwrap();
    }
    let mut body = server.api.backups().make().await.unwrap();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let packed = frame.unwrap().into_data().unwrap();
        let mut lines = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&packed[..]);
        std::io::Read::read_to_end(&mut decoder, &mut lines).unwrap();
        assert!(lines.len() < 3 << 20, "{}", lines.len());
        all.extend_from_slice(&packed);
    }
    let expected = store.list(store::everything(), None, 0).await.unwrap();
    assert_eq!(read(&all).unwrap(), expected.entries);
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_is_cut_or_changed_is_refused() {
    let server = Fixture::new().await;
    let bytes = backup(&server).await;
    for length in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        assert!(read(&bytes[..length]).is_err(), "{length}");
    }
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&bytes[..]), &mut text)
        .unwrap();
    let text = String::from_utf8(text).unwrap();
    let packed = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    assert!(read(&packed(&text)).is_ok());
    let refused = |text: &str| read(&packed(text)).unwrap_err().to_string();
    let changed = text.replacen("\"created\":", "\"created\":1", 1);
    assert!(refused(&changed).contains("checksum"), "{}", refused(&changed));
    assert!(refused(&text.replacen("\"format\":1", "\"format\":2", 1)).contains("format 2"));
    let first = text.lines().next().unwrap();
    let outside =
        text.replacen(first, &format!("{first}\n{}", r#"{"file":{"name":"../x","data":""}}"#), 1);
    assert!(refused(&outside).contains("should not have"), "{}", refused(&outside));
    assert!(refused("hello\n").contains("not a backup"));
}

#[tokio::test(start_paused = true)]
async fn only_administrators_get_one() {
    let server = Fixture::new().await;
    let request = http::Request::get(PATH).body(Full::new(Bytes::new())).unwrap();
    let viewer = User::new("somebody", &["system:monitoring", "system:nodes"]);
    assert_eq!(server.send(viewer.clone(), request.clone()).await.code, 403);
    let everywhere = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "look"}, "rules": [{"nonResourceURLs": ["*"], "verbs": ["*"]}],
    });
    let bound = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "look"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole", "name": "look"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "somebody"}],
    });
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    server.post(&format!("{rbac}/clusterroles"), &everywhere).await.expect(201);
    server.post(&format!("{rbac}/clusterrolebindings"), &bound).await.expect(201);
    let refused = server.send(viewer, request).await.failure(403, "Forbidden");
    assert!(refused.ends_with("it is for system:masters"), "{refused}");
    let body = server.api.backups().make().await.unwrap();
    assert!(read(&body.collect().await.unwrap().to_bytes()).is_ok());
}
