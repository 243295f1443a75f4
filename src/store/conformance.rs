//! What every store must do, as checks that any backend can run.
