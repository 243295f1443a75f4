//! The API as a client library and plain HTTP see it.

mod bodies;
mod objects;
mod refusals;
mod watches;
