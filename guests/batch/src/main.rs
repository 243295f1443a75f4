//! A job: prints its progress, reads a file if told so, ends with the code it was given.
//!
//! `STEPS` (3) and `STEP_MILLIS` (100) shape the work, `FILE` names a file to print, the first
//! argument or `EXIT_CODE` (0) is the exit code.

use std::env;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use wasip2::cli::exit::exit_with_code;

fn main() {
    let steps = number("STEPS").unwrap_or(3);
    let pause = Duration::from_millis(number("STEP_MILLIS").unwrap_or(100));
    for step in 1..=steps {
        println!("step {step} of {steps}");
        sleep(pause);
    }
    if let Ok(path) = env::var("FILE") {
        match fs::read_to_string(&path) {
            Ok(text) => println!("{path}: {}", text.trim_end()),
            Err(error) => {
                eprintln!("{path}: {error}");
                return exit_with_code(2);
            }
        }
    }
    let argument = env::args().nth(1).and_then(|code| code.parse().ok());
    let code = argument.or_else(|| number("EXIT_CODE")).unwrap_or(0);
    println!("done, exit code {code}");
    // The exit code of `std::process::exit` is success or failure, no more.
    exit_with_code(u8::try_from(code).unwrap_or(u8::MAX));
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}
