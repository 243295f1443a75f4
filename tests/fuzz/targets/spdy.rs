//! SPDY frames as a client may send them: an error or frames, and never more memory than a frame may take.

#![no_main]

use libfuzzer_sys::fuzz_target;

/// The server's reader, whose crate shows it to nobody.
#[allow(dead_code, reason = "the writer is not fuzzed")]
#[path = "."]
mod streaming {
    pub(crate) mod channel {
        /// How long a piece of a data frame may be.
        pub(crate) const PIECE_BYTES: usize = 32 << 10;
    }

    #[path = "."]
    pub(crate) mod spdy {
        #[path = "../../../src/server/streaming/spdy/dictionary.rs"]
        mod dictionary;
        #[path = "../../../src/server/streaming/spdy/frame.rs"]
        mod frame;

        /// Reads all frames.
        pub(crate) async fn read(input: &[u8]) {
            let mut reader = frame::FrameReader::new(input);
            while let Ok(Some(_)) = reader.next().await {}
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(streaming::spdy::read(input));
});
