//! Statuses in full.
