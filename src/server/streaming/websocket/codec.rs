//! How the number of a channel and its bytes share a message.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut as _, Bytes, BytesMut};
use tokio_tungstenite::tungstenite::Message;

/// Before the number of a channel, says that the sender sends no more on it; since `v5.channel.k8s.io`.
const CLOSE: u8 = 255;

/// What stands in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// The number as a byte, then the bytes.
    Binary,
    /// The same, and the client can say that it sends no more on a channel.
    Closing,
    /// The number as a digit, then the bytes in base64, for clients that can only handle text.
    Base64,
}

/// What a message says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Data { id: u8, bytes: Bytes },
    End { id: u8 },
    Nothing,
}

impl Codec {
    /// The one of a subprotocol for numbered channels.
    pub(crate) fn of(protocol: &str) -> Self {
        match protocol {
            "v5.channel.k8s.io" => Self::Closing,
            _ if protocol.contains("base64.") => Self::Base64,
            _ => Self::Binary,
        }
    }

    pub(super) fn read(self, mut bytes: Bytes) -> io::Result<Said> {
        if bytes.is_empty() {
            return Ok(Said::Nothing);
        }
        let first = bytes.split_to(1)[0];
        match self {
            Self::Closing if first == CLOSE => {
                Ok(bytes.first().map_or(Said::Nothing, |id| Said::End { id: *id }))
            }
            Self::Binary | Self::Closing => Ok(Said::Data { id: first, bytes }),
            Self::Base64 => {
                let decoded = STANDARD.decode(&bytes);
                let decoded =
                    decoded.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                Ok(Said::Data { id: first.wrapping_sub(b'0'), bytes: decoded.into() })
            }
        }
    }

    pub(super) fn write(self, id: u8, bytes: &[u8]) -> Message {
        if self == Self::Base64 {
            let mut text = String::from(char::from(b'0' + id));
            STANDARD.encode_string(bytes, &mut text);
            return Message::text(text);
        }
        let mut framed = BytesMut::with_capacity(bytes.len() + 1);
        framed.put_u8(id);
        framed.put_slice(bytes);
        Message::Binary(framed.freeze())
    }
}

#[cfg(test)]
mod tests;
