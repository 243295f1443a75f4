use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn key(number: u8) -> Key {
    [number; 32]
}

#[tokio::test(start_paused = true)]
async fn an_answer_counts_as_long_as_it_is_to() {
    let answers = Answers::new(8);
    answers.add(key(1), "short", MINUTE);
    answers.add(key(2), "long", 3 * MINUTE);
    answers.add(key(3), "not at all", Duration::ZERO);
    assert_eq!((answers.get(&key(1)), answers.get(&key(3))), (Some("short"), None));
    tokio::time::advance(MINUTE).await;
    assert_eq!((answers.get(&key(1)), answers.get(&key(2))), (None, Some("long")));
    assert_eq!(answers.known().by_key.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_was_asked_for_the_longest_ago_goes_first() {
    let answers = Answers::new(3);
    for number in 1..=3 {
        answers.add(key(number), number, MINUTE);
    }
    assert_eq!(answers.get(&key(1)), Some(1));
    // Said anew, it is not one more.
    answers.add(key(2), 22, MINUTE);
    answers.add(key(4), 4, MINUTE);
    let left: Vec<_> = (1..=4).filter_map(|number| answers.get(&key(number))).collect();
    assert_eq!(left, [1, 22, 4]);
    let known = answers.known();
    assert_eq!((known.by_key.len(), known.by_use.len()), (3, 3));
}
