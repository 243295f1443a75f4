//! Builds the guest components and names the files.
//!
//! Examples travel in the binary; guests that only tests run stay files.

/// A guest program that travels in the binary.
#[derive(Debug, Clone, Copy)]
pub struct Guest {
    /// Its name, the last part of its image's name.
    pub name: &'static str,
    /// The component, or the core module.
    pub bytes: &'static [u8],
}

const fn guest(name: &'static str, bytes: &'static [u8]) -> Guest {
    Guest { name, bytes }
}

/// The examples that every installation offers as `localhost/isopod/<name>`.
pub const EXAMPLES: &[Guest] = &[
    guest("hello", include_bytes!(concat!(env!("OUT_DIR"), "/hello.wasm"))),
    guest("greeting", include_bytes!(concat!(env!("OUT_DIR"), "/greeting.wasm"))),
    guest("tcp-echo", include_bytes!(concat!(env!("OUT_DIR"), "/tcp-echo.wasm"))),
    guest("udp-echo", include_bytes!(concat!(env!("OUT_DIR"), "/udp-echo.wasm"))),
    guest("batch", include_bytes!(concat!(env!("OUT_DIR"), "/batch.wasm"))),
    guest("module", include_bytes!(concat!(env!("OUT_DIR"), "/module.wasm"))),
];

/// The program behind `isopod bench`.
pub const BENCH: Guest = guest("bench", include_bytes!(concat!(env!("OUT_DIR"), "/bench.wasm")));

/// Guests that only tests run, as (name, path).
pub const TEST_GUESTS: &[(&str, &str)] = &[
    ("tcp-client", concat!(env!("OUT_DIR"), "/tcp-client.wasm")),
    ("udp-client", concat!(env!("OUT_DIR"), "/udp-client.wasm")),
    ("http-echo", concat!(env!("OUT_DIR"), "/http-echo.wasm")),
    ("spin", concat!(env!("OUT_DIR"), "/spin.wasm")),
    ("memory-bomb", concat!(env!("OUT_DIR"), "/memory-bomb.wasm")),
    ("socket-hoarder", concat!(env!("OUT_DIR"), "/socket-hoarder.wasm")),
    ("log-flood", concat!(env!("OUT_DIR"), "/log-flood.wasm")),
    ("path-escape", concat!(env!("OUT_DIR"), "/path-escape.wasm")),
    ("sockets-probe", concat!(env!("OUT_DIR"), "/sockets-probe.wasm")),
];

/// The bytes of any guest by name, read from its file unless it is an example. Panics when there is none.
pub fn bytes(name: &str) -> Vec<u8> {
    if let Some(example) = EXAMPLES.iter().chain([&BENCH]).find(|guest| guest.name == name) {
        return example.bytes.to_vec();
    }
    let (_, path) = TEST_GUESTS
        .iter()
        .find(|(guest, _)| *guest == name)
        .unwrap_or_else(|| panic!("there is no guest {name:?}"));
    std::fs::read(path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}
