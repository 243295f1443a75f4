//! Bodies that are too long, too deep, or many times what they look like.

use std::convert::Infallible;

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http::Method;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::siege::Siege;
use super::tenant::Content;
use crate::support::raw::{JSON, Media};

const LIMIT: usize = 3 << 20;
const YAML: Media<'_> = Media { sends: "application/yaml", ..JSON };
const JSON_PATCH: Media<'_> = Media { sends: "application/json-patch+json", ..JSON };
const MERGE_PATCH: Media<'_> = Media { sends: "application/merge-patch+json", ..JSON };
const APPLY: Media<'_> = Media { sends: "application/apply-patch+yaml", ..JSON };

/// Nothing here may take more: a tenant's bodies hold at most 32 MiB, and what is read of them a few times that.
const BYTES_MAX: usize = 384 << 20;

/// No body.
pub(super) fn nothing() -> Content {
    BodyExt::boxed(Full::default())
}

/// A body of so many pieces of 64 KiB, whose length nobody is told.
fn pieces(count: usize) -> Content {
    let piece = || Ok::<_, Infallible>(Frame::data(Bytes::from(vec![b' '; 64 << 10])));
    BodyExt::boxed(StreamBody::new(stream::repeat_with(piece).take(count)))
}

/// Each line is ten of the line before: eleven of them would be a hundred thousand million words.
fn aliases() -> String {
    let line = |level: usize| {
        let before = vec![format!("*a{}", level - 1); 10].join(",");
        format!("a{level}: &a{level} [{before}]\n")
    };
    std::iter::once("a0: &a0 word\n".to_owned()).chain((1..=11).map(line)).collect()
}

#[tokio::test]
async fn what_is_too_long_too_deep_or_too_much_is_refused() {
    let siege = Siege::new().await;
    let attacker = &siege.attacker;
    let maps = attacker.path("configmaps");
    let one = format!("{maps}/one");
    let made = json!({"metadata": {"name": "one"}, "data": {"a": "b"}}).to_string();
    assert_eq!(attacker.ask(Method::POST, &maps, JSON, made).await.code, 201);
    let test = json!({"op": "test", "path": "/data/a", "value": "b"});
    let doubling: Vec<Value> = (0..60)
        .map(|step| json!({"op": "copy", "from": "/data", "path": format!("/data/x{step}")}))
        .collect();
    let deep = |open: &str| open.repeat(1 << 19);
    let (post, put, patch) = (Method::POST, Method::PUT, Method::PATCH);
    let applied = format!("{one}?fieldManager=attacker");
    let cases = [
        (&post, &maps, JSON, " ".repeat(LIMIT + 1), 413, "limit is 3145728"),
        (&put, &one, YAML, " ".repeat(LIMIT + 1), 413, "limit is 3145728"),
        (&patch, &one, MERGE_PATCH, " ".repeat(LIMIT + 1), 413, "limit is 3145728"),
        (&post, &maps, JSON, deep("["), 400, ""),
        (&post, &maps, JSON, deep("{\"a\":"), 400, ""),
        (&post, &maps, YAML, deep("["), 400, ""),
        (&post, &maps, YAML, deep("- "), 400, ""),
        (&post, &maps, YAML, deep("? "), 400, ""),
        (&patch, &one, MERGE_PATCH, deep("{\"a\":"), 400, ""),
        (&patch, &one, JSON_PATCH, deep("["), 400, ""),
        (&patch, &applied, APPLY, deep("["), 400, ""),
        (&post, &maps, YAML, aliases(), 400, ""),
        (&patch, &applied, APPLY, aliases(), 400, ""),
        (
            &patch,
            &one,
            JSON_PATCH,
            json!(vec![&test; 10_001]).to_string(),
            413,
            "The allowed maximum operations in a JSON patch is 10000, got 10001",
        ),
        (&patch, &one, JSON_PATCH, json!(vec![&test; 10_000]).to_string(), 200, ""),
        (&patch, &one, JSON_PATCH, json!(doubling).to_string(), 422, ""),
    ];
    let attack = async {
        for (method, path, media, body, code, said) in cases {
            let start = body[..body.len().min(40)].to_owned();
            let answer = attacker.ask(method.clone(), path, media, body).await;
            assert_eq!(answer.code, code, "{method} {start}: {answer:?}");
            if code >= 400 {
                assert!(answer.status().contains(said), "{method} {start}: {answer:?}");
            }
        }
        let answer = attacker.send(Method::POST, &maps, JSON, pieces(64)).await;
        assert_eq!(answer.code, 413, "{answer:?}");
    };
    siege.endures(attack).await;
    siege.took_less_than(BYTES_MAX);
}

#[tokio::test]
async fn many_long_bodies_at_once_take_their_turns() {
    let siege = Siege::new().await;
    let attacker = &siege.attacker;
    let maps = attacker.path("configmaps");
    // As many values as fit, each of which is far longer when it has been read.
    let body = Bytes::from(format!("[{}0]", "0,".repeat(LIMIT / 2 - 2)));
    let attack = stream::iter(0..12).for_each_concurrent(12, async |_| {
        let answer = attacker.ask(Method::POST, &maps, JSON, body.clone()).await;
        assert!([400, 429].contains(&answer.code), "{answer:?}");
    });
    siege.endures(attack).await;
    siege.took_less_than(BYTES_MAX);
}

#[tokio::test]
async fn bodies_that_do_not_end_hold_up_nobody_else() {
    let siege = Siege::new().await;
    let attacker = &siege.attacker;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\nauthorization: {}\r\ncontent-type: \
         application/json\r\ncontent-length: {LIMIT}\r\n\r\n",
        attacker.path("configmaps"),
        attacker.authorization()
    );
    let attack = async {
        let (mut open, blanks) = (Vec::new(), vec![b' '; 512 << 10]);
        for _ in 0..60 {
            let mut stream = attacker.tls("http/1.1").await;
            stream.write_all(head.as_bytes()).await.expect("it is taken");
            // What is not read at once need not be taken.
            let part = stream.write_all(&blanks);
            let _ = tokio::time::timeout(std::time::Duration::from_millis(20), part).await;
            open.push(stream);
        }
        open
    };
    let _open = siege.endures(attack).await;
    siege.took_less_than(BYTES_MAX);
}

#[tokio::test]
async fn nonsense_in_a_query_is_a_bad_request() {
    let siege = Siege::new().await;
    let attacker = &siege.attacker;
    let maps = attacker.path("configmaps");
    let cases = [
        ("limit=many".to_owned(), 400),
        ("limit=99999999999999999999999".to_owned(), 400),
        ("limit=9223372036854775807".to_owned(), 200),
        ("limit=-9223372036854775808".to_owned(), 200),
        ("continue=garbage".to_owned(), 400),
        (format!("continue={}", "A".repeat(32 << 10)), 400),
        (
            "limit=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiLi4vIn0"
                .to_owned(),
            400,
        ),
        ("resourceVersion=-1".to_owned(), 400),
        ("resourceVersion=18446744073709551616".to_owned(), 400),
        ("timeoutSeconds=soon".to_owned(), 400),
        (format!("labelSelector={}", "a%20in%20(".repeat(2_000)), 400),
        (format!("labelSelector={}", "a%3Db,".repeat(8_000)), 400),
        (format!("fieldSelector={}", "metadata.name%3Da,".repeat(256)), 200),
        (format!("fieldSelector={}", "metadata.name%3Da,".repeat(3_000)), 400),
        (format!("fieldSelector={}", "spec.absent%3Da,".repeat(3_000)), 400),
    ];
    let attack = async {
        for (query, code) in cases {
            let answer = attacker.ask(Method::GET, &format!("{maps}?{query}"), JSON, "").await;
            assert_eq!(answer.code, code, "{}: {answer:?}", &query[..query.len().min(60)]);
        }
    };
    siege.endures(attack).await;
    siege.took_less_than(BYTES_MAX);
}
