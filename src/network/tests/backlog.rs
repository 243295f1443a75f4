use super::*;

#[tokio::test(start_paused = true)]
async fn a_full_backlog_makes_clients_wait_and_then_time_out() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let _listener = server.listen(at("0.0.0.0:80"), 1).unwrap();
    let _queued = client.connect(None, at("10.42.0.2:80")).await.unwrap();
    let error = client.connect(None, at("10.42.0.2:80")).await.unwrap_err();
    assert_eq!(error, Error::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_client_connects_when_the_backlog_has_room() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:80"), 1).unwrap();
    let _queued = client.connect(None, at("10.42.0.2:80")).await.unwrap();
    let waiting = client.connect(None, at("10.42.0.2:80"));
    let (connected, _accepted) = tokio::join!(biased; waiting, listener.accept());
    assert_eq!(listener.accept().await.unwrap().peer(), connected.unwrap().local());
}

#[tokio::test(start_paused = true)]
async fn every_waiting_client_gets_its_turn() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:80"), 1).unwrap();
    let clients = futures::future::join_all(
        (0..100).map(|_| client.connect(None, at("10.42.0.2:80"))).collect::<Vec<_>>(),
    );
    let accepts = async {
        let mut accepted = Vec::new();
        for _ in 0..100 {
            accepted.push(listener.accept().await.unwrap());
        }
        accepted
    };
    let (clients, accepted) = tokio::join!(biased; clients, accepts);
    assert!(clients.iter().all(Result::is_ok));
    assert_eq!(accepted.len(), 100);
}

#[tokio::test(start_paused = true)]
async fn waiting_clients_are_refused_when_the_listener_goes() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:80"), 1).unwrap();
    let _queued = client.connect(None, at("10.42.0.2:80")).await.unwrap();
    let waiting = client.connect(None, at("10.42.0.2:80"));
    let (refused, ()) = tokio::join!(biased; waiting, async { drop(listener) });
    assert_eq!(refused.unwrap_err(), Error::Refused);
}
