use super::*;

fn component(import: &str) -> Vec<u8> {
    let mut imports = wasm_import(import);
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    // A type section with one empty instance type, then the import of an instance of that type.
    bytes.extend([7, 3, 1, 0x42, 0]);
    bytes.push(10);
    bytes.push(u8::try_from(imports.len()).unwrap());
    bytes.append(&mut imports);
    bytes
}

fn wasm_import(name: &str) -> Vec<u8> {
    let mut section = vec![1, 0, u8::try_from(name.len()).unwrap()];
    section.extend(name.bytes());
    section.extend([5, 0]);
    section
}

#[test]
fn known_interfaces_of_any_0_2_pass() {
    check_component(&component("wasi:cli/environment@0.2.0")).unwrap();
    check_component(&component("wasi:sockets/tcp@0.2.12")).unwrap();
}

#[test]
fn unknown_interfaces_are_named() {
    for import in ["wasi:keyvalue/store@0.2.0", "wasi:cli/environment@0.3.0", "acme:motor/spin"] {
        let error = check_component(&component(import)).unwrap_err();
        assert!(error.to_string().contains(import), "{error}");
    }
}

#[test]
fn broken_bytes_are_invalid_rather_than_a_panic() {
    let whole = component("wasi:cli/environment@0.2.0");
    for end in 8..whole.len() {
        let _ = check_component(&whole[..end]);
    }
    assert!(matches!(check_component(b"\0asm\x0d\0\x01\0\xff"), Err(PrepareError::Invalid(_))));
}
