use std::collections::BTreeMap;

use super::super::channel;
use super::*;

/// A stream that a client opens, and whether it has been refused.
fn arrive(halves: &mut BTreeMap<String, Half>, more: bool, id: &str, kind: &str) -> (bool, bool) {
    let (queue, mut said) = channel::queue();
    let (channel, _feed) = Channel::new(1, queue);
    let headers = [("port", "80"), ("streamtype", kind), ("requestid", id)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let arrival = Arrival { headers: headers.into(), channel };
    let paired = pair(halves, more, arrival).is_some();
    (paired, said.try_recv().is_ok())
}

#[tokio::test]
async fn two_streams_of_one_request_are_a_connection() {
    let mut halves = BTreeMap::new();
    assert_eq!(arrive(&mut halves, true, "1", "error"), (false, false));
    assert_eq!(arrive(&mut halves, true, "2", "error"), (false, false));
    assert_eq!(arrive(&mut halves, true, "1", "data"), (true, false));
    assert_eq!(halves.len(), 1);
    assert_eq!(arrive(&mut halves, true, "3", "nonsense"), (false, true));
}

#[tokio::test]
async fn a_client_with_too_many_may_end_what_it_began_and_begins_nothing() {
    let mut halves = BTreeMap::new();
    assert_eq!(arrive(&mut halves, true, "1", "error"), (false, false));
    assert_eq!(arrive(&mut halves, false, "2", "error"), (false, true));
    assert_eq!(arrive(&mut halves, false, "1", "data"), (true, false));
    assert!(halves.is_empty());
}

#[test]
fn in_base64_there_are_as_many_ports_as_there_are_digits() {
    let wanted = |count: u16, codec| {
        let list: Vec<String> = (1..=count).map(|port| port.to_string()).collect();
        let text = format!("ports={}", list.join(","));
        ports(&Query::parse(Some(&text)).unwrap(), codec).map(|ports| ports.len()).ok()
    };
    assert_eq!((wanted(40, Codec::Base64), wanted(41, Codec::Base64)), (Some(40), None));
    assert_eq!((wanted(64, Codec::Binary), wanted(65, Codec::Binary)), (Some(64), None));
    assert_eq!(wanted(0, Codec::Binary), None);
}
