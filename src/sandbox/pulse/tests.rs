use super::*;

#[test]
fn turns_are_seen_while_they_last() {
    let pulse = Arc::new(Pulse::default());
    let other = Arc::clone(&pulse);
    let thread = thread::spawn(move || {
        other.join();
        assert_eq!(other.turns(), Some(0));
        turn(|| assert_eq!(other.turns(), None));
    });
    thread.join().unwrap();
    assert_eq!(pulse.turns(), Some(2));
}

#[test]
fn a_turn_ends_when_its_guest_panics() {
    let pulse = Arc::new(Pulse::default());
    let other = Arc::clone(&pulse);
    let thread = thread::spawn(move || {
        other.join();
        let panicked = std::panic::catch_unwind(|| turn(|| panic!("as planned")));
        assert!(panicked.is_err());
    });
    thread.join().unwrap();
    assert_eq!(pulse.turns(), Some(2));
}

#[test]
fn a_turn_wakes_the_sleeper() {
    let pulse = Arc::new(Pulse::default());
    let sleeper = Arc::clone(&pulse);
    let thread = thread::spawn(move || sleeper.sleep());
    pulse.join();
    while !thread.is_finished() {
        turn(thread::yield_now);
    }
    thread.join().unwrap();
}
