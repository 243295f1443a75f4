//! A few definitions of the real API, for tests.

use crate::Schemas;

pub(crate) fn schemas() -> Schemas {
    Schemas::load(include_bytes!("sample.json")).unwrap()
}
