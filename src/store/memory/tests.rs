//! Runs the conformance suite over memory.
