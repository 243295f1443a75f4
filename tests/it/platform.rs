//! The process: started, stopped, killed, and started again.

mod authorization;
mod command_line;
mod connections;
mod embedding;
mod operation;
mod restarts;
