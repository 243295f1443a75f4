//! The group `events.k8s.io`.

mod event;

pub(crate) use event::Event;
