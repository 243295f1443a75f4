//! Builds the guest components and names the files.
