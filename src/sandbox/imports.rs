//! Checks what a program imports before anything is compiled.

use wasmparser::{Parser, Payload};

use crate::error::PrepareError;
use crate::linker::INTERFACES;

/// What core modules of preview 1 import from; the adapter provides all of it.
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Refuses the first import of a component that the linker does not offer.
pub(crate) fn check_component(bytes: &[u8]) -> Result<(), PrepareError> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            // Deeper ones are satisfied from within.
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    check(import.map_err(invalid)?.name.name)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Refuses the first import of a core module that neither preview 1 nor the linker offers.
pub(crate) fn check_module(bytes: &[u8]) -> Result<(), PrepareError> {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::ImportSection(imports) = payload.map_err(invalid)? {
            for import in imports.into_imports() {
                let import = import.map_err(invalid)?;
                if import.module == PREVIEW1 {
                    continue;
                }
                if !import.module.contains(':') {
                    let import = format!("{}.{}", import.module, import.name);
                    return Err(PrepareError::UnsatisfiedImport { import });
                }
                check(import.module)?;
            }
        }
    }
    Ok(())
}

fn check(name: &str) -> Result<(), PrepareError> {
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    let offered = INTERFACES.contains(&interface) && version.starts_with("0.2.");
    if offered { Ok(()) } else { Err(PrepareError::UnsatisfiedImport { import: name.into() }) }
}

fn invalid(error: wasmparser::BinaryReaderError) -> PrepareError {
    PrepareError::Invalid(error.to_string())
}

#[cfg(test)]
mod tests;
