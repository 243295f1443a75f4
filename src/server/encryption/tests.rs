use std::io::Write;
use std::sync::Arc;

use base::Random;
use bytes::Bytes;
use futures::StreamExt;
use serde_json::json;
use store::memory::Memory;
use store::{Change, Error, EventChange, Expect, Revision, Store};

use super::Encrypted;
use super::config::Configuration;
use crate::testing::Fixture;

const KEY: &str = "/registry/secrets/default/one";
const A: &str = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=";
const B: &str = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=";

fn providers(list: &str) -> String {
    format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n\
         resources:\n- resources: [secrets]\n  providers: [{list}]\n"
    )
}

fn keyed(provider: &str, keys: &[(&str, &str)]) -> String {
    let keys: Vec<String> =
        keys.iter().map(|(name, key)| format!("{{name: {name}, secret: {key}}}")).collect();
    format!("{{{provider}: {{keys: [{}]}}}}", keys.join(", "))
}

fn over(store: &Arc<Memory>, text: &str) -> Encrypted {
    let configuration = Configuration::parse(text).unwrap();
    Encrypted {
        store: Arc::<Memory>::clone(store),
        configuration: Arc::new(arc_swap::ArcSwap::from_pointee(configuration)),
        random: Random::seeded(1),
    }
}

async fn put(store: &Encrypted, value: &str) -> Revision {
    let change = Change::Put(Bytes::copy_from_slice(value.as_bytes()));
    store.write(KEY, Expect::Anything, change).await.unwrap()
}

async fn raw(store: &Memory) -> Bytes {
    store.get(KEY).await.unwrap().unwrap().value
}

#[tokio::test]
async fn what_each_provider_seals_it_opens_again_and_the_store_cannot_read_it() {
    for provider in ["aesgcm", "aescbc", "secretbox"] {
        let memory = Arc::new(Memory::default());
        let store = over(&memory, &providers(&keyed(provider, &[("k1", A)])));
        for value in ["", "swordfish", &"long ".repeat(1_000)] {
            let revision = put(&store, value).await;
            let sealed = raw(&memory).await;
            let prefix = format!("k8s:enc:{provider}:v1:k1:");
            assert!(sealed.starts_with(prefix.as_bytes()), "{provider}");
            assert!(!String::from_utf8_lossy(&sealed).contains("swordfish"));
            let read = store.get(KEY).await.unwrap().unwrap();
            assert_eq!(read.value, value, "{provider}");
            let page = store.list(store::everything(), None, 0).await.unwrap();
            assert_eq!(page.entries[0].value, value);
            let mut events =
                store.watch(store::everything(), Revision(revision.0 - 1)).await.unwrap();
            let event = events.next().await.unwrap().unwrap();
            assert!(matches!(event.change, EventChange::Put { value: seen, .. } if seen == value));
        }
    }
}

#[tokio::test]
async fn values_of_other_kinds_stay_as_they_are() {
    let memory = Arc::new(Memory::default());
    let store = over(&memory, &providers(&keyed("aesgcm", &[("k1", A)])));
    let change = Change::Put(Bytes::from_static(b"plain"));
    store.write("/registry/configmaps/a/b", Expect::Absent, change).await.unwrap();
    let raw = memory.get("/registry/configmaps/a/b").await.unwrap().unwrap();
    assert_eq!(raw.value, "plain");
}

#[tokio::test]
async fn a_rotated_key_reads_what_the_old_one_wrote_and_writes_with_the_new() {
    let memory = Arc::new(Memory::default());
    put(&over(&memory, &providers("{identity: {}}")), "value").await;
    let steps = [
        (format!("{}, {{identity: {{}}}}", keyed("aescbc", &[("k1", A)])), "aescbc:v1:k1"),
        (keyed("aescbc", &[("k2", B), ("k1", A)]), "aescbc:v1:k2"),
        (
            format!("{}, {}", keyed("secretbox", &[("k1", A)]), keyed("aescbc", &[("k2", B)])),
            "secretbox:v1:k1",
        ),
    ];
    for (list, expected) in steps {
        let store = over(&memory, &providers(&list));
        assert_eq!(store.get(KEY).await.unwrap().unwrap().value, "value");
        assert!(store.is_outdated(KEY).await.unwrap(), "{expected}");
        put(&store, "value").await;
        assert!(!store.is_outdated(KEY).await.unwrap(), "{expected}");
        assert!(raw(&memory).await.starts_with(format!("k8s:enc:{expected}:").as_bytes()));
    }
}

#[tokio::test]
async fn what_is_encrypted_is_not_overlooked_without_a_configuration() {
    let memory = Arc::new(Memory::default());
    let change = Change::Put(Bytes::from_static(b"plain"));
    memory.write("/registry/configmaps/a/b", Expect::Absent, change).await.unwrap();
    let store: Arc<dyn Store> = Arc::<Memory>::clone(&memory);
    let plain = Encrypted::without_keys(store, Random::seeded(1));
    assert_eq!(plain.list(store::everything(), None, 0).await.unwrap().entries[0].value, "plain");
    put(&over(&memory, &providers(&keyed("aesgcm", &[("k1", A)]))), "value").await;
    let refused = plain.list(store::everything(), None, 0).await.unwrap_err().to_string();
    assert!(refused.contains("there is no encryption configuration"), "{refused}");
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_said_in_plain_words() {
    let memory = Arc::new(Memory::default());
    put(&over(&memory, &providers(&keyed("aesgcm", &[("k1", A)]))), "value").await;
    let reason = async |list: String| match over(&memory, &providers(&list)).get(KEY).await {
        Err(Error::Unreadable { key, reason }) if key == KEY => reason,
        other => panic!("{other:?}"),
    };
    let wrong = reason(keyed("aesgcm", &[("k1", B)])).await;
    assert!(wrong.contains("the key \"k1\" of the provider aesgcm"), "{wrong}");
    assert!(wrong.contains("is another one"), "{wrong}");
    let missing = reason("{identity: {}}".to_owned()).await;
    assert!(missing.contains("does not list"), "{missing}");
    // A value does not move to another place.
    let sealed = raw(&memory).await;
    memory
        .write("/registry/secrets/default/two", Expect::Absent, Change::Put(sealed))
        .await
        .unwrap();
    let store = over(&memory, &providers(&keyed("aesgcm", &[("k1", A)])));
    assert!(store.get("/registry/secrets/default/two").await.is_err());
}

#[tokio::test]
async fn plain_values_are_refused_where_identity_is_not_listed() {
    let memory = Arc::new(Memory::default());
    put(&over(&memory, &providers("{identity: {}}")), "value").await;
    let store = over(&memory, &providers(&keyed("aesgcm", &[("k1", A)])));
    let error = store.get(KEY).await.unwrap_err().to_string();
    assert!(error.contains("it is not encrypted"), "{error}");
}

#[test]
fn wildcards_name_kinds() {
    let covers = |resource: &str, key: &str| {
        let text = providers(&keyed("aesgcm", &[("k1", A)]));
        let text = text.replace("[secrets]", &format!("['{resource}']"));
        let configuration = Configuration::parse(&text).unwrap();
        !configuration.is_sealed_with_first(key, b"plain")
    };
    for (resource, key, expected) in [
        ("*.*", "/registry/secrets/a/b", true),
        ("*.*", "/registry/apps/deployments/a/b", true),
        ("*.apps", "/registry/apps/deployments/a/b", true),
        ("*.apps", "/registry/secrets/a/b", false),
        ("*.", "/registry/secrets/a/b", true),
        ("*.", "/registry/apps/deployments/a/b", false),
        ("deployments.apps", "/registry/apps/deployments/a/b", true),
        ("things.example.com", "/registry/example.com/things/a/b", true),
        ("things", "/registry/example.com/things/a/b", false),
    ] {
        assert_eq!(covers(resource, key), expected, "{resource} {key}");
    }
}

#[test]
fn a_faulty_file_says_what_is_wrong_and_never_a_secret() {
    for (list, expected) in [
        (keyed("aesgcm", &[("k1", "c2hvcnQ=")]), "has 5 bytes; aesgcm takes 16, 24 or 32"),
        (keyed("secretbox", &[("k:1", A)]), "without a colon"),
        (keyed("aescbc", &[("k1", "'***'")]), "is not base64"),
        (keyed("aescbc", &[]), "has no keys"),
        (
            "{kms: {name: x, endpoint: 'unix:///s'}}".to_owned(),
            "apiVersion \"v1\" of kms is not supported",
        ),
        (
            "{kms: {apiVersion: v2, name: x, endpoint: 'tcp://s'}}".to_owned(),
            "is not unix:///a/socket",
        ),
        (
            "{kms: {apiVersion: v2, name: 'x:y', endpoint: 'unix:///s'}}".to_owned(),
            "without a colon",
        ),
        (
            "{kms: {apiVersion: v2, name: x, endpoint: 'unix:///s', timeout: 0s}}".to_owned(),
            "the timeout \"0s\" of kms is none",
        ),
        ("{}".to_owned(), "exactly one of"),
    ] {
        let error = Configuration::parse(&providers(&list)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = Configuration::parse("kind: EncryptionConfiguration\nsecret: hush").unwrap_err();
    assert!(!error.to_string().contains("hush"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_object_is_written_again_with_the_new_key() {
    let memory = Arc::new(Memory::default());
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(providers(&keyed("aesgcm", &[("k1", A)])).as_bytes()).unwrap();
    let server = Fixture::encrypted(Arc::clone(&memory), file.path()).await;
    let secrets = "/api/v1/namespaces/default/secrets";
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "one"}, "stringData": {"password": "swordfish"},
    });
    server.post(secrets, &secret).await.expect(201);
    let sealed = raw(&memory).await;
    assert!(sealed.starts_with(b"k8s:enc:aesgcm:v1:k1:"));
    let found = server.get(&format!("{secrets}/one")).await.expect(200);
    server.put(&format!("{secrets}/one"), &found).await.expect(200);
    assert_eq!(raw(&memory).await, sealed, "nothing has changed");

    let both = keyed("aesgcm", &[("k2", B), ("k1", A)]);
    std::fs::write(file.path(), providers(&both)).unwrap();
    drop(server);
    let server = Fixture::encrypted(Arc::clone(&memory), file.path()).await;
    let found = server.get(&format!("{secrets}/one")).await.expect(200);
    assert_eq!(found["data"]["password"], "c3dvcmRmaXNo");
    server.put(&format!("{secrets}/one"), &found).await.expect(200);
    assert!(raw(&memory).await.starts_with(b"k8s:enc:aesgcm:v1:k2:"));
    assert_eq!(server.get(&format!("{secrets}/one")).await.expect(200)["data"], found["data"]);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_changes_during_the_start_is_taken_up() {
    let memory = Arc::new(Memory::default());
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(providers(&keyed("aesgcm", &[("k1", A)])).as_bytes()).unwrap();
    let store: Arc<dyn Store> = Arc::<Memory>::clone(&memory);
    let encrypted = Encrypted::open(store, file.path(), Random::seeded(1)).await.unwrap();
    let both = keyed("aesgcm", &[("k2", B), ("k1", A)]);
    std::fs::write(file.path(), providers(&both)).unwrap();
    let (tasks, path) = (base::Tasks::new(), file.path().to_owned());
    super::start(&tasks, path, encrypted.configuration(), Random::seeded(2));
    let taken_up = async {
        loop {
            put(&encrypted, "swordfish").await;
            if raw(&memory).await.starts_with(b"k8s:enc:aesgcm:v1:k2:") {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(10), taken_up).await.unwrap();
}
