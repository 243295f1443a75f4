use super::{ALL_BYTES_LEFT, ALL_BYTES_MAX, fair_share};

#[test]
fn who_has_little_keeps_it_and_the_others_share_what_is_left() {
    let share = fair_share(vec![ALL_BYTES_MAX, 0, ALL_BYTES_MAX / 2, 1 << 20, 3 << 20]);
    assert_eq!(share, (ALL_BYTES_LEFT - (4 << 20)) / 2);
    assert_eq!(fair_share(vec![ALL_BYTES_LEFT + 1]), ALL_BYTES_LEFT);
    assert_eq!(fair_share(vec![10, 20]), usize::MAX);
    assert_eq!(fair_share(Vec::new()), usize::MAX);
}

#[test]
fn all_are_few_enough_afterwards() {
    let bytes: Vec<usize> = (0..100).map(|number| number * (7 << 20)).collect();
    let share = fair_share(bytes.clone());
    let left: usize = bytes.iter().map(|own| own.min(&share)).sum();
    assert!(left <= ALL_BYTES_LEFT && left + 100 > ALL_BYTES_LEFT, "{left}");
}
