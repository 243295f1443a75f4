//! Versioned keys and values with history and watches.
