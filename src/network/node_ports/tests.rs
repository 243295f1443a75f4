use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU16, Ordering};

use base::Random;
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::{Attachment, Config, Networks, Switch};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

struct Fixture {
    node_ports: NodePorts,
    host: Interface,
    server: Interface,
    tasks: Tasks,
}

fn fixture() -> Fixture {
    let networks =
        Networks { attached: vec!["10.42.0.0/16".parse().unwrap()], virtual_only: Vec::new() };
    let switch = Switch::new(Config { networks, uplink: None, random: Random::seeded(1) });
    let host = switch.host([10, 42, 0, 254].into()).unwrap();
    let server = switch.attach(Attachment::new([10, 42, 0, 1].into())).unwrap();
    let tasks = Tasks::new();
    let node_ports = NodePorts::new(HERE, host.clone(), tasks.clone());
    Fixture { node_ports, host, server, tasks }
}

/// Ports to try, other ones in each test: below those that a kernel gives to whoever asks for any.
fn ports() -> impl Iterator<Item = u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = 20_000 + u16::try_from(std::process::id() % 100).unwrap() * 100;
    std::iter::repeat_with(move || own + NEXT.fetch_add(1, Ordering::Relaxed) % 100).take(10)
}

impl Fixture {
    /// Opens a port of the host that nobody has.
    async fn open(&self, protocol: Protocol) -> u16 {
        for port in ports() {
            if self.node_ports.set(one(port, protocol)).await.is_empty() {
                return port;
            }
        }
        panic!("no port can be had");
    }
}

fn one(port: u16, protocol: Protocol) -> BTreeMap<(u16, Protocol), Endpoint> {
    BTreeMap::from([((port, protocol), Endpoint { address: [10, 42, 0, 1].into(), port: 80 })])
}

#[tokio::test]
async fn a_client_of_the_host_reaches_a_sandbox() {
    let fixture = fixture();
    let listener = fixture.server.listen("0.0.0.0:80".parse().unwrap(), 16).unwrap();
    let port = fixture.open(Protocol::Tcp).await;
    let mut client = TcpStream::connect((HERE, port)).await.unwrap();
    let mut server = listener.accept().await.unwrap();
    assert_eq!(server.peer().ip(), IpAddr::from([10, 42, 0, 254]));
    client.write_all(b"ping").await.unwrap();
    client.shutdown().await.unwrap();
    let mut question = String::new();
    server.read_to_string(&mut question).await.unwrap();
    server.write_all(b"pong").await.unwrap();
    drop(server);
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!((question.as_str(), answer.as_str()), ("ping", "pong"));
    assert!(fixture.tasks.shutdown(Duration::from_mins(1)).await);
}

#[tokio::test]
async fn a_client_of_a_silent_port_sees_a_reset() {
    let fixture = fixture();
    let port = fixture.open(Protocol::Tcp).await;
    let mut client = TcpStream::connect((HERE, port)).await.unwrap();
    let error = client.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_port_that_is_taken_is_reported_and_tried_again() {
    let fixture = fixture();
    let candidates: Vec<SocketAddr> = ports().map(|port| (HERE, port).into()).collect();
    let taken = TcpListener::bind(&candidates[..]).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let failures = fixture.node_ports.set(one(port, Protocol::Tcp)).await;
    assert_eq!(failures.iter().map(|failure| failure.port).collect::<Vec<_>>(), [port]);
    drop(taken);
    assert!(fixture.node_ports.set(one(port, Protocol::Tcp)).await.is_empty());
}

#[tokio::test]
async fn a_port_that_is_removed_is_closed() {
    let fixture = fixture();
    let port = fixture.open(Protocol::Tcp).await;
    assert!(fixture.node_ports.set(BTreeMap::new()).await.is_empty());
    let error = TcpStream::connect((HERE, port)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert!(fixture.node_ports.set(one(port, Protocol::Tcp)).await.is_empty());
}

#[tokio::test]
async fn datagrams_find_their_way_in_and_back() {
    let fixture = fixture();
    let server = fixture.server.bind_udp("0.0.0.0:80".parse().unwrap()).unwrap();
    let port = fixture.open(Protocol::Udp).await;
    let clients =
        [UdpSocket::bind((HERE, 0)).await.unwrap(), UdpSocket::bind((HERE, 0)).await.unwrap()];
    let mut buffer = [0; 16];
    for (client, name) in clients.iter().zip(["one", "two"]) {
        client.send_to(name.as_bytes(), (HERE, port)).await.unwrap();
        let (question, from) = server.recv().await.unwrap();
        assert_eq!(question, name);
        server.send(Bytes::from(format!("hello {name}")), from).await.unwrap();
        let (count, _) = client.recv_from(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..count], format!("hello {name}").as_bytes());
    }
    assert!(fixture.tasks.shutdown(Duration::from_mins(1)).await);
}

#[tokio::test]
async fn a_full_port_leaves_room_for_others() {
    let fixture = fixture();
    let listener = fixture.server.listen("0.0.0.0:80".parse().unwrap(), 16).unwrap();
    let entrance = Entrance {
        interface: fixture.host.clone(),
        target: watch::channel(Endpoint { address: [10, 42, 0, 1].into(), port: 80 }).1,
        room: Arc::new(Semaphore::new(1)),
        connections: fixture.tasks.clone(),
    };
    let host = TcpListener::bind((HERE, 0)).await.unwrap();
    let address = host.local_addr().unwrap();
    fixture.tasks.spawn("entrance", |stop| entrance.run(host, stop));
    let mut clients = Vec::new();
    for name in [*b"one", *b"two"] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(&name).await.unwrap();
        clients.push(client);
    }
    let mut question = [0; 3];
    let mut one = listener.accept().await.unwrap();
    one.read_exact(&mut question).await.unwrap();
    assert_eq!(&question, b"one");
    assert!(listener.try_accept().is_none());
    drop((one, clients.remove(0)));
    let mut two = listener.accept().await.unwrap();
    two.read_exact(&mut question).await.unwrap();
    assert_eq!(&question, b"two");
}
