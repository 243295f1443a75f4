//! The session of a stranger, command by command, with every kubectl found on this machine.

mod aggregation;
mod changing;
mod commands;
mod creating;
mod credentials;
mod explaining;
mod following;
mod identity;
mod nodes;
mod reading;
mod refusals;
mod rollouts;
mod top;
mod waiting;
