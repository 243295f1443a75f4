//! Clients: over a service of the same process, or over the network as a kubeconfig says.

use std::path::Path;

use http::{Request, Response};
use kube::client::Body;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use tower::{BoxError, Service};

use crate::Error;

/// How long a client may wait for an answer's first byte before the server counts as gone. Watches are exempt: they are
/// answered at once and then stream.
const CONNECT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// A client over the server's own service: no socket, no TLS, the same requests. Must be called on a tokio runtime.
pub fn in_process<S, B>(service: S, default_namespace: &str) -> kube::Client
where
    S: Service<Request<Body>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    kube::Client::new(service, default_namespace)
}

/// A client for the cluster that a kubeconfig file's current context names.
pub async fn from_kubeconfig(path: &Path) -> Result<kube::Client, Error> {
    let kubeconfig = Kubeconfig::read_from(path).map_err(Error::Kubeconfig)?;
    let options = KubeConfigOptions::default();
    let mut config =
        Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(Error::Kubeconfig)?;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    kube::Client::try_from(config).map_err(|source| Error::Connect(Box::new(source)))
}
