//! The definitions of Kubernetes 1.35, as `generate.py` wrote them.

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use machinery::Schemas;

static COMPRESSED: &[u8] = include_bytes!("data/schema.v1.35.json.gz");

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let mut json = Vec::new();
    GzDecoder::new(COMPRESSED).read_to_end(&mut json).expect("the data was compressed by gzip");
    Schemas::load(&json).expect("the data was written for this reader")
});

/// The definitions of every document of the API, unpacked at the first call.
pub fn schemas() -> &'static Schemas {
    &SCHEMAS
}

#[cfg(test)]
mod tests;
