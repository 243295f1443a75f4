//! Isopod: a Kubernetes whose pods are WebAssembly components.
