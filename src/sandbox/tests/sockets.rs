//! The virtual network as guests see it, and the real one as they do not.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use network::{Backend, Endpoint, Protocol, Service, Tables};
use tokio::net::{TcpListener, UdpSocket};

use super::fixture::{PATIENCE, TestNode, end};
use crate::Failure;

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_echoed_between_two_sandboxes() {
    let node = TestNode::new();
    let (server, address) = node.sandbox();
    let (spec, log) = node.container("tcp-echo", &["0.0.0.0:7", "1"]).await;
    server.start(spec).await.unwrap();
    log.wait_for("listening on 0.0.0.0:7").await;
    let (failure, text) = node.run("tcp-client", &[&format!("{address}:7"), "hi there"]).await;
    assert_eq!(failure, Failure::Exit(0), "{text}");
    assert!(text.contains(&format!("to {address}:7\nreceived hi there")), "{text}");
    assert_eq!(end(&server, "tcp-echo").await, Failure::Exit(0));
    assert!(log.text().contains("echoed 8 bytes to 10.1.0.3:"), "{}", log.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_of_a_sandbox_share_their_loopback() {
    let node = TestNode::new();
    let (sandbox, _) = node.sandbox();
    let (spec, log) = node.container("tcp-echo", &["127.0.0.1:7"]).await;
    sandbox.start(spec).await.unwrap();
    log.wait_for("listening").await;
    let (spec, log) = node.container("tcp-client", &["127.0.0.1:7", "hi"]).await;
    sandbox.start(spec).await.unwrap();
    assert_eq!(end(&sandbox, "tcp-client").await, Failure::Exit(0));
    assert!(log.text().contains("received hi"), "{}", log.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn datagrams_are_echoed() {
    let node = TestNode::new();
    let (server, address) = node.sandbox();
    let (spec, log) = node.container("udp-echo", &["0.0.0.0:7", "1"]).await;
    server.start(spec).await.unwrap();
    log.wait_for("listening").await;
    let (failure, text) = node.run("udp-client", &[&format!("{address}:7"), "hi"]).await;
    assert_eq!((failure, text.as_str()), (Failure::Exit(0), "received hi\n"));
    assert_eq!(end(&server, "udp-echo").await, Failure::Exit(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_found_by_its_name() {
    let node = TestNode::new();
    let (server, address) = node.sandbox();
    let (spec, log) = node.container("tcp-echo", &["0.0.0.0:7"]).await;
    server.start(spec).await.unwrap();
    log.wait_for("listening").await;
    node.switch.install(echo_service(Endpoint { address, port: 7 }));
    let (failure, text) = node.run("tcp-client", &["echo:80", "hi"]).await;
    assert_eq!(failure, Failure::Exit(0), "{text}");
    assert!(text.contains("to 10.96.0.10:80\nreceived hi"), "{text}");
}

/// `echo.test.svc.cluster.local` at 10.96.0.10, port 80.
fn echo_service(endpoint: Endpoint) -> Tables {
    let service = Service { backends: vec![Backend { endpoint, host: false }], affinity: None };
    let ports = BTreeMap::from([((80, Protocol::Tcp), Arc::new(service))]);
    let virtual_address = "10.96.0.10".parse().unwrap();
    Tables {
        services: BTreeMap::from([(virtual_address, ports)]),
        names: BTreeMap::from([("echo.test.svc.cluster.local".into(), vec![virtual_address])]),
        zones: vec!["cluster.local".into()],
        ..Tables::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_and_unknown_are_told_apart() {
    let node = TestNode::new();
    let (_server, address) = node.sandbox();
    let (failure, text) = node.run("tcp-client", &[&format!("{address}:9"), "hi"]).await;
    assert_eq!(failure, Failure::Exit(1));
    assert!(text.contains("ConnectionRefused"), "{text}");
    let (failure, text) = node.run("tcp-client", &["nobody:80", "hi"]).await;
    assert_eq!(failure, Failure::Exit(1));
    assert!(!text.contains("ConnectionRefused"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_without_limits_gets_so_many_sockets_and_an_error() {
    let node = TestNode::new();
    let (failure, text) = node.run("socket-hoarder", &[]).await;
    assert_eq!(failure, Failure::Exit(0), "{text}");
    assert!(text.contains("holding"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_sandbox_leaves_no_port_behind() {
    let node = TestNode::new();
    let (sandbox, address) = node.sandbox();
    let (spec, log) = node.container("tcp-echo", &["0.0.0.0:7"]).await;
    sandbox.start(spec).await.unwrap();
    log.wait_for("listening").await;
    sandbox.remove().await;
    let again = network::Attachment::new(address);
    let interface = node.switch.attach(again).expect("the address is free");
    interface.listen("0.0.0.0:7".parse().unwrap(), 1).expect("the port is free");
}

/// The guest tries every socket call on every class of address, and on addresses where this very test really
/// listens. Nothing may arrive, and the process may not hold one socket more than before.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn no_guest_opens_a_real_socket() {
    // Sockets are counted per process, so this runs in one that no other test shares.
    if std::env::var_os(ALONE).is_none() {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::sockets::no_guest_opens_a_real_socket", "--nocapture"])
            .env(ALONE, "1")
            .status();
        assert!(status.unwrap().success(), "the test fails in a process of its own");
        return;
    }
    let node = TestNode::new();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let targets = [tcp.local_addr().unwrap(), udp.local_addr().unwrap()];
    let args = targets.map(|address| address.to_string());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (sandbox, _) = node.sandbox();
    let (spec, log) = node.container("sockets-probe", &args).await;
    let before = sockets();
    sandbox.start(spec).await.unwrap();
    let watch = async {
        let mut most = before;
        let mut states = sandbox.states();
        while !states.borrow_and_update()["sockets-probe"].has_exited() {
            most = most.max(sockets());
            tokio::select! { biased;
                _ = states.changed() => {}
                () = tokio::task::yield_now() => {}
            }
        }
        most
    };
    let most = tokio::time::timeout(PATIENCE, watch).await.unwrap();
    assert_eq!(most, before, "a socket was opened while the guest ran");
    assert_eq!(end(&sandbox, "sockets-probe").await, Failure::Exit(0));
    let text = log.text();
    assert!(text.contains("probe finished"), "{text}");
    nothing_arrived(&tcp, &udp);
    check_probe(&text, &targets);
}

/// Tells the process that was started for one test.
#[cfg(target_os = "linux")]
const ALONE: &str = "ISOPOD_TEST_ALONE";

/// Sockets this process holds.
#[cfg(target_os = "linux")]
fn sockets() -> usize {
    let entries = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let links = entries.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
}

#[cfg(target_os = "linux")]
fn nothing_arrived(tcp: &TcpListener, udp: &UdpSocket) {
    use std::task::{Context, Poll, Waker};
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(tcp.poll_accept(&mut context), Poll::Pending), "a guest connected");
    let mut buffer = [0; 64];
    assert!(udp.try_recv(&mut buffer).is_err(), "a guest sent a datagram");
}

/// Whatever the guest achieved happened on its own virtual addresses.
#[cfg(target_os = "linux")]
fn check_probe(text: &str, targets: &[SocketAddr]) {
    for line in text.lines().filter(|line| line.ends_with(": ok")) {
        let virtual_call = line.starts_with("tcp bind ")
            || line.starts_with("tcp listen ")
            || line.starts_with("udp ")
            || line.starts_with("resolve ");
        assert!(virtual_call, "a connection stood: {line}");
    }
    for target in targets {
        let refused = format!("tcp connect {target}: connection-refused");
        assert!(text.contains(&refused), "{refused} is missing in {text}");
    }
    assert!(!text.contains("tcp connected to"), "{text}");
    assert!(!text.contains("resolve example.com: ok"), "{text}");
}
