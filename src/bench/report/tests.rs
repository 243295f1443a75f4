use super::{Row, Section};

#[test]
fn columns_are_aligned_and_a_missed_aim_is_marked() {
    let mut section = Section::new("ConfigMaps");
    section.row(Row::new("create", "5,000/s").spread("p99 3 ms").against(3.1, "the other"));
    section.row(Row::new("get it", "9/s").aim(false, "≥ 5x"));
    section.note("a note");
    let expected = "\nConfigMaps\n  create  5,000/s  p99 3 ms  3.1x the other\n  get it     9/s*            aim ≥ 5x\n  a note";
    assert_eq!(section.to_string(), expected);
}
