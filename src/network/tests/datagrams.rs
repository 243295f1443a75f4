use super::*;

fn received(text: &'static str, from: SocketAddr) -> (Bytes, SocketAddr) {
    (chunk(text), from)
}

#[tokio::test]
async fn a_datagram_arrives_with_the_address_of_its_sender() {
    let switch = switch();
    let (one, two) = (pod(&switch, 1), pod(&switch, 2));
    let ours = one.bind_udp(at("0.0.0.0:1000")).unwrap();
    let theirs = two.bind_udp(at("0.0.0.0:2000")).unwrap();
    ours.send(chunk("hello"), at("10.42.0.2:2000")).await.unwrap();
    assert_eq!(theirs.recv().await.unwrap(), received("hello", at("10.42.0.1:1000")));
    theirs.send(chunk("you too"), at("10.42.0.1:1000")).await.unwrap();
    assert_eq!(ours.try_recv(), Some(received("you too", at("10.42.0.2:2000"))));
}

#[tokio::test]
async fn datagrams_keep_their_borders_and_their_order() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let (ours, theirs) =
        (pod.bind_udp(at("127.0.0.1:1")).unwrap(), pod.bind_udp(at("127.0.0.1:2")).unwrap());
    for text in ["a", "", "bc"] {
        ours.try_send(chunk(text), theirs.local()).unwrap();
    }
    for text in ["a", "", "bc"] {
        assert_eq!(theirs.try_recv(), Some(received(text, ours.local())));
    }
    assert_eq!(theirs.try_recv(), None);
}

#[tokio::test]
async fn loopback_datagrams_come_from_loopback() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let ours = pod.bind_udp(at("0.0.0.0:1")).unwrap();
    let theirs = pod.bind_udp(at("0.0.0.0:2")).unwrap();
    ours.try_send(chunk("x"), at("127.0.0.1:2")).unwrap();
    assert_eq!(theirs.try_recv(), Some(received("x", at("127.0.0.1:1"))));
    ours.try_send(chunk("y"), at("10.42.0.1:2")).unwrap();
    assert_eq!(theirs.try_recv(), Some(received("y", at("10.42.0.1:1"))));
}

#[tokio::test]
async fn a_full_mailbox_drops_and_counts() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let ours = pod.bind_udp(at("0.0.0.0:1")).unwrap();
    let theirs = pod.bind_udp(at("0.0.0.0:2")).unwrap();
    for _ in 0..300 {
        assert_eq!(ours.try_send(Bytes::from(vec![0; 1024]), at("127.0.0.1:2")), Ok(true));
    }
    let arrived = std::iter::from_fn(|| theirs.try_recv()).count() as u64;
    assert_eq!(arrived + theirs.dropped(), 300);
    assert_eq!(arrived, 212_992 / (1024 + 256));
}

#[tokio::test]
async fn a_datagram_to_nobody_is_lost_without_an_error() {
    let switch = switch();
    let (one, _two) = (pod(&switch, 1), pod(&switch, 2));
    let ours = one.bind_udp(at("0.0.0.0:1")).unwrap();
    assert_eq!(ours.try_send(chunk("x"), at("10.42.0.2:9")), Ok(true));
    assert_eq!(ours.try_send(chunk("x"), at("10.42.0.9:9")), Err(Error::Unreachable));
}

#[tokio::test]
async fn a_datagram_has_a_largest_size() {
    let switch = switch();
    let ours = pod(&switch, 1).bind_udp(at("127.0.0.1:1")).unwrap();
    let too_long = ours.try_send(Bytes::from(vec![0; 65_508]), at("127.0.0.1:1"));
    assert_eq!(too_long, Err(Error::MessageTooLong));
}

#[tokio::test]
async fn answers_of_a_service_seem_to_come_from_its_address() {
    let switch = switch();
    let (one, two) = (pod(&switch, 1), pod(&switch, 2));
    switch.install(service(&["10.42.0.2:2000"], None));
    let ours = one.bind_udp(at("0.0.0.0:1000")).unwrap();
    let theirs = two.bind_udp(at("0.0.0.0:2000")).unwrap();
    ours.try_send(chunk("q"), at("10.43.0.1:80")).unwrap();
    let (_, client) = theirs.try_recv().unwrap();
    assert_eq!(client, at("10.42.0.1:1000"));
    theirs.try_send(chunk("a"), client).unwrap();
    assert_eq!(ours.try_recv(), Some(received("a", at("10.43.0.1:80"))));
}

#[tokio::test(start_paused = true)]
async fn one_flow_stays_with_one_backend_until_it_was_idle() {
    let switch = switch();
    let client = pod(&switch, 1);
    let servers: Vec<Interface> = (2..10).map(|last| pod(&switch, last)).collect();
    let sockets: Vec<UdpSocket> =
        servers.iter().map(|server| server.bind_udp(at("0.0.0.0:9")).unwrap()).collect();
    let backends: Vec<String> = (2..10).map(|last| format!("10.42.0.{last}:9")).collect();
    switch.install(service(&backends.iter().map(String::as_str).collect::<Vec<_>>(), None));
    let socket = client.bind_udp(at("0.0.0.0:0")).unwrap();
    let send_and_see = || {
        socket.try_send(chunk("x"), at("10.43.0.1:80")).unwrap();
        sockets.iter().position(|server| server.try_recv().is_some()).unwrap()
    };
    let first = send_and_see();
    assert!((0..50).all(|_| send_and_see() == first));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        tokio::time::advance(Duration::from_secs(121)).await;
        seen.insert(send_and_see());
    }
    assert!(seen.len() > 2);
}

#[tokio::test]
async fn a_flow_leaves_a_backend_that_was_removed() {
    let switch = switch();
    let (client, one, two) = (pod(&switch, 1), pod(&switch, 2), pod(&switch, 3));
    let sockets = [one.bind_udp(at("0.0.0.0:9")).unwrap(), two.bind_udp(at("0.0.0.0:9")).unwrap()];
    let socket = client.bind_udp(at("0.0.0.0:0")).unwrap();
    switch.install(service(&["10.42.0.2:9"], None));
    socket.try_send(chunk("x"), at("10.43.0.1:80")).unwrap();
    switch.install(service(&["10.42.0.3:9"], None));
    socket.try_send(chunk("x"), at("10.43.0.1:80")).unwrap();
    assert!(sockets.iter().all(|socket| socket.try_recv().is_some()));
}

#[tokio::test]
async fn a_waiting_receiver_learns_that_its_interface_is_gone() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let socket = pod.bind_udp(at("0.0.0.0:9")).unwrap();
    let (received, ()) = tokio::join!(biased; socket.recv(), async { pod.detach() });
    assert_eq!(received.unwrap_err(), Error::NotConnected);
}
