//! The process: started, stopped, killed, and started again.

mod command_line;
mod embedding;
mod operation;
mod restarts;
