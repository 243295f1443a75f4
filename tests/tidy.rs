//! Reads the sources once and checks what the compiler cannot: borders, unused dependencies, openings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every crate may import it.
const FREE_FOR_ALL: &str = "base";
/// The root package may import every crate.
const ROOT: &str = "root";

#[test]
fn crates_are_layered() {
    let allowed = import_table(&read(&root().join("ARCHITECTURE.md")));
    let crates = crates();
    let ours: BTreeSet<&str> = crates.iter().map(|c| c.name.as_str()).collect();
    let mut faults = Vec::new();
    for krate in &crates {
        let Some(may) = allowed.get(&krate.name) else {
            faults.push(format!("{} has no row in ARCHITECTURE.md's import table", krate.name));
            continue;
        };
        for import in krate.dependencies.iter().filter(|d| ours.contains(d.as_str())) {
            if import != FREE_FOR_ALL && !may.contains(import) {
                faults.push(format!(
                    "{} imports {import}: widen its row in ARCHITECTURE.md if the arrow is right, \
                     or find another way",
                    krate.name
                ));
            }
        }
        for row in may.iter().filter(|row| !krate.dependencies.contains(*row)) {
            faults.push(format!("{} may import {row} but does not: shorten its row", krate.name));
        }
    }
    for row in allowed.keys().filter(|row| *row != ROOT && !ours.contains(row.as_str())) {
        faults.push(format!("ARCHITECTURE.md has a row for {row}, which is no crate"));
    }
    none(&faults);
}

#[test]
fn no_dependency_is_unused() {
    let mut faults = Vec::new();
    for manifest in manifests() {
        let folder = manifest.parent().expect("a manifest lies in a folder");
        let sources: String = if folder == root() {
            let mut files = vec![root().join("src/main.rs"), root().join("src/lib.rs")];
            files.extend(root_modules());
            files.extend(rust_files(&root().join("tests/it")));
            files.iter().map(|file| read(file)).collect()
        } else {
            rust_files(folder).iter().map(|file| read(file)).collect()
        };
        for dependency in dependencies(&read(&manifest), true) {
            let ident = dependency.replace('-', "_");
            if !words(&sources).any(|word| word == ident) {
                faults.push(format!("{}: {dependency} is not used, remove it", shown(&manifest)));
            }
        }
    }
    none(&faults);
}

#[test]
fn every_file_says_what_it_is() {
    let faults: Vec<String> = all_sources()
        .iter()
        .filter(|file| !is_test(file))
        .filter(|file| !read(file).starts_with("//!"))
        .map(|file| format!("{}: open with `//!` and one sentence", shown(file)))
        .collect();
    none(&faults);
}

#[test]
fn every_file_belongs_to_a_module() {
    let mut faults = Vec::new();
    for file in all_sources() {
        let name = file.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        if matches!(name, "lib" | "main" | "mod" | "build" | "tidy") {
            continue;
        }
        let folder = file.parent().expect("a file lies in a folder");
        // Each is a program of its own, which its manifest names.
        if folder == root().join("tests/fuzz/targets") {
            continue;
        }
        let declares = |text: &str| {
            text.lines().any(|line| {
                line.trim_start_matches("pub(crate) ")
                    .trim_start_matches("pub(super) ")
                    .trim_start_matches("pub ")
                    .trim()
                    == format!("mod {name};")
            })
        };
        let parents = [
            folder.join("lib.rs"),
            folder.join("mod.rs"),
            folder.join("main.rs"),
            folder.with_extension("rs"),
        ];
        if !parents.iter().any(|p| p.exists() && declares(&read(p))) {
            faults.push(format!("{}: no `mod {name};` reaches it", shown(&file)));
        }
    }
    none(&faults);
}

#[test]
fn markdown_has_one_title() {
    let mut faults = Vec::new();
    for name in ["README.md", "ARCHITECTURE.md"] {
        let text = read(&root().join(name));
        let mut code = false;
        let titles = text
            .lines()
            .filter(|line| {
                code ^= line.starts_with("```");
                !code && line.starts_with("# ")
            })
            .count();
        if titles != 1 {
            faults.push(format!("{name} has {titles} top-level titles, not one"));
        }
    }
    none(&faults);
}

#[test]
fn every_guest_is_used_by_a_test() {
    let tests: String = all_sources()
        .iter()
        .filter(|file| {
            file.components().any(|part| part.as_os_str() == "tests")
                || file.ends_with("tests.rs")
                || shown(file).contains("bench")
        })
        .map(|file| read(file))
        .collect();
    let mut faults = Vec::new();
    let examples = guests::EXAMPLES.iter().chain([&guests::BENCH]).map(|guest| guest.name);
    let others = guests::TEST_GUESTS.iter().map(|(name, _)| *name);
    for guest in examples.chain(others) {
        if !tests.contains(&format!("\"{guest}\""))
            && !tests.contains(&format!("/{guest}:"))
            && !tests.contains(&format!("/{guest}\""))
        {
            faults.push(format!("guest {guest}: no test names it"));
        }
    }
    none(&faults);
}

struct Crate {
    name: String,
    dependencies: BTreeSet<String>,
}

fn crates() -> Vec<Crate> {
    let mut crates: Vec<Crate> = manifests()
        .into_iter()
        .filter(|manifest| manifest.starts_with(root().join("src")))
        .map(|manifest| {
            let folder = manifest.parent().expect("a manifest lies in a folder");
            Crate {
                name: folder.file_name().expect("a crate has a folder").to_string_lossy().into(),
                dependencies: dependencies(&read(&manifest), false).into_iter().collect(),
            }
        })
        .collect();
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    crates
}

fn manifests() -> Vec<PathBuf> {
    let mut manifests = vec![root().join("Cargo.toml"), root().join("tests/guests/Cargo.toml")];
    for entry in fs::read_dir(root().join("src")).expect("src exists") {
        let manifest = entry.expect("src is readable").path().join("Cargo.toml");
        if manifest.exists() {
            manifests.push(manifest);
        }
    }
    manifests
}

/// Names under `[dependencies]`, and under `[dev-dependencies]` if wanted.
fn dependencies(manifest: &str, dev: bool) -> Vec<String> {
    let mut section = "";
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if section == "[dependencies]" || (dev && section == "[dev-dependencies]") {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if !name.is_empty() && !name.starts_with('#') {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Rows "| `a`, `b` | `c` `d` |" under the heading that names the import table.
fn import_table(markdown: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut table = BTreeMap::new();
    let rows = markdown.lines().skip_while(|line| !line.starts_with("| crate | may import"));
    for row in rows.skip(2).take_while(|line| line.starts_with('|')) {
        let mut cells = row.trim_matches('|').split('|');
        let crates = quoted(cells.next().unwrap_or_default());
        let imports: BTreeSet<String> =
            quoted(cells.next().unwrap_or_default()).into_iter().collect();
        for krate in crates {
            table.insert(krate, imports.clone());
        }
    }
    assert!(!table.is_empty(), "ARCHITECTURE.md has an import table");
    table
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

fn all_sources() -> Vec<PathBuf> {
    let mut files = rust_files(&root().join("src"));
    files.extend(rust_files(&root().join("tests")));
    files
}

/// The root package's own modules: those beside `lib.rs` that are no crate of their own.
fn root_modules() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join("src")).expect("src exists") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() && !path.join("Cargo.toml").exists() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() && !path.ends_with("target") {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// `foo/tests.rs` and the files of `foo/tests/`: what they test says what they are.
fn is_test(file: &Path) -> bool {
    file.ends_with("tests.rs") || file.parent().is_some_and(|folder| folder.ends_with("tests"))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
