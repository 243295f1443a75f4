use super::*;

#[test]
fn a_module_that_imports_from_env_is_told_so() {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    // One function type, then an import of `env.go` with that type.
    module.extend([1, 4, 1, 0x60, 0, 0, 2, 10, 1, 3, b'e', b'n', b'v', 2, b'g', b'o', 0, 0]);
    let error = componentize(&module.into()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the component imports env.go, which this runtime does not provide"
    );
}

#[test]
fn bytes_that_are_not_wasm_are_named() {
    let error = componentize(&b"#!/bin/sh\n".to_vec().into()).unwrap_err();
    assert_eq!(error.to_string(), "the image is not WebAssembly: it looks like a script");
}

#[test]
fn an_image_that_cannot_be_read_says_so() {
    let error = read(&ImageContent::File("/does/not/exist".into())).unwrap_err();
    assert!(matches!(error, PrepareError::Read(_)));
}
