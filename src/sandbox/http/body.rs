//! Bodies of answers.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use tokio_util::sync::DropGuard;
use wasmtime_wasi_http::{Error, WasiBody};

/// A guest's body that tells when nobody reads it any more.
pub(super) struct Watched {
    body: WasiBody,
    _gone: DropGuard,
}

impl Watched {
    pub(super) fn new(body: WasiBody, gone: DropGuard) -> Self {
        Self { body, _gone: gone }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The runtime's own answer, when the guest gives none.
pub(super) fn plain(status: StatusCode, text: &str) -> Response<WasiBody> {
    let body = Full::new(Bytes::from(format!("{text}\n"))).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
