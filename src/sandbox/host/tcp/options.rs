//! Socket options. A virtual stream has no packets to tune, so most are only remembered.

use wasmtime_wasi::p2::bindings::sockets::network::ErrorCode;

/// What Rust's std asks for.
const BACKLOG: usize = 128;

/// Options with Linux's defaults.
#[derive(Debug, Clone)]
pub(super) struct Options {
    backlog: usize,
    pub(super) keep_alive: bool,
    pub(super) keep_alive_idle: u64,
    pub(super) keep_alive_interval: u64,
    pub(super) keep_alive_count: u32,
    pub(super) hop_limit: u8,
    pub(super) receive_buffer: u64,
    pub(super) send_buffer: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            backlog: BACKLOG,
            keep_alive: false,
            keep_alive_idle: 7_200_000_000_000,
            keep_alive_interval: 75_000_000_000,
            keep_alive_count: 9,
            hop_limit: 64,
            receive_buffer: 256 * 1024,
            send_buffer: 256 * 1024,
        }
    }
}

impl Options {
    pub(super) fn backlog(&self) -> usize {
        self.backlog
    }

    /// The listener bounds what is too large.
    pub(super) fn set_backlog(&mut self, value: u64) -> Result<(), ErrorCode> {
        self.backlog = usize::try_from(positive(value)?).unwrap_or(usize::MAX);
        Ok(())
    }
}

/// Zero is no value for any of these.
pub(super) fn positive<T: Default + PartialEq>(value: T) -> Result<T, ErrorCode> {
    if value == T::default() { Err(ErrorCode::InvalidArgument) } else { Ok(value) }
}
