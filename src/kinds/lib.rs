//! The vocabulary of the API: one file per kind, and the schema data they rest on.
