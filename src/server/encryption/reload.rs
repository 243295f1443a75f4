//! Takes up a changed configuration while the server runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base::Tasks;
use tracing::{error, info};

use super::config::Configuration;

/// Between two looks at the file, as in Kubernetes.
const INTERVAL: Duration = Duration::from_mins(1);

/// Starts to look at the file. One that cannot be read leaves everything as it was.
pub(crate) fn start(tasks: &Tasks, file: PathBuf, in_force: Arc<ArcSwap<Configuration>>) {
    tasks.spawn_until_stop("encryption configuration", async move {
        let mut known = tokio::fs::read(&file).await.unwrap_or_default();
        loop {
            tokio::time::sleep(INTERVAL).await;
            let Ok(found) = tokio::fs::read(&file).await else { continue };
            if found == known {
                continue;
            }
            match Configuration::load(&file) {
                Ok(configuration) => {
                    in_force.store(Arc::new(configuration));
                    info!(file = %file.display(), "the encryption configuration has changed");
                }
                Err(error) => {
                    error!(file = %file.display(), %error, "the encryption configuration stays as it was");
                }
            }
            known = found;
        }
    });
}
