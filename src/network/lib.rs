//! The pod network: a switch in user space.
