//! Pages of programs behind the proxy: their links to their own paths lead by the proxy, too.
//!
//! A page is changed while it is sent on, tag by tag, so that only as much of it is held as one tag is long. Pages in
//! an encoding unknown here pass as they are.

mod links;

use std::io::{self, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, MultiGzDecoder};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION};
use http::{Method, StatusCode};
use http_body::Frame;

use super::rewrite::Way;
use crate::body::{Body, BoxBody, BoxError};
use crate::respond::Answer;
use links::Links;

/// What is unpacked at a time; a thousand times as much may come out of it.
const PACKED_BYTES: usize = 1 << 10;

/// Makes the links of an answer lead by the proxy, if it is a page.
pub(super) fn rewrite(answer: Answer, method: &Method, way: Way) -> Answer {
    let header = |name: HeaderName| {
        answer.headers().get(name).map_or("", |value| value.to_str().unwrap_or("unknown"))
    };
    let media = header(CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    let whole = *method != Method::HEAD && answer.status() != StatusCode::PARTIAL_CONTENT;
    if media != "text/html" || !whole || answer.headers().contains_key(LOCATION) {
        return answer;
    }
    let coding = match header(CONTENT_ENCODING) {
        "" => Coding::Plain,
        "gzip" => Coding::Gzip(Box::default()),
        _ => return answer,
    };
    let mut answer = answer.map(|body| {
        let page = Page { links: Links::new(way), coding };
        Body::from(BoxBody::new(PageBody { inner: body, page: Some(page) }))
    });
    answer.headers_mut().remove(CONTENT_LENGTH);
    answer
}

/// The body of a page.
struct PageBody {
    inner: Body,
    /// None after its end.
    page: Option<Page>,
}

struct Page {
    links: Links,
    coding: Coding,
}

/// How the bytes of a page are packed.
enum Coding {
    Plain,
    Gzip(Box<Gzip>),
}

struct Gzip {
    unpack: MultiGzDecoder<Vec<u8>>,
    pack: GzEncoder<Vec<u8>>,
}

impl Default for Gzip {
    fn default() -> Self {
        let pack = GzEncoder::new(Vec::new(), Compression::fast());
        Self { unpack: MultiGzDecoder::new(Vec::new()), pack }
    }
}

impl Page {
    /// What becomes of the next bytes.
    fn next(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut changed = Vec::new();
        match &mut self.coding {
            Coding::Plain => self.links.push(bytes, &mut changed),
            Coding::Gzip(gzip) => {
                for piece in bytes.chunks(PACKED_BYTES) {
                    gzip.unpack.write_all(piece)?;
                    gzip.unpack.flush()?;
                    self.links.push(gzip.unpack.get_ref(), &mut changed);
                    gzip.unpack.get_mut().clear();
                    gzip.pack.write_all(&changed)?;
                    changed.clear();
                }
                gzip.pack.flush()?;
                changed = std::mem::take(gzip.pack.get_mut());
            }
        }
        Ok(changed)
    }

    /// What is left at the end.
    fn last(mut self) -> io::Result<Vec<u8>> {
        let mut changed = Vec::new();
        match self.coding {
            Coding::Plain => self.links.finish(&mut changed),
            Coding::Gzip(gzip) => {
                let Gzip { unpack, mut pack } = *gzip;
                self.links.push(&unpack.finish()?, &mut changed);
                self.links.finish(&mut changed);
                pack.write_all(&changed)?;
                changed = pack.finish()?;
            }
        }
        Ok(changed)
    }
}

impl http_body::Body for PageBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            if self.page.is_none() {
                return Poll::Ready(None);
            }
            let changed = match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                None => self.page.take().map_or(Ok(Vec::new()), Page::last),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => match (frame.into_data(), &mut self.page) {
                    (Ok(bytes), Some(page)) => page.next(&bytes),
                    _ => continue,
                },
            };
            match changed {
                Ok(changed) if changed.is_empty() => {}
                Ok(changed) => return Poll::Ready(Some(Ok(Frame::data(changed.into())))),
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.page.is_none()
    }
}

#[cfg(test)]
mod tests;
