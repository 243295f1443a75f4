//! One thing that a kubeconfig file says how to call, whose credentials may change while the server runs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tracing::warn;

use super::{Failure, Outgoing, Remote, Settings};

/// Between two looks at the files: tokens that are bound live ten minutes at least.
const INTERVAL: Duration = Duration::from_mins(1);

/// A remote that is made anew when what its files say has changed.
#[derive(Debug)]
pub(crate) struct Configured {
    outgoing: Arc<Outgoing>,
    kubeconfig: PathBuf,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    settings: Settings,
    remote: Arc<Remote>,
    looked: Instant,
}

impl Configured {
    /// Reads a kubeconfig and whatever files it names.
    pub(crate) fn new(outgoing: &Arc<Outgoing>, kubeconfig: &Path) -> Result<Self, String> {
        let settings = Settings::of_kubeconfig(kubeconfig)?;
        let remote = Arc::new(Remote::new(outgoing, settings.clone())?);
        Ok(Self {
            outgoing: Arc::clone(outgoing),
            kubeconfig: kubeconfig.to_owned(),
            current: Mutex::new(Current { settings, remote, looked: Instant::now() }),
        })
    }

    /// Posts a JSON document and returns the one that is answered.
    pub(crate) async fn post(&self, document: Bytes, deadline: Duration) -> Result<Bytes, Failure> {
        self.remote().post("", document, deadline).await
    }

    /// What is called now. Files that cannot be used leave everything as it was.
    fn remote(&self) -> Arc<Remote> {
        let mut current = self.current.lock().expect("nobody panics with it");
        if current.looked.elapsed() >= INTERVAL {
            current.looked = Instant::now();
            if let Err(why) = self.renew(&mut current) {
                let file = self.kubeconfig.display();
                warn!(%file, why, "a webhook is called as it was before");
            }
        }
        Arc::clone(&current.remote)
    }

    fn renew(&self, current: &mut Current) -> Result<(), String> {
        let settings = Settings::of_kubeconfig(&self.kubeconfig)?;
        if settings != current.settings {
            current.remote = Arc::new(Remote::new(&self.outgoing, settings.clone())?);
            current.settings = settings;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
