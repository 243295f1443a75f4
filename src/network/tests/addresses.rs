use super::*;

#[tokio::test]
async fn a_stream_carries_bytes_both_ways() {
    let (_a, _b, mut client, mut server) = pair().await;
    client.write_all(b"ping").await.unwrap();
    let mut buffer = [0; 4];
    server.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"ping");
    server.write_all(b"pong").await.unwrap();
    client.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"pong");
}

#[tokio::test]
async fn the_server_sees_the_address_of_the_client() {
    let (_a, _b, client, server) = pair().await;
    assert_eq!(server.peer(), client.local());
    assert_eq!(server.peer().ip(), address("10.42.0.1"));
    assert_eq!(server.local(), at("10.42.0.2:80"));
    assert_eq!(client.peer(), at("10.42.0.2:80"));
}

#[tokio::test]
async fn source_ports_are_ephemeral_and_differ() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let _listener = server.listen(at("0.0.0.0:80"), 16).unwrap();
    let one = client.connect(None, at("10.42.0.2:80")).await.unwrap();
    let two = client.connect(None, at("10.42.0.2:80")).await.unwrap();
    assert_ne!(one.local(), two.local());
    for port in [one.local().port(), two.local().port()] {
        assert!((32768..=60999).contains(&port));
    }
}

#[tokio::test]
async fn nobody_listening_means_refused() {
    let switch = switch();
    let (client, _server) = (pod(&switch, 1), pod(&switch, 2));
    assert_eq!(client.connect(None, at("10.42.0.2:80")).await.unwrap_err(), Error::Refused);
}

#[tokio::test]
async fn a_bound_port_that_does_not_listen_means_refused() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let _binding = server.bind_tcp(at("0.0.0.0:80")).unwrap();
    assert_eq!(client.connect(None, at("10.42.0.2:80")).await.unwrap_err(), Error::Refused);
}

#[tokio::test(start_paused = true)]
async fn an_address_nobody_has_is_unreachable_after_a_second() {
    let switch = switch();
    let client = pod(&switch, 1);
    let start = Instant::now();
    let error = client.connect(None, at("10.42.0.99:80")).await.unwrap_err();
    assert_eq!((error, start.elapsed().as_secs()), (Error::Unreachable, 1));
}

#[tokio::test]
async fn loopback_is_shared_by_the_clones_of_an_interface() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let listener = pod.clone().listen(at("127.0.0.1:80"), 16).unwrap();
    let client = pod.clone().connect(None, at("127.0.0.1:80")).await.unwrap();
    let server = listener.try_accept().unwrap();
    assert_eq!(client.local().ip(), address("127.0.0.1"));
    assert_eq!(server.peer(), client.local());
}

#[tokio::test]
async fn loopback_is_not_shared_with_other_interfaces() {
    let switch = switch();
    let (one, two) = (pod(&switch, 1), pod(&switch, 2));
    let _listener = one.listen(at("127.0.0.1:80"), 16).unwrap();
    assert_eq!(two.connect(None, at("127.0.0.1:80")).await.unwrap_err(), Error::Refused);
    assert_eq!(two.connect(None, at("10.42.0.1:80")).await.unwrap_err(), Error::Refused);
}

#[tokio::test]
async fn ipv6_loopback_works_on_an_ipv4_interface() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let _listener = pod.listen(at("[::1]:80"), 16).unwrap();
    let client = pod.connect(None, at("[::1]:80")).await.unwrap();
    assert_eq!(client.local().ip(), address("::1"));
}

#[tokio::test]
async fn a_wildcard_covers_the_address_and_loopback() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let _listener = pod.listen(at("0.0.0.0:80"), 16).unwrap();
    for to in ["10.42.0.1:80", "127.0.0.1:80", "127.8.8.8:80", "0.0.0.0:80", "[::1]:80"] {
        pod.connect(None, at(to)).await.unwrap();
    }
}

#[tokio::test]
async fn a_sandbox_reaches_itself_by_its_own_address() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let listener = pod.listen(at("10.42.0.1:80"), 16).unwrap();
    let client = pod.connect(None, at("10.42.0.1:80")).await.unwrap();
    assert_eq!(listener.try_accept().unwrap().peer(), client.local());
    assert_eq!(client.local().ip(), address("10.42.0.1"));
}

#[tokio::test]
async fn an_ipv4_address_in_ipv6_clothes_is_the_same_address() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let _listener = pod.listen(at("[::ffff:10.42.0.1]:80"), 16).unwrap();
    pod.connect(None, at("10.42.0.1:80")).await.unwrap();
}

#[tokio::test]
async fn two_sockets_cannot_have_one_port() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let _held = pod.listen(at("0.0.0.0:80"), 16).unwrap();
    for local in ["0.0.0.0:80", "10.42.0.1:80", "127.0.0.1:80"] {
        assert_eq!(pod.listen(at(local), 16).unwrap_err(), Error::AddressInUse, "{local}");
    }
}

#[tokio::test]
async fn two_addresses_can_have_one_port() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let _one = pod.listen(at("10.42.0.1:80"), 16).unwrap();
    let _two = pod.listen(at("127.0.0.1:80"), 16).unwrap();
    let _datagrams = pod.bind_udp(at("0.0.0.0:80")).unwrap();
}

#[tokio::test]
async fn port_zero_takes_a_free_port() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let listener = pod.listen(at("0.0.0.0:0"), 16).unwrap();
    assert!((32768..=60999).contains(&listener.local().port()));
    pod.connect(None, SocketAddr::new(pod.address(), listener.local().port())).await.unwrap();
}

#[tokio::test]
async fn the_address_of_another_cannot_be_bound() {
    let switch = switch();
    let pod = pod(&switch, 1);
    for local in ["10.42.0.2:80", "8.8.8.8:80"] {
        assert_eq!(pod.listen(at(local), 16).unwrap_err(), Error::AddressNotAvailable);
    }
}

#[tokio::test]
async fn a_port_is_free_again_at_once_though_its_connections_live() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:80"), 16).unwrap();
    let old = client.connect(None, at("10.42.0.2:80")).await.unwrap();
    let accepted = listener.try_accept().unwrap();
    drop(listener);
    let again = server.listen(at("0.0.0.0:80"), 16).unwrap();
    let new = client.connect(None, at("10.42.0.2:80")).await.unwrap();
    write(&old, "old");
    write(&new, "new");
    assert_eq!(read(&accepted), data("old"));
    assert_eq!(read(&again.try_accept().unwrap()), data("new"));
}

#[tokio::test]
async fn a_client_can_choose_its_port() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:80"), 16).unwrap();
    let stream = client.connect(Some(at("0.0.0.0:1234")), at("10.42.0.2:80")).await.unwrap();
    assert_eq!(stream.local(), at("10.42.0.1:1234"));
    assert_eq!(listener.try_accept().unwrap().peer(), at("10.42.0.1:1234"));
    let taken = client.connect(Some(at("0.0.0.0:1234")), at("10.42.0.2:80")).await;
    assert_eq!(taken.unwrap_err(), Error::AddressInUse);
    drop(stream);
    client.connect(Some(at("0.0.0.0:1234")), at("10.42.0.2:80")).await.unwrap();
}

#[tokio::test]
async fn a_loopback_socket_cannot_leave_the_interface() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let _listener = server.listen(at("0.0.0.0:80"), 16).unwrap();
    let stream = client.connect(Some(at("127.0.0.1:0")), at("10.42.0.2:80")).await;
    assert_eq!(stream.unwrap_err(), Error::AddressNotAvailable);
}

#[tokio::test]
async fn an_address_is_given_once_and_freed_with_the_last_clone() {
    let switch = switch();
    let first = pod(&switch, 1);
    let clone = first.clone();
    drop(first);
    let taken = switch.attach(Attachment::new(clone.address()));
    assert_eq!(taken.unwrap_err(), Error::AddressInUse);
    drop(clone);
    pod(&switch, 1);
}

#[tokio::test]
async fn an_interface_needs_an_address_of_the_switch() {
    let switch = switch();
    for other in ["10.44.0.1", "10.43.0.1", "127.0.0.1", "8.8.8.8"] {
        let attached = switch.attach(Attachment::new(address(other)));
        assert_eq!(attached.unwrap_err(), Error::AddressNotAvailable);
    }
}

#[tokio::test]
async fn the_host_has_one_interface_for_each_address() {
    let switch = switch();
    let server = pod(&switch, 2);
    let listener = server.listen(at("0.0.0.0:80"), 16).unwrap();
    let host = switch.host(address("10.42.0.254")).unwrap();
    let same = switch.host(address("10.42.0.254")).unwrap();
    drop(host);
    let _stream = same.connect(None, at("10.42.0.2:80")).await.unwrap();
    assert_eq!(listener.try_accept().unwrap().peer().ip(), address("10.42.0.254"));
    assert_eq!(switch.host(address("10.42.0.2")).unwrap_err(), Error::AddressInUse);
}

#[tokio::test]
async fn an_ipv4_interface_has_no_way_to_ipv6() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let error = pod.connect(None, at("[2001:db8::1]:80")).await.unwrap_err();
    assert_eq!(error, Error::Unreachable);
}
