use std::time::Duration;

use http::{Method, Request as HttpRequest};
use http_body_util::Full;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::seats::{Limits, Room, Seat, Seats, Ticket};
use crate::User;
use crate::testing::Fixture;

const OWN: Limits =
    Limits { nominal: 10, guaranteed: 10, ceiling: 10, queues: 16, hand: 4, queue_length: 50 };

fn free(room: Room) -> Seat {
    match room {
        Room::Free(seat) => seat,
        other => panic!("no seat: {other:?}"),
    }
}

fn later(room: Room) -> Ticket {
    match room {
        Room::Later(ticket) => ticket,
        other => panic!("not queued: {other:?}"),
    }
}

/// Whether the turn of a ticket has come.
fn is_granted(ticket: Ticket) -> bool {
    use futures::FutureExt;
    ticket.turn().now_or_never().is_some()
}

/// Takes a seat, waits for it if needed, and works for so long.
async fn work(
    seats: Seats,
    level: super::seats::LevelId,
    lot: u64,
    took: Duration,
) -> Option<Duration> {
    let started = Instant::now();
    let seat = match seats.take(level, lot, 1) {
        Room::Free(seat) => seat,
        Room::Later(ticket) => ticket.turn().await,
        Room::Full | Room::QueueFull => return None,
    };
    let waited = started.elapsed();
    sleep(took).await;
    drop(seat);
    Some(waited)
}

#[tokio::test(start_paused = true)]
async fn a_quiet_flow_is_served_in_turn_while_another_floods_its_level() {
    let seats = Seats::new(10);
    let level = seats.set_levels(vec![("one", OWN)])["one"];
    let step = Duration::from_millis(10);
    let flood: Vec<_> = (0..200).map(|_| work(seats.clone(), level, 1, step)).collect();
    let flood = futures::future::join_all(flood);
    let quiet = async {
        // After the flood has filled its queues.
        tokio::task::yield_now().await;
        let mut longest = Duration::ZERO;
        for _ in 0..20 {
            let waited = work(seats.clone(), level, 0xdead_beef, step).await.expect("a seat");
            longest = longest.max(waited);
        }
        longest
    };
    let (flooded, longest) = futures::future::join(flood, quiet).await;
    assert!(flooded.iter().flatten().max() > Some(&Duration::from_millis(100)));
    assert!(longest <= Duration::from_millis(20), "the quiet flow waited {longest:?}");
    assert!(seats.samples(|usage| usage.busy).iter().all(|(_, busy)| *busy == 0.0));
}

#[test]
fn what_a_level_does_not_lend_is_there_whatever_others_do() {
    let seats = Seats::new(10);
    let small = Limits { nominal: 4, guaranteed: 3, ceiling: 10, ..OWN };
    let large = Limits { nominal: 6, guaranteed: 2, ceiling: 10, ..OWN };
    let ids = seats.set_levels(vec![("small", small), ("large", large)]);
    // The large one borrows what the small one lends, and no more.
    let taken: Vec<Seat> = (0..7).map(|_| free(seats.take(ids["large"], 1, 1))).collect();
    let waiting = later(seats.take(ids["large"], 1, 1));
    let own: Vec<Seat> = (0..3).map(|_| free(seats.take(ids["small"], 1, 1))).collect();
    // All ten are taken; the seat that is lent comes back before the large one gets another.
    let fourth = later(seats.take(ids["small"], 1, 1));
    let mut taken = taken;
    taken.pop();
    assert!(!is_granted(waiting));
    assert!(is_granted(fourth));
    drop((taken, own));
}

#[test]
fn a_full_queue_and_a_level_without_queues_send_away() {
    let seats = Seats::new(2);
    let queued =
        Limits { nominal: 1, guaranteed: 1, ceiling: 1, queues: 1, hand: 1, queue_length: 1 };
    let rejects = Limits { queues: 0, ..queued };
    let ids = seats.set_levels(vec![("queued", queued), ("rejects", rejects)]);
    let _one = free(seats.take(ids["queued"], 1, 1));
    let _two = later(seats.take(ids["queued"], 1, 1));
    assert!(matches!(seats.take(ids["queued"], 1, 1), Room::QueueFull));
    let _three = free(seats.take(ids["rejects"], 1, 1));
    assert!(matches!(seats.take(ids["rejects"], 1, 1), Room::Full));
}

#[test]
fn waiting_is_counted_in_seats() {
    let seats = Seats::new(3);
    let one = Limits { nominal: 3, guaranteed: 3, ceiling: 3, ..OWN };
    let level = seats.set_levels(vec![("one", one)])["one"];
    let waiting = || seats.samples(|usage| usage.waiting)[0].1.to_string();
    let seat = free(seats.take(level, 1, 3));
    let wide = later(seats.take(level, 1, 3));
    let narrow = later(seats.take(level, 1, 1));
    assert_eq!(waiting(), "4");
    drop(narrow);
    assert_eq!(waiting(), "3");
    drop(seat);
    assert!(is_granted(wide));
    assert_eq!(waiting(), "0");
}

#[test]
fn who_stops_waiting_leaves_the_queue_and_a_seat_given_meanwhile_goes_on() {
    let seats = Seats::new(1);
    let one = Limits { nominal: 1, guaranteed: 1, ceiling: 1, ..OWN };
    let level = seats.set_levels(vec![("one", one)])["one"];
    let seat = free(seats.take(level, 1, 1));
    let (gone, granted) = (later(seats.take(level, 1, 1)), later(seats.take(level, 1, 1)));
    drop(gone);
    drop(seat);
    // `granted` has its turn now and never takes it.
    drop(granted);
    drop(free(seats.take(level, 1, 1)));
}

#[test]
fn a_change_of_the_queues_lets_everybody_go_on() {
    let seats = Seats::new(1);
    let one = Limits { nominal: 1, guaranteed: 1, ceiling: 1, ..OWN };
    let level = seats.set_levels(vec![("one", one)])["one"];
    let seat = free(seats.take(level, 1, 1));
    let ticket = later(seats.take(level, 1, 1));
    let other = Limits { queues: 3, ..one };
    assert_eq!(seats.set_levels(vec![("one", other)])["one"], level);
    drop((seat, ticket));
    drop(free(seats.take(level, 1, 1)));
}

async fn get(server: &Fixture, user: User, path: &str) -> crate::testing::Reply {
    let request = HttpRequest::builder().method(Method::GET).uri(path);
    server.send(user, request.body(Full::default()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn answers_say_which_schema_and_level_they_belong_to() {
    let server = Fixture::new().await;
    let flow = "/apis/flowcontrol.apiserver.k8s.io/v1";
    for (user, path, schema, level) in [
        (User::admin(), "/api/v1/pods", "exempt", "exempt"),
        (User::new("ann", &[]), "/livez", "probes", "exempt"),
        (User::new("ann", &[]), "/api/v1/pods", "global-default", "global-default"),
        (
            User::new("system:node:n", &["system:nodes"]),
            "/api/v1/nodes/n",
            "system-node-high",
            "node-high",
        ),
        (
            User::new("system:serviceaccount:a:b", &["system:serviceaccounts"]),
            "/api/v1/pods",
            "service-accounts",
            "workload-low",
        ),
    ] {
        let reply = get(&server, user, path).await;
        let uid = async |plural: &str, name: &str| {
            let object = server.get(&format!("{flow}/{plural}/{name}")).await.expect(200);
            object["metadata"]["uid"].as_str().unwrap().to_owned()
        };
        let schema = uid("flowschemas", schema).await;
        let level = uid("prioritylevelconfigurations", level).await;
        assert_eq!(reply.headers["x-kubernetes-pf-flowschema-uid"], schema, "{path}");
        assert_eq!(reply.headers["x-kubernetes-pf-prioritylevel-uid"], level, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_finds_its_level_full_is_asked_to_come_back_and_others_are_served() {
    let server = Fixture::new().await;
    let flow = "/apis/flowcontrol.apiserver.k8s.io/v1";
    let level = json!({
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "PriorityLevelConfiguration",
        "metadata": {"name": "narrow"},
        "spec": {"type": "Limited", "limited": {
            "nominalConcurrencyShares": 1,
            "borrowingLimitPercent": 0,
            "limitResponse": {"type": "Reject"},
        }},
    });
    server.post(&format!("{flow}/prioritylevelconfigurations"), &level).await.expect(201);
    let schema = json!({
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema",
        "metadata": {"name": "flooder"},
        "spec": {
            "priorityLevelConfiguration": {"name": "narrow"},
            "matchingPrecedence": 50,
            "rules": [{
                "subjects": [{"kind": "User", "user": {"name": "flooder"}}],
                "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            }],
        },
    });
    server.post(&format!("{flow}/flowschemas"), &schema).await.expect(201);
    let flooder = User::new("flooder", &["system:authenticated"]);
    let request =
        super::Request { user: &flooder, target: None, method: &Method::GET, path: "/version" };
    let mut taken = Vec::new();
    let class = server.api.fairness().classify(&request);
    while let Ok(seat) = server.api.fairness().admit(&class, || 1).await {
        taken.push(seat);
        assert!(taken.len() < 600, "nobody is sent away");
    }
    let refused = get(&server, flooder.clone(), "/version").await;
    let message = refused.failure(429, "TooManyRequests");
    assert!(message.starts_with("the server has received too many requests"), "{message}");
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(get(&server, User::new("ann", &[]), "/version").await.code, 200);
    taken.clear();
    assert_eq!(get(&server, flooder, "/version").await.code, 200);
}
