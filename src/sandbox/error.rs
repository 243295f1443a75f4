//! Why an image cannot be prepared and why a container cannot be started.

use std::path::PathBuf;

/// Why an image cannot run here.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The bytes are something else.
    #[error("the image is not WebAssembly: it looks like {what}")]
    NotWasm {
        /// What the bytes look like.
        what: String,
    },
    /// It needs something that this runtime does not offer.
    #[error("the component imports {import}, which this runtime does not provide")]
    UnsatisfiedImport {
        /// The import, with its version.
        import: String,
    },
    /// It exports nothing that could be started.
    #[error(
        "the component exports neither wasi:cli/run nor wasi:http/incoming-handler, so there is nothing to start"
    )]
    NoEntry,
    /// The bytes are WebAssembly, but broken.
    #[error("the WebAssembly is not valid: {0}")]
    Invalid(String),
    /// It is larger than a node accepts.
    #[error("the image has {bytes} bytes; at most {limit} are accepted")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The bytes cannot be read.
    #[error("cannot read the image")]
    Read(#[source] std::io::Error),
    /// The compiler gave up.
    #[error("cannot compile the component: {0}")]
    Compile(String),
}

/// Why a container cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The sandbox has been removed.
    #[error("the sandbox has been removed")]
    Removed,
    /// A container of this name is still running.
    #[error("container {0:?} is already running")]
    AlreadyRunning(String),
    /// The node is full.
    #[error("the node cannot hold another container: {0}")]
    Full(String),
    /// A mount cannot be opened.
    #[error("cannot mount {} at {guest}", host.display())]
    Mount {
        /// The folder on the host.
        host: PathBuf,
        /// Where the container should have seen it.
        guest: String,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// The HTTP server's port cannot be had.
    #[error("cannot listen on port {port}")]
    Listen {
        /// The port.
        port: u16,
        /// What went wrong.
        #[source]
        source: network::Error,
    },
    /// The image was prepared by a different runtime.
    #[error("the image was prepared by another runtime")]
    Foreign,
    /// The instance cannot be made.
    #[error("cannot make an instance: {0}")]
    Instance(String),
}
