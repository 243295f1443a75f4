use super::*;

fn at(port: u16) -> SocketAddr {
    ([10, 0, 0, 1], port).into()
}

#[tokio::test(start_paused = true)]
async fn the_least_recently_used_flow_makes_room() {
    let mut flows = Flows::default();
    for port in 1..=256 {
        flows.remember(at(port), at(1000 + port));
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    assert_eq!(flows.seen_as(at(1001)), at(1));
    tokio::time::advance(Duration::from_millis(1)).await;
    flows.remember(at(999), at(1999));
    assert_eq!(flows.backend(at(1)), Some(at(1001)));
    assert_eq!(flows.backend(at(2)), None);
    assert_eq!(flows.backend(at(999)), Some(at(1999)));
}

#[tokio::test(start_paused = true)]
async fn an_idle_flow_is_forgotten() {
    let mut flows = Flows::default();
    flows.remember(at(1), at(2));
    tokio::time::advance(Duration::from_secs(121)).await;
    assert_eq!(flows.backend(at(1)), None);
    assert_eq!(flows.seen_as(at(2)), at(2));
}
