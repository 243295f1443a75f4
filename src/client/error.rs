//! What can go wrong before a request is sent.

/// Why there is no client, or no cache.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kubeconfig is missing, unreadable or names no cluster.
    #[error("cannot use this kubeconfig")]
    Kubeconfig(#[source] kube::config::KubeconfigError),
    /// The kubeconfig's credentials or address do not make a client.
    #[error("cannot prepare a connection")]
    Connect(#[source] Box<kube::Error>),
    /// The tasks that fill the caches were stopped before the first list was complete.
    #[error("stopped before the caches were filled")]
    Stopped,
}
