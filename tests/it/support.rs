//! Clusters, kubectls, namespaces and patience.

pub(crate) mod cluster;
pub(crate) mod extension;
pub(crate) mod helm;
#[expect(clippy::unwrap_used, reason = "it is a test's part of the server as well as ours")]
#[path = "../../src/server/testing/hook.rs"]
pub(crate) mod hook;
pub(crate) mod kubectl;
pub(crate) mod kubectls;
pub(crate) mod normal;
pub(crate) mod packages;
pub(crate) mod patience;
pub(crate) mod python;
pub(crate) mod raw;
pub(crate) mod space;
pub(crate) mod wire;
