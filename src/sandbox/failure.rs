//! How a guest's end is told to others.

use std::fmt::Write as _;

use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::spec::Failure;

/// Frames of a backtrace that are told. The cause is near the top, and the text ends up in a status that people read.
const FRAMES: usize = 8;

/// What an error of a guest means. `starved` says that its last wish for memory was denied: whatever a guest does
/// then, abort, trap or give up, memory is the reason.
pub(crate) fn failure(error: &wasmtime::Error, starved: bool) -> Failure {
    let exit = error.downcast_ref::<I32Exit>().map(|exit| exit.0);
    match exit {
        Some(0) => Failure::Exit(0),
        _ if starved => Failure::OutOfMemory,
        Some(code) => Failure::Exit(code),
        None => Failure::Trap(describe(error)),
    }
}

fn describe(error: &wasmtime::Error) -> String {
    let mut text = match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        let names = backtrace.frames().iter().filter_map(wasmtime::FrameInfo::func_name);
        for (index, name) in names.take(FRAMES).enumerate() {
            let _ = write!(text, "{}{name}", if index == 0 { ", in " } else { " < " });
        }
    }
    text
}
