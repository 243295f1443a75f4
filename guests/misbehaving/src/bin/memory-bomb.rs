//! Takes memory until there is none: `memory-bomb [abort|survive]`; a survivor ends well after the refusal.

use std::env;

const CHUNK: usize = 1024 * 1024;

fn main() {
    let survive = env::args().nth(1).as_deref() == Some("survive");
    let mut chunks: Vec<Vec<u8>> = Vec::with_capacity(65536);
    loop {
        let mut chunk = Vec::new();
        if survive && chunk.try_reserve_exact(CHUNK).is_err() {
            println!("refused after {} MiB", chunks.len());
            return;
        }
        chunk.resize(CHUNK, 1);
        chunks.push(chunk);
    }
}
