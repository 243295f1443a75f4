//! More watches than anybody needs.

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::json;

use super::bodies::nothing;
use super::siege::Siege;
use crate::support::raw::JSON;

/// Connections, and watches on each: as many as the server lets one have.
const CONNECTIONS: usize = 2;
const EACH: usize = 1_000;
/// What a watch may cost on which nothing happens: its request's head and answer, its task, its queue.
const WATCH_BYTES_MAX: usize = 48 << 10;

#[tokio::test]
async fn thousands_of_watches_are_told_and_hold_up_nobody() {
    let siege = Siege::new().await;
    let attacker = &siege.attacker;
    let maps = attacker.path("configmaps");
    let path = format!("{maps}?watch=true&fieldSelector=metadata.name%3Dtold");
    let attack = async {
        let mut watches = Vec::new();
        let mut senders = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut sender = attacker.http2().await;
            for _ in 0..EACH {
                let request = attacker.request(Method::GET, &path).body(nothing());
                let answer = sender.send_request(request.expect("a request")).await;
                let answer = answer.expect("an answer");
                assert_eq!(answer.status(), 200);
                watches.push(answer.into_body());
            }
            senders.push(sender);
        }
        let map = json!({"metadata": {"name": "told"}}).to_string();
        assert_eq!(attacker.ask(Method::POST, &maps, JSON, map).await.code, 201);
        for watch in &mut watches {
            let event = watch.frame().await.expect("it goes on").expect("it is whole");
            let event = event.into_data().expect("an event");
            assert!(event.starts_with(br#"{"type":"ADDED""#), "{event:?}");
        }
        (watches, senders)
    };
    let _open = siege.endures(attack).await;
    siege.took_less_than(CONNECTIONS * EACH * WATCH_BYTES_MAX);
}
