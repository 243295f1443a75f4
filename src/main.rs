//! The command line: reads flags, sets up logging, and calls the library.

use std::process::ExitCode;

use isopod::cli::Cli;

/// Small objects by the million and many threads: the system's allocator keeps more than it frees.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    decline_huge_pages();
    // Two crypto providers are linked in by dependencies; rustls wants to be told which.
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .expect("nobody installed a provider before main");
    match Cli::of_process().run() {
        Ok(code) => code,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "this is where a command reports its failure")]
            {
                eprintln!("isopod: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Huge pages would be cleared whole for buffers that use a little of each, which costs more time than they save and a
/// third more memory at rest.
fn decline_huge_pages() {
    // A system that does not know the request has none to give.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
