//! How every part speaks to the API server: kube::Client, shared caches, the shell controllers run in.
