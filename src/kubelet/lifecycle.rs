//! The life of a pod as a pure function: `step(policy, state, input, now)` gives the next state and what to do.
//!
//! Inputs only record what happened; [`advance`](advance::advance) then looks at the whole state and
//! pushes it on, so no order of events is special. Nothing here waits, reads or writes.

mod advance;
mod ending;
mod policy;
mod restart;
mod restore;
mod state;
mod step;

pub(crate) use ending::Exit;
pub(crate) use policy::{Policy, Restart, Role};
pub(crate) use restore::restore;
pub(crate) use state::{
    ContainerRecord, Deletion, Ending, Ground, Image, Phase, Setback, Stage, State, StopOrder,
};
pub(crate) use step::{Effect, Input, Notice, Probe, PullFailure, Severity, step};

#[cfg(test)]
mod tests;
