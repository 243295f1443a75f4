//! A document as it is kept: compressed, since all of them together are megabytes that are seldom asked for.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::body::Body;
use crate::respond::{self, Answer};

/// A document, packed by gzip.
#[derive(Debug, Clone)]
pub(super) struct Compressed {
    packed: Bytes,
    /// Tells this content from every other.
    hash: String,
}

impl Compressed {
    pub(super) fn of(document: &[u8]) -> Self {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(document).expect("memory takes everything");
        let mut packed = packer.finish().expect("memory takes everything");
        packed.shrink_to_fit();
        Self { packed: packed.into(), hash: respond::hash(document) }
    }

    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    pub(super) fn unpack(&self) -> Vec<u8> {
        let mut document = Vec::new();
        GzDecoder::new(&*self.packed).read_to_end(&mut document).expect("it was packed here");
        document
    }

    /// The document, packed if the client can unpack it; nothing, if the client has it.
    pub(super) fn answer(&self, media: &'static str, headers: &HeaderMap) -> Answer {
        let takes_gzip = takes_gzip(headers);
        let body = if takes_gzip { self.packed.clone() } else { self.unpack().into() };
        let mut answer = respond::with_body(StatusCode::OK, media, Body::from(body));
        let told = answer.headers_mut();
        told.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if takes_gzip {
            told.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        respond::tagged(answer, &self.hash, headers)
    }
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
    accepted.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|one| {
        let (name, quality) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == "gzip" && !matches!(quality.trim(), "q=0" | "q=0.0")
    })
}
