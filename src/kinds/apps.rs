//! The group `apps`.

mod controller_revision;
mod deployment;
mod replica_set;

pub(crate) use controller_revision::ControllerRevision;
pub(crate) use deployment::Deployment;
pub(crate) use replica_set::ReplicaSet;
