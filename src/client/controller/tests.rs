use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base::Tasks;
use http::{Method, Request, Response};
use http_body_util::Full;
use k8s_openapi::api::core::v1::ConfigMap;

use super::*;

/// Makes a map whenever it sees none.
struct Maker;

impl Controller for Maker {
    type Key = Key;
    type Snapshot = ();
    const NAME: &'static str = "maker";

    fn watches(&self, _: &Watches<'_, Key>) {}

    fn observe(&self, _: &Key, _: Timestamp) -> Option<()> {
        Some(())
    }

    fn reconcile(&self, (): &()) -> Plan {
        let mut plan = Plan::default();
        plan.create(&ConfigMap::default());
        plan
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_caches_do_not_show_is_not_made_again_for_minutes() {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    // Lists and watches get no answer.
    let service = tower::service_fn(move |request: Request<kube::client::Body>| {
        let counter = Arc::clone(&counter);
        async move {
            if request.method() != Method::POST {
                std::future::pending::<()>().await;
            }
            counter.fetch_add(1, Ordering::Relaxed);
            let made = r#"{"metadata":{"name":"a","resourceVersion":"9"}}"#;
            let body = Full::new(bytes::Bytes::from_static(made.as_bytes()));
            Ok::<_, std::convert::Infallible>(Response::builder().status(201).body(body).unwrap())
        }
    });
    let (tasks, clock) = (Tasks::new(), Clock::system());
    let client = crate::in_process(service, "default");
    let recorder = EventRecorder::new(client.clone(), "test", None, &clock, &tasks);
    let caches = Caches::new(client, &tasks);
    let maps: Cache<ConfigMap> = caches.of();
    let counts = QueueCounts::new(&Metrics::default(), &UnderWay::default(), "maker");
    let worker = Worker {
        controller: Maker,
        queue: Queue::default(),
        counts,
        clock,
        executor: Executor { caches, recorder },
        unsettled: Mutex::default(),
    };
    let key = Key::cluster("a");
    for _ in 0..3 {
        worker.reconcile(&key).await;
        assert_eq!(made.load(Ordering::Relaxed), 1);
        tokio::time::advance(EXPECTATIONS / 4).await;
    }
    tokio::time::advance(EXPECTATIONS / 2).await;
    worker.reconcile(&key).await;
    assert_eq!(made.load(Ordering::Relaxed), 2, "nobody waits for ever");
    let seen = r#"{"metadata":{"name":"a","resourceVersion":"9"}}"#;
    maps.insert(serde_json::from_str(seen).unwrap());
    worker.reconcile(&key).await;
    assert_eq!(made.load(Ordering::Relaxed), 3, "what is shown is planned on");
    tasks.stop_token().cancel();
}
