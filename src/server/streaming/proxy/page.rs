//! Pages of programs behind the proxy: their links to their own paths lead by the proxy, too.
//!
//! A page is changed while it is sent on, tag by tag and piece by piece, so that of the changed page no more is held
//! than comes of a piece, or of a tag. Pages in an encoding unknown here pass as they are.

mod links;

use std::io::{self, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, MultiGzDecoder};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION};
use http::{Method, StatusCode};
use http_body::{Body as _, Frame};

use super::rewrite::Way;
use crate::body::{Body, BoxBody, BoxError};
use crate::respond::Answer;
use links::Links;

/// What is unpacked at a time; a thousand times as much may come out of it.
const PACKED_BYTES: usize = 1 << 10;
/// What is looked at before it is sent on. Where all of it is links, a hundred times as much may come out of it.
const TEXT_BYTES: usize = 4 << 10;
/// How often that is done before others have their turn: a page may be made to take as much time as it can.
const STEPS_MAX: usize = 16;

/// Makes the links of an answer lead by the proxy, if it is a page.
pub(super) fn rewrite(answer: Answer, method: &Method, way: Way) -> Answer {
    let header = |name: HeaderName| {
        answer.headers().get(name).map_or("", |value| value.to_str().unwrap_or("unknown"))
    };
    let media = header(CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    let whole = *method != Method::HEAD && has_page(answer.status());
    let moved = answer.headers().contains_key(LOCATION);
    let packed_twice = answer.headers().get_all(CONTENT_ENCODING).iter().count() > 1;
    if media != "text/html" || !whole || moved || packed_twice || answer.body().is_end_stream() {
        return answer;
    }
    let coding = match header(CONTENT_ENCODING) {
        "" => Coding::Plain,
        "gzip" => Coding::Gzip(Box::default()),
        _ => return answer,
    };
    let mut answer = answer.map(|body| {
        let page = Page { links: Links::new(way), coding };
        Body::from(BoxBody::new(PageBody::new(body, page)))
    });
    answer.headers_mut().remove(CONTENT_LENGTH);
    answer
}

/// Whether all of a page follows: others have a part of it, or none, or the connection becomes something else.
fn has_page(status: StatusCode) -> bool {
    let without = [StatusCode::NO_CONTENT, StatusCode::PARTIAL_CONTENT, StatusCode::NOT_MODIFIED];
    !status.is_informational() && !without.contains(&status)
}

/// The body of a page.
struct PageBody {
    inner: Body,
    /// None after its end.
    page: Option<Page>,
    /// What has come, and was not yet unpacked.
    came: Bytes,
    /// What was unpacked, and not yet looked at.
    text: Bytes,
    /// Since others had their turn.
    steps: usize,
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
    /// Whether anything has come: nothing stays nothing.
    begun: bool,
}

impl Default for Gzip {
    fn default() -> Self {
        let pack = GzEncoder::new(Vec::new(), Compression::fast());
        Self { unpack: MultiGzDecoder::new(Vec::new()), pack, begun: false }
    }
}

impl Page {
    /// The text in the next of the bytes that came.
    fn unpack(&mut self, came: &mut Bytes) -> io::Result<Bytes> {
        let Coding::Gzip(gzip) = &mut self.coding else { return Ok(std::mem::take(came)) };
        gzip.begun = true;
        gzip.unpack.write_all(&came.split_to(came.len().min(PACKED_BYTES)))?;
        gzip.unpack.flush()?;
        Ok(std::mem::take(gzip.unpack.get_mut()).into())
    }

    /// What becomes of the next text.
    fn next(&mut self, text: &[u8]) -> io::Result<Vec<u8>> {
        let mut changed = Vec::new();
        self.links.push(text, &mut changed);
        if let Coding::Gzip(gzip) = &mut self.coding {
            gzip.pack.write_all(&changed)?;
            changed = std::mem::take(gzip.pack.get_mut());
        }
        Ok(changed)
    }

    /// What is still held back, though all that came was looked at.
    fn flush(&mut self) -> io::Result<Vec<u8>> {
        let Coding::Gzip(gzip) = &mut self.coding else { return Ok(Vec::new()) };
        gzip.pack.flush()?;
        Ok(std::mem::take(gzip.pack.get_mut()))
    }

    /// What is left at the end.
    fn last(mut self) -> io::Result<Vec<u8>> {
        let mut changed = Vec::new();
        match self.coding {
            Coding::Plain => self.links.finish(&mut changed),
            Coding::Gzip(gzip) if !gzip.begun => {}
            Coding::Gzip(gzip) => {
                let Gzip { unpack, mut pack, .. } = *gzip;
                self.links.push(&unpack.finish()?, &mut changed);
                self.links.finish(&mut changed);
                pack.write_all(&changed)?;
                changed = pack.finish()?;
            }
        }
        Ok(changed)
    }
}

impl PageBody {
    fn new(inner: Body, page: Page) -> Self {
        Self { inner, page: Some(page), came: Bytes::new(), text: Bytes::new(), steps: 0 }
    }

    /// Looks at the next of what is there; `None` when more has to come first.
    fn step(&mut self) -> Option<io::Result<Vec<u8>>> {
        let page = self.page.as_mut()?;
        if self.text.is_empty() {
            if self.came.is_empty() {
                return None;
            }
            match page.unpack(&mut self.came) {
                Ok(text) => self.text = text,
                Err(error) => return Some(Err(error)),
            }
        }
        let mut changed = page.next(&self.text.split_to(self.text.len().min(TEXT_BYTES)));
        if self.text.is_empty() && self.came.is_empty() {
            changed = changed.and_then(|mut changed| {
                changed.append(&mut page.flush()?);
                Ok(changed)
            });
        }
        Some(changed)
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
            if self.steps == STEPS_MAX {
                self.steps = 0;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let changed = if let Some(changed) = self.step() {
                self.steps += 1;
                changed
            } else {
                match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                    None => self.page.take().map_or(Ok(Vec::new()), Page::last),
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    Some(Ok(frame)) => {
                        self.came = frame.into_data().unwrap_or_default();
                        continue;
                    }
                }
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
