//! The `ConfigMap`s and `Secret`s that a pod reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use tokio::time::Instant;

use crate::lifecycle::Setback;

/// How old an answer may be when files of a running pod are brought up to date. The files follow
/// within a minute, so this halves neither freshness nor lets ten thousand pods ask each for itself.
const REUSE: Duration = Duration::from_secs(20);

/// How many objects are remembered; beyond, all are forgotten and asked for again.
const REMEMBERED: usize = 4096;

/// A ConfigMap or a Secret of the pod's own namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    ConfigMap(String),
    Secret(String),
}

/// The content of a source: keys with values.
pub(crate) type Data = BTreeMap<String, Vec<u8>>;

/// All sources a pod asked for, as far as they exist.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) namespace: String,
    pub(crate) found: BTreeMap<Source, Option<Arc<Data>>>,
}

impl Sources {
    /// A source's content; none when it is optional and not there.
    pub(crate) fn get(&self, source: &Source, optional: bool) -> Result<Option<&Data>, Setback> {
        match self.found.get(source) {
            Some(Some(data)) => Ok(Some(data)),
            _ if optional => Ok(None),
            _ => Err(Setback::new(
                "CreateContainerConfigError",
                match source {
                    Source::ConfigMap(name) => format!("configmap \"{name}\" not found"),
                    Source::Secret(name) => format!("secret \"{name}\" not found"),
                },
            )),
        }
    }

    /// A source as Kubernetes' messages name it.
    pub(crate) fn describe(&self, source: &Source) -> String {
        match source {
            Source::ConfigMap(name) => format!("ConfigMap {}/{name}", self.namespace),
            Source::Secret(name) => format!("Secret {}/{name}", self.namespace),
        }
    }
}

/// How fresh content must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// As it is now: for a container that starts.
    Now,
    /// A few seconds old at most: for files of a running one.
    Recent,
}

/// Asks the API for sources, and remembers the answers for a short while.
pub(crate) struct Library {
    client: kube::Client,
    shelf: Mutex<Shelf>,
}

type Shelf = BTreeMap<(String, Source), (Instant, Option<Arc<Data>>)>;

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").finish_non_exhaustive()
    }
}

impl Library {
    pub(crate) fn new(client: kube::Client) -> Self {
        Self { client, shelf: Mutex::default() }
    }

    /// Fetches sources of a namespace.
    pub(crate) async fn fetch(
        &self,
        namespace: &str,
        wanted: BTreeSet<Source>,
        freshness: Freshness,
    ) -> kube::Result<Sources> {
        let mut found = BTreeMap::new();
        for source in wanted {
            let known = match freshness {
                Freshness::Now => None,
                Freshness::Recent => self.recall(namespace, &source),
            };
            let data = match known {
                Some(data) => data,
                None => self.ask(namespace, &source).await?,
            };
            found.insert(source, data);
        }
        Ok(Sources { namespace: namespace.to_owned(), found })
    }

    #[expect(clippy::option_option, reason = "the outer one says whether it was asked for of late")]
    fn recall(&self, namespace: &str, source: &Source) -> Option<Option<Arc<Data>>> {
        let shelf = self.shelf.lock().expect("nothing panics while it is held");
        let (asked, data) = shelf.get(&(namespace.to_owned(), source.clone()))?;
        (asked.elapsed() < REUSE).then(|| data.clone())
    }

    async fn ask(&self, namespace: &str, source: &Source) -> kube::Result<Option<Arc<Data>>> {
        let client = self.client.clone();
        let data = match source {
            Source::ConfigMap(name) => Api::<ConfigMap>::namespaced(client, namespace)
                .get_opt(name)
                .await?
                .map(of_config_map),
            Source::Secret(name) => {
                Api::<Secret>::namespaced(client, namespace).get_opt(name).await?.map(of_secret)
            }
        };
        let data = data.map(Arc::new);
        let mut shelf = self.shelf.lock().expect("nothing panics while it is held");
        if shelf.len() >= REMEMBERED {
            shelf.clear();
        }
        shelf.insert((namespace.to_owned(), source.clone()), (Instant::now(), data.clone()));
        Ok(data)
    }
}

fn of_config_map(map: ConfigMap) -> Data {
    let text = map.data.into_iter().flatten().map(|(key, value)| (key, value.into_bytes()));
    let binary = map.binary_data.into_iter().flatten().map(|(key, value)| (key, value.0));
    binary.chain(text).collect()
}

fn of_secret(secret: Secret) -> Data {
    secret.data.into_iter().flatten().map(|(key, value)| (key, value.0)).collect()
}
