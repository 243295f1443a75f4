use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use http_body_util::Full;

use super::sample::{Reading, used};
use super::*;
use crate::{BoxBody, Error};

const TEXT: &str = "\
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container=\"c\",namespace=\"n\",pod=\"p\"} 3 1000
container_memory_working_set_bytes{container=\"c\",namespace=\"n\",pod=\"p\"} 4096 1000
container_start_time_seconds{container=\"c\",namespace=\"n\",pod=\"p\"} 100 1000
node_cpu_usage_seconds_total 50.5 1000
node_memory_working_set_bytes 8192 1000
pod_cpu_usage_seconds_total{namespace=\"n\",pod=\"p\"} 3 1000
scrape_error 0
nonsense
";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn reading(second: i64, text: &str) -> (Timestamp, Reading) {
    let sample = Sample::read(text, at(second));
    (at(second), sample.containers.into_values().next().unwrap())
}

#[test]
fn the_first_rate_is_since_the_start() {
    let used = used(reading(160, TEXT), None).unwrap();
    assert_eq!((used.cores, used.memory_bytes), (0.05, 4096.0));
    assert_eq!(used.window, SignedDuration::from_secs(60));
}

#[test]
fn later_rates_are_since_the_reading_before() {
    let later = TEXT.replace("} 3 1000", "} 13 1000");
    let used = used(reading(180, &later), Some(reading(160, TEXT))).unwrap();
    assert_eq!((used.cores, used.window), (0.5, SignedDuration::from_secs(20)));
}

#[test]
fn a_container_that_was_started_again_begins_anew() {
    let again = TEXT.replace("} 100 1000", "} 170 1000");
    let used = used(reading(180, &again), Some(reading(160, TEXT))).unwrap();
    assert_eq!((used.cores, used.window), (0.3, SignedDuration::from_secs(10)));
}

/// A node that counts how often it is asked.
#[derive(Debug, Default)]
struct Node(AtomicUsize);

#[async_trait]
impl NodeTransport for Node {
    async fn send(
        &self,
        node: &str,
        request: Request<Bytes>,
    ) -> Result<http::Response<BoxBody>, Error> {
        assert_eq!(request.uri(), "/metrics/resource");
        if node != "here" {
            return Err(Error::UnknownNode(node.to_owned()));
        }
        self.0.fetch_add(1, Ordering::Relaxed);
        let body = Full::new(Bytes::from_static(TEXT.as_bytes()));
        Ok(http::Response::new(body.map_err(|never| match never {}).boxed()))
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_are_asked_when_somebody_asks_and_not_too_often() {
    let node = Arc::new(Node::default());
    let meter = Meter::new(Clock::simulated(at(1_000)), Arc::<Node>::clone(&node));
    let nodes = BTreeSet::from(["here".to_owned(), "gone".to_owned()]);
    let said = meter.ask(&nodes, &|_, _| true).await;
    assert_eq!(said.keys().collect::<Vec<_>>(), ["here"], "who does not answer is left out");
    let before =
        |said: &BTreeMap<String, Said>| said["here"].before.as_ref().map(|before| before.at);
    assert_eq!(before(&said), Some(at(1_000)), "one look tells no rate");
    meter.ask(&nodes, &|_, _| true).await;
    assert_eq!(node.0.load(Ordering::Relaxed), 2);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(before(&meter.ask(&nodes, &|_, _| true).await), Some(at(1_000)));
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(before(&meter.ask(&nodes, &|_, _| true).await), Some(at(1_006)));
    assert_eq!(node.0.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_told_nothing_of_a_new_pod_is_asked_again_soon() {
    let node = Arc::new(Node::default());
    let meter = Meter::new(Clock::simulated(at(1_000)), Arc::<Node>::clone(&node));
    let nodes = BTreeSet::from(["here".to_owned()]);
    let asked = async |all: bool| {
        meter.ask(&nodes, &|_, _| all).await;
        node.0.load(Ordering::Relaxed)
    };
    assert_eq!(asked(true).await, 2);
    assert_eq!(asked(false).await, 2, "it was asked a moment ago");
    tokio::time::advance(Duration::from_millis(200)).await;
    assert_eq!(asked(true).await, 2);
    assert_eq!(asked(false).await, 3);
}
