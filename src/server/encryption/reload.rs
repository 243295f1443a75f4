//! Keeps the configuration usable while the server runs: takes up a changed one, and asks its plugins for new keys.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base::{Random, Tasks};
use tracing::{error, info};

use super::config::Configuration;

/// Between two looks at the file, as in Kubernetes.
const INTERVAL: Duration = Duration::from_mins(1);
/// Between two questions to plugins that did not answer, as in Kubernetes.
const PLUGIN_INTERVAL: Duration = Duration::from_secs(10);
/// How long a start waits for plugins that start beside it, and how often it asks.
const START_MAX: Duration = Duration::from_secs(30);
const START_INTERVAL: Duration = Duration::from_millis(500);

/// Waits until every plugin has given a key.
pub(super) async fn ready(configuration: &Configuration, random: &Random) -> Result<(), String> {
    let end = tokio::time::Instant::now() + START_MAX;
    for plugin in configuration.plugins() {
        while let Err(why) = plugin.keep(random).await {
            if tokio::time::Instant::now() >= end {
                return Err(why);
            }
            info!(%why, "waiting for a KMS plugin");
            tokio::time::sleep(START_INTERVAL).await;
        }
    }
    Ok(())
}

/// Starts to ask the plugins of the configuration in force for their state.
pub(crate) fn keep_plugins(tasks: &Tasks, in_force: Arc<ArcSwap<Configuration>>, random: Random) {
    tasks.spawn_until_stop("KMS plugins", async move {
        loop {
            tokio::time::sleep(PLUGIN_INTERVAL).await;
            for plugin in in_force.load_full().plugins() {
                if let Err(why) = plugin.keep(&random).await {
                    error!(%why, "a KMS plugin did not confirm its key");
                }
            }
        }
    });
}

/// Starts to look at the file. One that cannot be used leaves everything as it was and is tried again: a plugin
/// that it names may be starting.
pub(crate) fn start(
    tasks: &Tasks,
    file: PathBuf,
    in_force: Arc<ArcSwap<Configuration>>,
    random: Random,
) {
    tasks.spawn_until_stop("encryption configuration", async move {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let Ok(found) = tokio::fs::read(&file).await else { continue };
            // Compared with what is in force: the file may have changed since the start, or during it.
            if in_force.load().is_of(&found) {
                continue;
            }
            let usable = async {
                let configuration = Configuration::load(&file)?;
                ready(&configuration, &random).await?;
                Ok::<_, crate::BoxError>(configuration)
            };
            match usable.await {
                Ok(configuration) => {
                    in_force.store(Arc::new(configuration));
                    info!(file = %file.display(), "the encryption configuration has changed");
                }
                Err(error) => {
                    error!(file = %file.display(), %error, "the encryption configuration stays as it was");
                }
            }
        }
    });
}
