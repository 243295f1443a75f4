use bytes::Bytes;
use tokio_tungstenite::tungstenite::Message;

use super::{Codec, Said};

fn data(id: u8, bytes: &'static [u8]) -> Said {
    Said::Data { id, bytes: Bytes::from_static(bytes) }
}

#[track_caller]
fn reads(codec: Codec, message: &'static [u8], wanted: Said) {
    assert_eq!(codec.read(Bytes::from_static(message)).expect("it can be read"), wanted);
}

#[test]
fn the_subprotocol_says_how_channels_are_numbered() {
    for (protocol, codec) in [
        ("channel.k8s.io", Codec::Binary),
        ("v4.channel.k8s.io", Codec::Binary),
        ("v5.channel.k8s.io", Codec::Closing),
        ("base64.channel.k8s.io", Codec::Base64),
        ("v4.base64.channel.k8s.io", Codec::Base64),
    ] {
        assert_eq!(Codec::of(protocol), codec, "{protocol}");
    }
}

#[test]
fn a_number_stands_before_the_bytes() {
    reads(Codec::Binary, b"\x00ls", data(0, b"ls"));
    reads(Codec::Binary, b"\xff\x00", data(255, b"\x00"));
    reads(Codec::Closing, b"\xff\x00", Said::End { id: 0 });
    reads(Codec::Closing, b"\xff", Said::Nothing);
    reads(Codec::Binary, b"", Said::Nothing);
    assert_eq!(Codec::Binary.write(1, b"ok"), Message::binary(&b"\x01ok"[..]));
}

#[test]
fn a_digit_stands_before_base64() {
    reads(Codec::Base64, b"0bHM=", data(0, b"ls"));
    reads(Codec::Base64, b"4", data(4, b""));
    assert_eq!(Codec::Base64.write(1, b"ls"), Message::text("1bHM="));
    assert_eq!(Codec::Base64.write(3, b""), Message::text("3"));
    assert!(Codec::Base64.read(Bytes::from_static(b"0bHM")).is_err());
}
