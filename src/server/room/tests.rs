use futures::FutureExt;

use super::*;

#[test]
fn nobody_has_more_than_their_own() {
    let room = Room::new(4, 2);
    let mut held: Vec<_> = (0..2).map(|_| room.try_take("ann").unwrap()).collect();
    assert!(room.try_take("ann").is_none());
    let _others = [room.try_take("bob").unwrap(), room.try_take("cay").unwrap()];
    assert!(room.try_take("dan").is_none(), "nothing is left for anybody");
    held.pop();
    assert!(room.try_take("dan").is_some());
}

#[test]
fn who_waits_for_their_own_holds_up_nobody() {
    let room = Room::new(4, 3);
    let held = room.take("ann", 3).now_or_never().unwrap();
    let mut waiting = Box::pin(room.take("ann", 1));
    assert!(waiting.as_mut().now_or_never().is_none());
    assert!(room.take("bob", 1).now_or_never().is_some());
    drop(held);
    assert!(waiting.now_or_never().is_some());
}

#[test]
fn who_holds_nothing_is_forgotten() {
    let room = Room::new(100, 1);
    for number in 0..50 {
        assert!(room.try_take(&format!("user-{number}")).is_some());
    }
    assert!(room.users.lock().unwrap().len() <= 2);
}
