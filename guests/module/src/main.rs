//! Prints its arguments, its environment and its input, then ends with `EXIT_CODE` (0).

use std::env;
use std::io::{self, Read};
use std::process::ExitCode;

fn main() -> ExitCode {
    println!("a core module of WASI preview 1");
    for (index, argument) in env::args().enumerate() {
        println!("argument {index}: {argument}");
    }
    for (name, value) in env::vars() {
        println!("environment {name}={value}");
    }
    let mut input = String::new();
    match io::stdin().read_to_string(&mut input) {
        Ok(count) => println!("input: {count} bytes {input}"),
        Err(error) => println!("input: {error}"),
    }
    let code = env::var("EXIT_CODE").ok().and_then(|code| code.parse().ok()).unwrap_or(0);
    ExitCode::from(code)
}
