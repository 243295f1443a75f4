use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use store::Error;
use store::memory::Memory;

use crate::testing::{Fixture, Meddle, Meddled};

/// Answers reads, though the last write was lost while it is sick.
#[derive(Debug, Default)]
struct Ailment(AtomicBool);

#[async_trait::async_trait]
impl Meddle for Ailment {
    async fn is_well(&self, _store: &Memory) -> Result<(), Error> {
        if self.0.load(Ordering::Relaxed) { Err(Error::Closed) } else { Ok(()) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_store_cannot_write_is_not_alive() {
    let store = Arc::new(Meddled::<Ailment>::default());
    let server = Fixture::plain(Arc::<Meddled<_>>::clone(&store), Arc::new(crate::NoNodes)).await;
    assert_eq!(server.get("/livez").await.code, 200);
    store.by.0.store(true, Ordering::Relaxed);
    for path in ["/livez", "/readyz", "/healthz", "/livez/etcd"] {
        assert_eq!(server.get(path).await.code, 500, "{path}");
    }
    store.by.0.store(false, Ordering::Relaxed);
    assert_eq!(server.get("/livez").await.code, 200);
}

#[tokio::test(start_paused = true)]
async fn a_started_server_passes_every_check() {
    let server = Fixture::new().await;
    for path in ["/livez", "/readyz", "/healthz", "/readyz/informer-sync", "/livez/etcd"] {
        let reply = server.get(path).await;
        assert_eq!((reply.code, &reply.body[..]), (200, &b"ok"[..]), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_about_to_stop_lives_and_is_not_ready() {
    let server = Fixture::new().await;
    server.api.health().set_stopping();
    assert_eq!(server.get("/livez").await.code, 200);
    let reply = server.get("/readyz").await;
    assert_eq!(reply.code, 500);
    let report = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(report.contains("[-]shutdown failed: reason withheld\n"), "{report}");
    assert!(report.ends_with("readyz check failed\n"), "{report}");
    assert_eq!(server.get("/readyz?exclude=shutdown").await.code, 200);
    assert_eq!(server.get("/readyz/shutdown").await.code, 500);
}

#[tokio::test(start_paused = true)]
async fn a_verbose_answer_names_every_check_and_what_cannot_be_excluded() {
    let server = Fixture::new().await;
    let reply = server.get("/livez?verbose&exclude=log&exclude=nonsense").await;
    let report = String::from_utf8(reply.body.to_vec()).unwrap();
    assert_eq!(
        report,
        "[+]ping ok\n[+]log excluded: ok\n[+]etcd ok\n\
         warn: some health checks cannot be excluded: no matches for \"nonsense\"\n\
         livez check passed\n"
    );
    assert_eq!(server.get("/livez/shutdown").await.code, 404);
}
