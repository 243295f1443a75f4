//! What nodes and pods use (`metrics.k8s.io`), measured when somebody asks: nothing runs and nothing is kept for it
//! otherwise.
//!
//! Each node is asked for counters, as Kubernetes' own collector does; a rate is the difference to what it said before.

mod sample;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::Clock;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use http::Request;
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use crate::NodeTransport;

pub(crate) use view::answer;

use sample::Sample;

/// How long a node may take; a client such as `kubectl top` waits for all of them.
const NODE_PATIENCE: Duration = Duration::from_secs(5);
/// A node's figures at most: some hundred bytes for each of the 10,000 containers it can hold.
const REPORT_BYTES_MAX: usize = 16 << 20;
/// Nodes are not asked more often than so; what they said before is given again.
const FRESH: SignedDuration = SignedDuration::from_secs(1);
/// But for one that said nothing of a pod that runs: it may have started since.
const FRESH_WITHOUT: SignedDuration = SignedDuration::from_millis(100);
/// Rates are over at least so long where that can be: shorter ones tell more of the moment than of the program.
const WINDOW: SignedDuration = SignedDuration::from_secs(10);
/// A node that is heard of for the first time is asked twice, since one look at a counter tells no rate: as short as
/// lets a person wait, and a hundred of the kernel's ticks.
const FIRST_WINDOW: Duration = Duration::from_secs(1);

/// What the nodes have said.
#[derive(Debug)]
pub(crate) struct Meter {
    clock: Clock,
    nodes: Arc<dyn NodeTransport>,
    said: Mutex<BTreeMap<String, Said>>,
}

/// What one node has said: last, and some time before.
#[derive(Debug, Clone)]
struct Said {
    before: Option<Arc<Sample>>,
    last: Arc<Sample>,
}

impl Said {
    fn then(this: Option<Self>, last: Sample) -> Self {
        let before = this.and_then(|said| {
            let long_ago = last.at.duration_since(said.last.at) >= WINDOW;
            if long_ago || said.before.is_none() { Some(said.last) } else { said.before }
        });
        Self { before, last: Arc::new(last) }
    }
}

impl Meter {
    pub(crate) fn new(clock: Clock, nodes: Arc<dyn NodeTransport>) -> Self {
        Self { clock, nodes, said: Mutex::default() }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What these nodes say now, or said a moment ago if that `tells_all`; those that do not answer are left out.
    async fn ask(
        &self,
        nodes: &BTreeSet<String>,
        tells_all: &(dyn Fn(&str, &Sample) -> bool + Sync),
    ) -> BTreeMap<String, Said> {
        let asked = nodes.iter().map(|node| self.ask_one(node, tells_all).boxed());
        let asked: Vec<BoxFuture<'_, Option<(String, Said)>>> = asked.collect();
        join_all(asked).await.into_iter().flatten().collect()
    }

    async fn ask_one(
        &self,
        node: &str,
        tells_all: &(dyn Fn(&str, &Sample) -> bool + Sync),
    ) -> Option<(String, Said)> {
        let said = self.said.lock().expect("nothing panics while it is held").get(node).cloned();
        let is_new = said.is_none();
        let fresh = said.filter(|said| {
            let age = self.now().duration_since(said.last.at);
            age < if tells_all(node, &said.last) { FRESH } else { FRESH_WITHOUT }
        });
        let said = match (fresh, is_new) {
            (Some(said), _) => said,
            (None, false) => self.ask_now(node).await?,
            (None, true) => {
                self.ask_now(node).await?;
                tokio::time::sleep(FIRST_WINDOW).await;
                self.ask_now(node).await?
            }
        };
        Some((node.to_owned(), said))
    }

    async fn ask_now(&self, node: &str) -> Option<Said> {
        let text = tokio::time::timeout(NODE_PATIENCE, self.fetch(node)).await.ok().flatten();
        let Some(text) = text else {
            warn!(node, "a node does not say what it uses");
            self.said.lock().expect("nothing panics while it is held").remove(node);
            return None;
        };
        let sample = Sample::read(&text, self.now());
        let mut said = self.said.lock().expect("nothing panics while it is held");
        let next = Said::then(said.remove(node), sample);
        said.insert(node.to_owned(), next.clone());
        Some(next)
    }

    async fn fetch(&self, node: &str) -> Option<String> {
        let request = Request::get("/metrics/resource").body(Bytes::new()).ok()?;
        let mut body = self.nodes.send(node, request).await.ok()?.into_body();
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            bytes.extend_from_slice(frame.ok()?.data_ref().map_or(&[], AsRef::as_ref));
            if bytes.len() > REPORT_BYTES_MAX {
                return None;
            }
        }
        String::from_utf8(bytes).ok()
    }
}

#[cfg(test)]
mod tests;
