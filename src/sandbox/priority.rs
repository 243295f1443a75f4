//! Thread priorities, where the operating system has them per thread.

/// Lowers the calling thread's priority. A refusal is harmless: the thread then competes like any other.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "std has no thread priorities")]
pub(crate) fn lower(nice: i32) {
    // SAFETY: setpriority takes and returns plain numbers; on Linux 0 means the calling thread.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, nice);
    }
}

/// Elsewhere priorities belong to the process, which must stay responsive.
#[cfg(not(target_os = "linux"))]
pub(crate) fn lower(_nice: i32) {}
