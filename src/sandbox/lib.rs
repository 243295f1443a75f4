//! Runs components on wasmtime.
