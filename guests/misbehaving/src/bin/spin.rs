//! Never gives the processor back.

fn main() {
    println!("spinning");
    let mut state = 1_u64;
    loop {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        std::hint::black_box(state);
    }
}
