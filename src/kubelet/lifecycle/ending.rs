//! From the way a container ended to the words Kubernetes has for it.

use jiff::Timestamp;

use super::state::{Ending, Run};

/// How a container's incarnation ended, as the sandbox saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exit {
    pub(crate) code: i32,
    pub(crate) out_of_memory: bool,
    /// What it did wrong, when it trapped.
    pub(crate) message: Option<String>,
    pub(crate) started: Timestamp,
    pub(crate) finished: Timestamp,
}

impl Exit {
    /// The record of this end. `asked` says that the kubelet had told the container to end.
    pub(crate) fn of(self, run: &Run) -> Ending {
        let reason = match (self.out_of_memory, self.code) {
            (true, _) => "OOMKilled",
            (false, 0) => "Completed",
            (false, _) => "Error",
        };
        Ending {
            id: run.id.clone(),
            exit_code: self.code,
            reason: reason.to_owned(),
            message: self.message,
            started: Some(self.started),
            finished: Some(self.finished),
        }
    }
}

impl Ending {
    /// The record of an incarnation that an earlier process of this node left behind.
    pub(crate) fn lost(id: String, started: Option<Timestamp>, now: Timestamp) -> Self {
        Self {
            id,
            exit_code: 137,
            reason: "ContainerStatusUnknown".to_owned(),
            message: Some("The container ended together with the node's process".to_owned()),
            started,
            finished: Some(now),
        }
    }

    /// The record of an incarnation that never came to run.
    pub(crate) fn unstarted(reason: &str, message: &str, now: Timestamp) -> Self {
        Self {
            id: String::new(),
            exit_code: 128,
            reason: reason.to_owned(),
            message: Some(message.to_owned()),
            started: None,
            finished: Some(now),
        }
    }
}
