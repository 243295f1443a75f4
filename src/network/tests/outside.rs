use super::*;

fn allowed(switch: &Switch) -> Interface {
    let attachment =
        Attachment { egress: Egress::Allowed, ..Attachment::new(address("10.42.0.1")) };
    switch.attach(attachment).unwrap()
}

#[tokio::test]
async fn without_egress_the_outside_is_denied() {
    let tasks = Tasks::new();
    let switch = switch_with_uplink(&tasks);
    let pod = pod(&switch, 1);
    assert_eq!(pod.connect(None, at("192.0.2.1:80")).await.unwrap_err(), Error::Denied);
    let socket = pod.bind_udp(at("0.0.0.0:0")).unwrap();
    assert_eq!(socket.try_send(chunk("x"), at("192.0.2.1:80")), Err(Error::Denied));
    assert_eq!(pod.resolve("example.com").await.unwrap_err(), Error::NameUnknown);
}

#[tokio::test]
async fn addresses_of_the_node_are_denied_even_with_egress() {
    let tasks = Tasks::new();
    let switch = switch_with_uplink(&tasks);
    let pod = allowed(&switch);
    for to in ["169.254.169.254:80", "224.0.0.1:80", "255.255.255.255:80"] {
        assert_eq!(pod.connect(None, at(to)).await.unwrap_err(), Error::Denied, "{to}");
    }
}

#[tokio::test]
async fn the_loopback_of_the_host_is_out_of_reach() {
    let tasks = Tasks::new();
    let switch = switch_with_uplink(&tasks);
    let pod = allowed(&switch);
    let host = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dialled = host.local_addr().unwrap();
    assert_eq!(pod.connect(None, dialled).await.unwrap_err(), Error::Refused);
}

#[tokio::test]
async fn datagrams_reach_a_socket_of_the_host_and_come_back() {
    let tasks = Tasks::new();
    let switch = switch_with_uplink(&tasks);
    let host = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let endpoint = host.local_addr().unwrap().into();
    let dns = Service { backends: vec![Backend { endpoint, host: true }], affinity: None };
    let ports = BTreeMap::from([((53, Protocol::Udp), Arc::new(dns))]);
    let services = BTreeMap::from([(address("10.43.0.10"), ports)]);
    switch.install(Tables { services, ..Tables::default() });
    let socket = pod(&switch, 1).bind_udp(at("0.0.0.0:0"));
    assert!(socket.is_ok());
    let pod = pod(&switch, 2);
    let socket = pod.bind_udp(at("0.0.0.0:0")).unwrap();
    socket.send(chunk("question"), at("10.43.0.10:53")).await.unwrap();
    let mut buffer = [0; 64];
    let (count, from) = host.recv_from(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..count], b"question");
    host.send_to(b"answer", from).await.unwrap();
    assert_eq!(socket.recv().await.unwrap(), (chunk("answer"), at("10.43.0.10:53")));
    assert!(tasks.shutdown(Duration::from_mins(1)).await);
}
