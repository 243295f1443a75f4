//! Clients that ask for much and read nothing of it.

use http::Method;
use serde_json::json;

use super::bodies::nothing;
use super::siege::Siege;
use super::tenant::Tenant;
use crate::support::raw::{JSON, Media};

const MERGE_PATCH: Media<'_> = Media { sends: "application/merge-patch+json", ..JSON };
/// Who reads nothing, on connections of their own and together on one.
const READERS: usize = 40;
/// What one may cost who reads nothing: what is put together at a time, and the buffers of both protocols.
const READER_BYTES_MAX: usize = 1 << 20;

/// Asks again and again, and reads no body. The connections live as long as what is returned.
async fn ask(attacker: &Tenant, path: &str) -> impl Sized + use<> {
    let request = || attacker.request(Method::GET, path).body(nothing()).expect("a request");
    let mut alone = Vec::new();
    for _ in 0..READERS {
        let mut sender = attacker.http1().await;
        let answer = sender.send_request(request()).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        alone.push((sender, answer));
    }
    let mut together = Vec::new();
    let mut sender = attacker.http2().await;
    for _ in 0..READERS {
        let answer = sender.send_request(request()).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        together.push(answer);
    }
    (alone, sender, together)
}

#[tokio::test]
async fn lists_that_nobody_reads_are_not_put_together() {
    let mut siege = Siege::new().await;
    let maps = siege.attacker.path("configmaps");
    // Forty times 200 KiB, of which 80 readers would make 640 MiB.
    for number in 0..40 {
        let data = json!({"k": "v".repeat(200 << 10)});
        let map = json!({"metadata": {"name": format!("map-{number}")}, "data": data});
        let made = siege.attacker.ask(Method::POST, &maps, JSON, map.to_string()).await;
        assert_eq!(made.code, 201);
    }
    siege.begins();
    let _open = siege.endures(ask(&siege.attacker, &maps)).await;
    siege.took_less_than(2 * READERS * READER_BYTES_MAX);
}

#[tokio::test]
async fn watches_that_nobody_reads_keep_nothing_of_their_own() {
    let mut siege = Siege::new().await;
    let maps = siege.attacker.path("configmaps");
    let map = json!({"metadata": {"name": "map"}}).to_string();
    assert_eq!(siege.attacker.ask(Method::POST, &maps, JSON, map).await.code, 201);
    siege.begins();
    let attack = async {
        let open = ask(&siege.attacker, &format!("{maps}?watch=true")).await;
        // Twenty changes of 900 KiB, which 80 watches would keep as 1.4 GiB.
        for number in 0..20 {
            let change = json!({"data": {"k": format!("{number}-{}", "v".repeat(900 << 10))}});
            let path = format!("{maps}/map");
            let changed =
                siege.attacker.ask(Method::PATCH, &path, MERGE_PATCH, change.to_string()).await;
            assert_eq!(changed.code, 200);
        }
        open
    };
    let _open = siege.endures(attack).await;
    // The changes that are kept for those who come back are 32 MiB at most, as they are and as events.
    siege.took_less_than(2 * READERS * READER_BYTES_MAX + (64 << 20));
}
