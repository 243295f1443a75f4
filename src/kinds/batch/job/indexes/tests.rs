use super::count;

#[test]
fn single_indexes_and_ranges_are_counted() {
    assert_eq!(count("", 5), Ok(0));
    assert_eq!(count("3", 5), Ok(1));
    assert_eq!(count("0,2-4", 5), Ok(4));
}

#[test]
fn what_is_no_list_is_told() {
    for (list, problem) in [
        ("5", "too large index: \"5\""),
        ("0-9", "too large index: \"9\""),
        ("a", "cannot convert string to integer for index: \"a\""),
        ("1,", "cannot convert string to integer for index: \"\""),
        ("2,1", "non-increasing order, previous: 2, current: 1"),
        ("0-2,2", "non-increasing order, previous: 2, current: 2"),
        ("2-1", "non-increasing order, previous: 2, current: 1"),
        (
            "0-1-2",
            "the fragment \"0-1-2\" violates the requirement that an index interval can have at most two parts \
             separated by '-'",
        ),
    ] {
        assert_eq!(count(list, 5), Err(problem.to_owned()), "{list}");
    }
}
