//! The socket semantics that programs rely on, one test for each.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base::{Random, Tasks};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::*;

mod addresses;
mod backlog;
mod closing;
mod datagrams;
mod limits;
mod outside;
mod services;
mod stress;

fn networks() -> Networks {
    Networks {
        attached: vec!["10.42.0.0/16".parse().unwrap()],
        virtual_only: vec!["10.43.0.0/16".parse().unwrap()],
    }
}

fn switch() -> Switch {
    Switch::new(Config { networks: networks(), uplink: None, random: Random::seeded(1) })
}

fn switch_with_uplink(tasks: &Tasks) -> Switch {
    let uplink = Some(Uplink::new(tasks.clone()));
    Switch::new(Config { networks: networks(), uplink, random: Random::seeded(1) })
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A sandbox with the address 10.42.0.`last`.
fn pod(switch: &Switch, last: u8) -> Interface {
    switch.attach(Attachment::new(IpAddr::from([10, 42, 0, last]))).unwrap()
}

fn backend(text: &str) -> Backend {
    Backend { endpoint: at(text).into(), host: false }
}

/// Tables in which 10.43.0.1, port 80, leads to these backends by both protocols.
fn service(backends: &[&str], affinity: Option<Duration>) -> Tables {
    let backends = backends.iter().map(|text| backend(text)).collect();
    let service = Arc::new(Service { backends, affinity });
    let ports =
        [Protocol::Tcp, Protocol::Udp].map(|protocol| ((80, protocol), Arc::clone(&service)));
    Tables {
        services: BTreeMap::from([(address("10.43.0.1"), BTreeMap::from(ports))]),
        ..Tables::default()
    }
}

/// A connected pair: the client at 10.42.0.1, the server at 10.42.0.2:80.
async fn pair() -> (Interface, Interface, Stream, Stream) {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:80"), 16).unwrap();
    let ours = client.connect(None, at("10.42.0.2:80")).await.unwrap();
    let theirs = listener.accept().await.unwrap();
    (client, server, ours, theirs)
}

fn chunk(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn write(stream: &Stream, text: &'static str) {
    assert!(stream.halves().1.try_write(chunk(text)).unwrap().is_empty());
}

fn read(stream: &Stream) -> ReadOutcome {
    stream.halves().0.try_read(1 << 20)
}

fn data(text: &'static str) -> ReadOutcome {
    ReadOutcome::Data(chunk(text))
}
