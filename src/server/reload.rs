//! Files that are taken up again when they change, while the server runs; and how often that went well, under
//! Kubernetes' names.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use base::{Clock, Counter, Family, Gauge, Metrics, Sort, Tasks};
use sha2::{Digest as _, Sha256};
use tracing::{error, info};

use crate::BoxError;

/// Between two looks at a file. Kubernetes is told of changes by the system and looks every minute besides; a look
/// reads a few kilobytes, which takes microseconds.
const INTERVAL: Duration = Duration::from_secs(5);

/// Of the text that something was made of.
pub(crate) type Digest = [u8; 32];

/// Something made of a file.
pub(crate) trait Reload: Send + 'static {
    /// Makes it anew and puts it in force if the file says something else than before, and gives the digest of what it
    /// says then. An error leaves everything as it was.
    fn look(&mut self) -> impl Future<Output = Result<Option<Digest>, BoxError>> + Send;
}

/// The names of what is counted of one file.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) total: &'static str,
    pub(crate) last: &'static str,
    pub(crate) info: &'static str,
}

/// Counts how often a file was taken up, or could not be.
#[derive(Debug)]
pub(crate) struct Reloads {
    total: Family<Counter>,
    last: Family<Gauge>,
    in_force: Arc<ArcSwapOption<String>>,
    server: String,
    clock: Clock,
}

impl Reloads {
    /// `server` tells this one from others; its hash is a label.
    pub(crate) fn new(names: &Names, metrics: &Metrics, server: &str, clock: &Clock) -> Self {
        let labels = &["status", "apiserver_id_hash"];
        let server = written(&Sha256::digest(server).into());
        let in_force: Arc<ArcSwapOption<String>> = Arc::default();
        let (shown, id) = (Arc::clone(&in_force), server.clone());
        let help = "Always 1; the hash is that of the configuration in force.";
        metrics.computed(
            names.info,
            help,
            Sort::Gauge,
            &["apiserver_id_hash", "hash"],
            move || {
                let hash = shown.load_full();
                hash.map(|hash| (vec![id.clone(), hash.to_string()], 1.0)).into_iter().collect()
            },
        );
        Self {
            total: metrics.counters(names.total, "Changed configurations by their end.", labels),
            last: metrics.gauges(names.last, "When a change last ended this way.", labels),
            in_force,
            server,
            clock: clock.clone(),
        }
    }

    /// Takes note of the digest of what is in force.
    pub(crate) fn show(&self, digest: &Digest) {
        self.in_force.store(Some(Arc::new(written(digest))));
    }

    fn count(&self, status: &str) {
        self.total.with(&[status, &self.server]).inc();
        self.last.with(&[status, &self.server]).set(self.clock.now().as_second());
    }
}

/// Starts to look at a file.
pub(crate) fn keep(
    tasks: &Tasks,
    what: &'static str,
    file: PathBuf,
    mut reload: impl Reload,
    reloads: Option<Reloads>,
) {
    tasks.spawn_until_stop(what, async move {
        let mut refused = String::new();
        loop {
            tokio::time::sleep(INTERVAL).await;
            let why = match reload.look().await {
                Ok(None) => String::new(),
                Ok(Some(digest)) => {
                    if let Some(reloads) = &reloads {
                        reloads.show(&digest);
                        reloads.count("success");
                    }
                    info!(file = %file.display(), "the {what} has changed");
                    String::new()
                }
                Err(why) => why.to_string(),
            };
            // Said and counted once, not each time.
            if !why.is_empty() && why != refused {
                if let Some(reloads) = &reloads {
                    reloads.count("failure");
                }
                error!(file = %file.display(), why, "the {what} stays as it was");
            }
            refused = why;
        }
    });
}

/// A digest as labels have it.
fn written(digest: &Digest) -> String {
    use std::fmt::Write as _;
    digest.iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
