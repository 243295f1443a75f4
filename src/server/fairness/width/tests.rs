use super::seats;

#[test]
fn a_list_takes_a_seat_for_each_hundred_objects_up_to_ten() {
    for (objects, limit, expected) in [
        (0, None, 1),
        (100, None, 1),
        (101, None, 2),
        (5_000, None, 10),
        (5_000, Some(500), 5),
        (5_000, Some(1), 1),
        (50, Some(500), 1),
    ] {
        assert_eq!(seats(objects, limit), expected, "{objects} {limit:?}");
    }
}
