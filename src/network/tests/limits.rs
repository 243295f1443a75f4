use super::*;

#[tokio::test]
async fn sockets_of_an_interface_are_limited() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let mut sockets = Vec::new();
    let error = loop {
        match pod.bind_udp(at("0.0.0.0:0")) {
            Ok(socket) => sockets.push(socket),
            Err(error) => break error,
        }
    };
    assert_eq!((error, sockets.len()), (Error::TooMany(Limit::Sockets), 1024));
    assert!(pod.listen(at("0.0.0.0:80"), 1).is_err());
    sockets.pop();
    pod.listen(at("0.0.0.0:80"), 1).unwrap();
}

#[tokio::test]
async fn a_port_that_cannot_be_had_counts_no_socket() {
    let switch = switch();
    let pod = pod(&switch, 1);
    let _held = pod.bind_udp(at("0.0.0.0:9")).unwrap();
    for _ in 0..2000 {
        assert_eq!(pod.bind_udp(at("0.0.0.0:9")).unwrap_err(), Error::AddressInUse);
    }
    pod.bind_udp(at("0.0.0.0:10")).unwrap();
}

#[tokio::test]
async fn connections_of_an_interface_are_limited_and_their_windows_shrink() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:80"), 16).unwrap();
    let mut streams = Vec::new();
    let (error, windows) = loop {
        match client.connect(None, at("10.42.0.2:80")).await {
            Ok(stream) => streams.push((stream, listener.try_accept().unwrap())),
            Err(error) => {
                let windows: usize =
                    streams.iter().map(|(stream, _)| stream.halves().1.permit().unwrap()).sum();
                break (error, windows);
            }
        }
    };
    assert_eq!((error, streams.len()), (Error::Refused, 16_384));
    assert!(windows < 180 << 20, "{windows}");
    streams.pop();
    client.connect(None, at("10.42.0.2:80")).await.unwrap();
}

#[tokio::test]
async fn a_closed_connection_gives_its_port_back() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:80"), 16).unwrap();
    for _ in 0..100_000 {
        client.connect(None, at("10.42.0.2:80")).await.unwrap();
        listener.try_accept().unwrap();
    }
}
