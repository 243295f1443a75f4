//! The core group.

mod config_map;

pub(crate) use config_map::ConfigMap;
