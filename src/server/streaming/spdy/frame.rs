//! SPDY/3.1 frames on the wire, as far as Kubernetes' clients use them.
//!
//! Data frames may be as long as 16 MiB; they are read in pieces, so that no client decides how much memory it
//! takes. Windows are not kept: no client of Kubernetes announces or respects any.

use std::collections::BTreeMap;
use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};

use super::dictionary::dictionary;
use crate::streaming::channel::PIECE_BYTES;

/// A control frame; Kubernetes' own are below 1 KiB.
const CONTROL_BYTES_MAX: usize = 16 << 10;
/// The headers of one stream, unpacked.
const HEADER_BYTES_MAX: usize = 64 << 10;

const VERSION: u16 = 3;
const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const HEADERS: u16 = 8;

/// Says that its sender sends no more on the stream.
const FIN: u8 = 1;

/// The headers of a stream; names are in lower case.
pub(crate) type Headers = BTreeMap<String, String>;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The client opens a stream.
    Open { stream: u32, headers: Headers, last: bool },
    /// A piece of a data frame; `last` when the client sends no more.
    Data { stream: u32, bytes: Bytes, last: bool },
    /// The client gives a stream up.
    Reset { stream: u32 },
    /// To be sent back as it is.
    Ping(u32),
    /// Nothing that needs an answer.
    Other,
}

/// Why a stream is given up, as `RST_STREAM` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResetCode {
    Protocol = 1,
    Refused = 3,
    Cancelled = 5,
}

/// The rest of a data frame.
#[derive(Debug, Clone, Copy)]
struct Rest {
    stream: u32,
    bytes: usize,
    last: bool,
}

/// Reads frames.
pub(super) struct FrameReader<R> {
    input: BufReader<R>,
    inflate: Decompress,
    rest: Option<Rest>,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(super) fn new(input: R) -> Self {
        let input = BufReader::with_capacity(PIECE_BYTES, input);
        Self { input, inflate: Decompress::new(true), rest: None }
    }

    /// The next frame; `None` when the client has left.
    pub(super) async fn next(&mut self) -> io::Result<Option<Frame>> {
        if let Some(rest) = self.rest.take() {
            return self.piece(rest).await.map(Some);
        }
        let mut head = [0; 8];
        if self.input.read(&mut head[..1]).await? == 0 {
            return Ok(None);
        }
        self.input.read_exact(&mut head[1..]).await?;
        let [first, second, third, fourth, flags, length @ ..] = head;
        let [high, middle, low] = length.map(usize::from);
        let bytes = high << 16 | middle << 8 | low;
        if first & 0x80 == 0 {
            let stream = u32::from_be_bytes([first, second, third, fourth]);
            return self.piece(Rest { stream, bytes, last: flags & FIN != 0 }).await.map(Some);
        }
        if u16::from_be_bytes([first & 0x7f, second]) != VERSION {
            return Err(broken("not SPDY/3"));
        }
        if bytes > CONTROL_BYTES_MAX {
            return Err(broken("a control frame is too long"));
        }
        let mut payload = vec![0; bytes];
        self.input.read_exact(&mut payload).await?;
        self.control(u16::from_be_bytes([third, fourth]), flags, &payload).map(Some)
    }

    async fn piece(&mut self, rest: Rest) -> io::Result<Frame> {
        let length = rest.bytes.min(PIECE_BYTES);
        let mut bytes = vec![0; length];
        self.input.read_exact(&mut bytes).await?;
        let left = rest.bytes - length;
        if left > 0 {
            self.rest = Some(Rest { bytes: left, ..rest });
        }
        let last = rest.last && left == 0;
        Ok(Frame::Data { stream: rest.stream, bytes: bytes.into(), last })
    }

    fn control(&mut self, kind: u16, flags: u8, payload: &[u8]) -> io::Result<Frame> {
        let number = |at: usize| -> io::Result<u32> {
            let bytes = payload.get(at..at + 4).ok_or_else(|| broken("a frame is too short"))?;
            Ok(u32::from_be_bytes(bytes.try_into().expect("four bytes")) & 0x7fff_ffff)
        };
        Ok(match kind {
            SYN_STREAM => {
                let block = payload.get(10..).ok_or_else(|| broken("a frame is too short"))?;
                let headers = parse(&self.unpack(block)?)?;
                Frame::Open { stream: number(0)?, headers, last: flags & FIN != 0 }
            }
            RST_STREAM => Frame::Reset { stream: number(0)? },
            PING => Frame::Ping(number(0)?),
            // The blocks of all headers are one zlib stream, none of which may be left out.
            SYN_REPLY | HEADERS => {
                self.unpack(payload.get(4..).unwrap_or_default())?;
                Frame::Other
            }
            _ => Frame::Other,
        })
    }

    fn unpack(&mut self, mut block: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::with_capacity(HEADER_BYTES_MAX);
        while !block.is_empty() {
            let before = self.inflate.total_in();
            let result = self.inflate.decompress_vec(block, &mut text, FlushDecompress::Sync);
            let taken = usize::try_from(self.inflate.total_in() - before).unwrap_or(block.len());
            block = block.get(taken..).unwrap_or_default();
            match result {
                Ok(_) if text.len() >= HEADER_BYTES_MAX => {
                    return Err(broken("the headers are too long"));
                }
                Ok(_) if taken > 0 => {}
                Err(error) if error.needs_dictionary().is_some() => {
                    let set = self.inflate.set_dictionary(&dictionary());
                    set.map_err(|_| broken("the headers are packed with another dictionary"))?;
                }
                Ok(_) | Err(_) => {
                    return Err(broken("the headers are not packed as they should be"));
                }
            }
        }
        Ok(text)
    }
}

/// Reads unpacked headers: a count, then names and values, each after its length.
fn parse(block: &[u8]) -> io::Result<Headers> {
    let mut rest = block;
    let number = |rest: &mut &[u8]| -> io::Result<usize> {
        let (first, after) =
            rest.split_first_chunk::<4>().ok_or_else(|| broken("the headers are cut off"))?;
        *rest = after;
        usize::try_from(u32::from_be_bytes(*first)).map_err(|_| broken("a header is too long"))
    };
    let count = number(&mut rest)?;
    let mut headers = Headers::new();
    for _ in 0..count {
        let [name, value] = [(); 2].map(|()| {
            let length = number(&mut rest)?;
            let (text, after) =
                rest.split_at_checked(length).ok_or_else(|| broken("the headers are cut off"))?;
            rest = after;
            Ok::<_, io::Error>(String::from_utf8_lossy(text).into_owned())
        });
        headers.insert(name?.to_ascii_lowercase(), value?);
    }
    Ok(headers)
}

fn broken(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Writes frames.
pub(super) struct FrameWriter {
    /// Takes some hundred kilobytes, and comes with the first stream: a silent connection is not worth that.
    deflate: Option<Compress>,
}

impl FrameWriter {
    pub(super) fn new() -> Self {
        Self { deflate: None }
    }

    fn deflate(&mut self) -> &mut Compress {
        self.deflate.get_or_insert_with(|| {
            let mut deflate = Compress::new(Compression::fast(), true);
            deflate.set_dictionary(&dictionary()).expect("nothing has been packed yet");
            deflate
        })
    }

    /// Accepts a stream, with no headers of our own.
    pub(super) fn reply(&mut self, stream: u32, out: &mut BytesMut) {
        self.headers(SYN_REPLY, &stream.to_be_bytes(), &Headers::new(), out);
    }

    fn headers(&mut self, kind: u16, start: &[u8], headers: &Headers, out: &mut BytesMut) {
        let mut block = BytesMut::new();
        let put = |block: &mut BytesMut, text: &str| {
            block.put_u32(u32::try_from(text.len()).expect("headers are short"));
            block.put_slice(text.as_bytes());
        };
        block.put_u32(u32::try_from(headers.len()).expect("headers are few"));
        for (name, value) in headers {
            put(&mut block, name);
            put(&mut block, value);
        }
        // Packing can lengthen by a few bytes, and the end of a block takes a few more.
        let mut packed = Vec::with_capacity(block.len() * 2 + 128);
        let done = self.deflate().compress_vec(&block, &mut packed, FlushCompress::Sync);
        done.expect("there is room for everything");
        control(kind, &[start, &packed].concat(), out);
    }

    /// Opens a stream, as clients do.
    #[cfg(test)]
    pub(super) fn open(&mut self, stream: u32, headers: &Headers, out: &mut BytesMut) {
        let mut start = stream.to_be_bytes().to_vec();
        start.extend_from_slice(&[0; 6]);
        self.headers(SYN_STREAM, &start, headers, out);
    }
}

/// Data of a stream.
pub(super) fn data(stream: u32, bytes: &[u8], last: bool, out: &mut BytesMut) {
    out.put_u32(stream);
    out.put_u32(length(bytes) | if last { u32::from(FIN) << 24 } else { 0 });
    out.put_slice(bytes);
}

/// Gives a stream up.
pub(super) fn reset(stream: u32, code: ResetCode, out: &mut BytesMut) {
    let code = code as u32;
    control(RST_STREAM, &[stream.to_be_bytes(), code.to_be_bytes()].concat(), out);
}

/// Answers a ping.
pub(super) fn ping(id: u32, out: &mut BytesMut) {
    control(PING, &id.to_be_bytes(), out);
}

fn control(kind: u16, payload: &[u8], out: &mut BytesMut) {
    out.put_u16(0x8000 | VERSION);
    out.put_u16(kind);
    out.put_u32(length(payload));
    out.put_slice(payload);
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).ok().filter(|length| *length < 1 << 24).expect("pieces are short")
}
