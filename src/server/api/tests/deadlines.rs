use std::sync::Arc;
use std::time::Duration;

use store::memory::Memory;
use store::{Change, Expect, Revision, Store};
use tokio::time::Instant;

use super::*;
use crate::nodes::NoNodes;
use crate::testing::{Meddle, Meddled};

/// Does what it is told and never says so, of objects called `slow`.
#[derive(Debug, Default)]
struct Silence;

#[async_trait::async_trait]
impl Meddle for Silence {
    async fn write(
        &self,
        store: &Memory,
        key: &str,
        expect: Expect,
        change: Change,
    ) -> Result<Revision, store::Error> {
        let written = store.write(key, expect, change).await;
        if written.is_ok() && key.ends_with("/slow") {
            return std::future::pending().await;
        }
        written
    }
}

async fn silent() -> Fixture {
    Fixture::plain(Arc::new(Meddled::<Silence>::default()), Arc::new(NoNodes)).await
}

const MISSED: &str =
    "Timeout: request did not complete within requested timeout - context deadline exceeded";

#[tokio::test(start_paused = true)]
async fn a_write_that_takes_too_long_is_given_up_and_happens_all_the_same() {
    let server = silent().await;
    let begun = Instant::now();
    let reply = server.post(CONFIG_MAPS, &config_map("slow", json!({}))).await;
    assert_eq!(reply.failure(504, "Timeout"), MISSED);
    assert_eq!(begun.elapsed().as_secs(), 60);
    server.get(&format!("{CONFIG_MAPS}/slow")).await.expect(200);
    // Its seat is free again, and whoever asked may ask again.
    server.post(CONFIG_MAPS, &config_map("slow", json!({}))).await.failure(409, "AlreadyExists");
}

#[tokio::test(start_paused = true)]
async fn a_client_may_wish_for_less_time_and_not_for_more() {
    let server = silent().await;
    for (wish, seconds) in
        [("2500ms", 2), ("1m30s", 60), ("0", 60), ("0s", 60), ("-3s", 60), ("", 60)]
    {
        server.delete(&format!("{CONFIG_MAPS}/slow?timeout=1s"), &Value::Null).await;
        let begun = Instant::now();
        let path = format!("{CONFIG_MAPS}?timeout={wish}");
        let reply = server.post(&path, &config_map("slow", json!({}))).await;
        assert_eq!(reply.failure(504, "Timeout"), MISSED, "{wish}");
        assert_eq!(begun.elapsed().as_secs(), seconds, "{wish}");
    }
    for (wish, why) in [
        ("soon", "time: invalid duration \"soon\""),
        ("30", "time: missing unit in duration \"30\""),
    ] {
        let reply = server.get(&format!("{CONFIG_MAPS}?timeout={wish}")).await;
        let expected = format!("invalid timeout specified in the request URL - {why}");
        assert_eq!(reply.failure(400, "BadRequest"), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn reads_that_wait_end_in_their_time() {
    let server = Fixture::new().await;
    let last = create(&server, &["a"]).await;
    let begun = Instant::now();
    let path = format!("{CONFIG_MAPS}?resourceVersion={}&timeout=1s", last + 1_000);
    let message = server.get(&path).await.failure(504, "Timeout");
    assert_eq!(message, "Timeout: request did not complete within the allotted timeout");
    assert_eq!(begun.elapsed().as_secs(), 1);
    server.get(&format!("{CONFIG_MAPS}?timeout=1ns")).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn a_watch_has_no_deadline() {
    let server = Fixture::new().await;
    let mut watch = server.watch(&format!("{CONFIG_MAPS}?watch=true&timeout=1s")).await;
    tokio::time::advance(Duration::from_mins(5)).await;
    create(&server, &["a"]).await;
    assert_eq!(watch.brief().await, "ADDED a");
}
