//! Tries to read and write outside its mounts: `path-escape MOUNT`. Ends well only if every attempt fails.

use std::env;
use std::fs;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mount = env::args().nth(1).unwrap_or_else(|| "/data".to_owned());
    let paths = [
        "/etc/passwd".to_owned(),
        "../etc/passwd".to_owned(),
        "/proc/self/environ".to_owned(),
        format!("{mount}/../etc/passwd"),
        format!("{mount}/../../../../../../etc/passwd"),
        format!("{mount}/link/passwd"),
        format!("{mount}/link-to-file"),
    ];
    let mut escaped = false;
    for path in paths {
        match fs::read(&path) {
            Ok(bytes) => {
                println!("ESCAPED: read {} bytes of {path}", bytes.len());
                escaped = true;
            }
            Err(error) => println!("denied: {path}: {error}"),
        }
    }
    for path in [format!("{mount}/../escaped"), "/escaped".to_owned()] {
        match fs::write(&path, "out") {
            Ok(()) => {
                println!("ESCAPED: wrote {path}");
                escaped = true;
            }
            Err(error) => println!("denied: {path}: {error}"),
        }
    }
    match fs::write(format!("{mount}/inside"), "in") {
        Ok(()) => println!("wrote inside the mount"),
        Err(error) => println!("inside the mount: {error}"),
    }
    ExitCode::from(u8::from(escaped))
}
