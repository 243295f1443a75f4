//! Builds the workspace in `guests/` for the wasm targets and copies the files to `OUT_DIR`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Components, and the one core module, by target.
const BUILDS: [(&str, &[&str]); 2] = [
    ("wasm32-wasip2", &["--workspace", "--exclude", "module"]),
    ("wasm32-wasip1", &["--package", "module"]),
];

/// What a nested cargo may inherit of the outer one's settings: where things are, not how to build.
const KEPT: [&str; 5] =
    ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTRIES_", "CARGO_BUILD_JOBS"];

fn main() {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let guests = here.join("../../guests").canonicalize().expect("guests/ is in the repository");
    let out = PathBuf::from(variable("OUT_DIR"));
    watch(&guests);
    let target = target_dir(&out);
    for (triple, packages) in BUILDS {
        build(&guests, &target, triple, packages);
        copy(&target.join(triple).join("release"), &out);
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}

/// Reruns this script when a guest's source changes, but not for manifests or a stray target folder.
fn watch(guests: &Path) {
    println!("cargo::rerun-if-changed=build.rs");
    for file in ["Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", guests.join(file).display());
    }
    for entry in fs::read_dir(guests).expect("guests/ is readable") {
        let folder = entry.expect("guests/ is readable").path();
        for part in ["src", "Cargo.toml"] {
            let path = folder.join(part);
            if path.exists() {
                println!("cargo::rerun-if-changed={}", path.display());
            }
        }
    }
}

/// A folder beside the profiles' own (`OUT_DIR` is `<target>/<profile>/build/<crate>/out`), so that all share it.
fn target_dir(out: &Path) -> PathBuf {
    out.ancestors().nth(4).unwrap_or(out).join("guests")
}

fn build(guests: &Path, target: &Path, triple: &str, packages: &[&str]) {
    let mut cargo = Command::new(variable("CARGO"));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let ours = text.starts_with("CARGO") || text.starts_with("RUSTC") || text == "RUSTFLAGS";
        let kept = KEPT.iter().any(|prefix| text.starts_with(prefix));
        if (ours && !kept) || text == "MAKEFLAGS" || text == "MFLAGS" || text == "RUSTDOC" {
            cargo.env_remove(&name);
        }
    }
    cargo.args(["build", "--release", "--locked", "--quiet", "--target", triple, "--target-dir"]);
    cargo.arg(target).args(packages).current_dir(guests);
    let output = cargo.output().expect("cargo can be started");
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return;
    }
    let missing = text.contains("target may not be installed");
    assert!(
        !missing,
        "the target {triple} is missing; install it with: rustup target add {triple}"
    );
    panic!("cannot build the guests for {triple}:\n{text}");
}

/// Copies what has changed, so that dependants are rebuilt only then.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the build made this folder") {
        let path = entry.expect("the build's folder is readable").path();
        if path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let target = to.join(path.file_name().expect("an entry has a name"));
        let bytes = fs::read(&path).expect("the guest is readable");
        if fs::read(&target).is_ok_and(|before| before == bytes) {
            continue;
        }
        fs::write(&target, bytes).expect("OUT_DIR is writable");
    }
}
