//! Who is remembered, and for how long.

use std::net::Ipv4Addr;

use base::Random;

use super::*;
use crate::{Attachment, Config, Networks, Switch};

const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 42, 0, 1));

struct Fixture {
    clients: Clients,
    server: crate::UdpSocket,
    _attached: Interface,
}

async fn room_for(most: usize) -> Fixture {
    let networks =
        Networks { attached: vec!["10.42.0.0/16".parse().unwrap()], virtual_only: Vec::new() };
    let switch = Switch::new(Config { networks, uplink: None, random: Random::seeded(1) });
    let interface = switch.host([10, 42, 0, 254].into()).unwrap();
    let attached = switch.attach(Attachment::new(SERVER)).unwrap();
    let server = attached.bind_udp(SocketAddr::new(SERVER, 80)).unwrap();
    let host = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut clients = Clients::new(host, interface, Tasks::new());
    clients.most = most;
    Fixture { clients, server, _attached: attached }
}

impl Fixture {
    /// The virtual address that a datagram of the client with this port comes from.
    fn send(&mut self, port: u16) -> SocketAddr {
        let client = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let to = Endpoint { address: SERVER, port: 80 };
        self.clients.lead_in(client, Bytes::from_static(b"?"), to);
        self.server.try_recv().expect("the datagram arrives").1
    }

    /// Lets every task come to rest.
    async fn pass(&self, time: Duration) {
        sleep(time).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_used_longest_ago_makes_room() {
    let mut port = room_for(2).await;
    let one = port.send(1);
    port.pass(Duration::from_secs(1)).await;
    let two = port.send(2);
    port.pass(Duration::from_secs(1)).await;
    assert_eq!(port.send(1), one);
    port.pass(Duration::from_secs(1)).await;
    port.send(3);
    assert_eq!(port.send(1), one);
    port.pass(Duration::from_secs(1)).await;
    assert_ne!(port.send(2), two);
}

#[tokio::test(start_paused = true)]
async fn who_asked_once_is_forgotten_sooner_than_who_goes_on() {
    let mut port = room_for(16).await;
    let once = port.send(1);
    let often = port.send(2);
    assert_eq!(port.send(2), often);
    port.pass(IDLE + Duration::from_secs(1)).await;
    assert_eq!(port.send(2), often);
    assert_ne!(port.send(1), once);
    port.pass(IDLE_STREAM + Duration::from_secs(1)).await;
    assert_ne!(port.send(2), often);
}

#[tokio::test(start_paused = true)]
async fn thousands_of_clients_are_kept_apart() {
    let mut port = room_for(MAX_CLIENTS).await;
    let seen: std::collections::BTreeSet<_> = (1..=4_096).map(|client| port.send(client)).collect();
    assert_eq!(seen.len(), 4_096);
}
