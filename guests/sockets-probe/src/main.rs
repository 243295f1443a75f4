//! Tries every socket call on every class of address and prints one line for each.
//!
//! Arguments are further addresses to try, such as one on which the host really listens. A line reads
//! `CALL ADDRESS: OUTCOME`, the outcome being `ok` or the error's name.

mod addresses;
mod tcp;
mod udp;

use std::env;
use std::fmt::Display;
use std::net::SocketAddr;

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::io::poll::{Pollable, poll};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::ErrorCode;

/// Longer than any answer inside the machine takes.
const PATIENCE_NANOS: u64 = 300_000_000;

fn main() {
    let mut addresses: Vec<SocketAddr> = addresses::ALL
        .iter()
        .map(|address| address.parse().expect("the table holds addresses"))
        .collect();
    for argument in env::args().skip(1) {
        addresses.push(argument.parse().expect("arguments are addresses"));
    }
    for address in addresses {
        tcp::probe(address);
        udp::probe(address);
    }
    for name in addresses::NAMES {
        report("resolve", name, resolve(name));
    }
    println!("probe finished");
}

fn resolve(name: &str) -> Result<(), ErrorCode> {
    let stream = resolve_addresses(&instance_network(), name)?;
    loop {
        match stream.resolve_next_address() {
            Err(ErrorCode::WouldBlock) => wait(&stream.subscribe())?,
            Err(error) => return Err(error),
            Ok(Some(address)) => println!("resolved {name} to {address:?}"),
            Ok(None) => return Ok(()),
        }
    }
}

/// Waits until `pollable` is ready; a timeout when that takes too long.
fn wait(pollable: &Pollable) -> Result<(), ErrorCode> {
    let clock = subscribe_duration(PATIENCE_NANOS);
    let ready = poll(&[pollable, &clock]);
    if ready.contains(&0) { Ok(()) } else { Err(ErrorCode::Timeout) }
}

/// Calls until the answer is something else than "would block".
fn finish<T>(
    pollable: &Pollable,
    mut call: impl FnMut() -> Result<T, ErrorCode>,
) -> Result<T, ErrorCode> {
    loop {
        match call() {
            Err(ErrorCode::WouldBlock) => wait(pollable)?,
            answer => return answer,
        }
    }
}

fn report(call: &str, subject: impl Display, outcome: Result<(), ErrorCode>) {
    match outcome {
        Ok(()) => println!("{call} {subject}: ok"),
        Err(error) => println!("{call} {subject}: {}", error.name()),
    }
}
