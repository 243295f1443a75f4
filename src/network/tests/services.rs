use super::*;

#[tokio::test]
async fn a_client_of_a_service_sees_its_virtual_address() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:8080"), 16).unwrap();
    switch.install(service(&["10.42.0.2:8080"], None));
    let stream = client.connect(None, at("10.43.0.1:80")).await.unwrap();
    assert_eq!(stream.peer(), at("10.43.0.1:80"));
    let accepted = listener.try_accept().unwrap();
    assert_eq!(accepted.local(), at("10.42.0.2:8080"));
    assert_eq!(accepted.peer(), stream.local());
}

#[tokio::test]
async fn a_backend_reaches_itself_through_the_service() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let _listener = pod.listen(at("0.0.0.0:8080"), 16).unwrap();
    switch.install(service(&["10.42.0.1:8080"], None));
    assert_eq!(pod.connect(None, at("10.43.0.1:80")).await.unwrap().peer(), at("10.43.0.1:80"));
}

#[tokio::test]
async fn a_service_without_backends_refuses() {
    let switch = switch();
    let client = pod(&switch, 1);
    switch.install(service(&[], None));
    assert_eq!(client.connect(None, at("10.43.0.1:80")).await.unwrap_err(), Error::Refused);
    assert_eq!(client.connect(None, at("10.43.0.1:81")).await.unwrap_err(), Error::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_virtual_address_without_service_is_unreachable() {
    let switch = switch();
    let client = pod(&switch, 1);
    assert_eq!(client.connect(None, at("10.43.0.2:80")).await.unwrap_err(), Error::Unreachable);
}

/// Connects `times` and counts the connections of each of two backends.
async fn shares(switch: &Switch, client: &Interface, times: usize) -> [usize; 2] {
    let listeners = [2, 3].map(|last| {
        let server = pod(switch, last);
        (server.listen(at("0.0.0.0:9"), 4096).unwrap(), server)
    });
    let mut streams = Vec::new();
    for _ in 0..times {
        streams.push(client.connect(None, at("10.43.0.1:80")).await.unwrap());
    }
    listeners.map(|(listener, _)| std::iter::from_fn(|| listener.try_accept()).count())
}

#[tokio::test]
async fn connections_spread_over_the_backends() {
    let switch = switch();
    let client = pod(&switch, 1);
    switch.install(service(&["10.42.0.2:9", "10.42.0.3:9"], None));
    let [one, two] = shares(&switch, &client, 200).await;
    assert!(one > 60 && two > 60, "{one} and {two}");
}

#[tokio::test]
async fn a_sticky_client_stays_with_its_backend() {
    let switch = switch();
    let client = pod(&switch, 1);
    let sticky = Some(Duration::from_mins(1));
    switch.install(service(&["10.42.0.2:9", "10.42.0.3:9"], sticky));
    let shares = shares(&switch, &client, 50).await;
    assert!(shares == [50, 0] || shares == [0, 50], "{shares:?}");
}

#[tokio::test(start_paused = true)]
async fn stickiness_ends_when_unused() {
    let switch = switch();
    let client = pod(&switch, 1);
    let sticky = Some(Duration::from_mins(1));
    switch.install(service(&["10.42.0.2:9", "10.42.0.3:9"], sticky));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        seen.insert(shares(&switch, &client, 1).await);
        tokio::time::advance(Duration::from_secs(61)).await;
    }
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn a_service_can_lead_to_a_socket_of_the_host() {
    let tasks = Tasks::new();
    let switch = switch_with_uplink(&tasks);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = listener.local_addr().unwrap().into();
    let api = Service { backends: vec![Backend { endpoint, host: true }], affinity: None };
    let ports = BTreeMap::from([((443, Protocol::Tcp), Arc::new(api))]);
    let services = BTreeMap::from([(address("10.43.0.1"), ports)]);
    switch.install(Tables { services, ..Tables::default() });
    let pod = pod(&switch, 1);
    let (stream, accepted) =
        tokio::join!(pod.connect(None, at("10.43.0.1:443")), listener.accept());
    let (mut stream, (mut socket, _)) = (stream.unwrap(), accepted.unwrap());
    stream.write_all(b"ping").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut question = String::new();
    socket.read_to_string(&mut question).await.unwrap();
    socket.write_all(b"pong").await.unwrap();
    drop(socket);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!((question.as_str(), answer.as_str()), ("ping", "pong"));
    assert!(tasks.shutdown(Duration::from_mins(1)).await);
}
