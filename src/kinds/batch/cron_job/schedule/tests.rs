use expect_test::expect;

use super::check;

#[test]
fn what_a_crontab_may_say_is_fine() {
    for schedule in [
        "* * * * *",
        "*/5 0 1,15 * 1-5",
        "0 22 ? jan-mar MON,wed",
        "5/15 * * * *",
        "@hourly",
        "@every 1h30m",
        "@every 1.5s",
    ] {
        assert_eq!(check(schedule), Ok(()), "{schedule}");
    }
}

#[test]
fn what_is_wrong_is_said_as_everybody_knows_it() {
    let wrong = [
        "* * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 7",
        "5-2 * * * *",
        "1-2-3 * * * *",
        "*/0 * * * *",
        "1/2/3 * * * *",
        "a * * * *",
        "-1 * * * *",
        "@noon",
        "@every day",
        "@every ",
    ];
    let said: Vec<String> =
        wrong.iter().map(|text| format!("{text}: {}", check(text).unwrap_err())).collect();
    expect![[r#"
        * * *: expected exactly 5 fields, found 3: [* * *]
        60 * * * *: end of range (60) above maximum (59): 60
        * 24 * * *: end of range (24) above maximum (23): 24
        * * 0 * *: beginning of range (0) below minimum (1): 0
        * * * 13 *: end of range (13) above maximum (12): 13
        * * * * 7: end of range (7) above maximum (6): 7
        5-2 * * * *: beginning of range (5) beyond end of range (2): 5-2
        1-2-3 * * * *: too many hyphens: 1-2-3
        */0 * * * *: step of range should be a positive number: */0
        1/2/3 * * * *: too many slashes: 1/2/3
        a * * * *: failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax
        -1 * * * *: failed to parse int from : strconv.Atoi: parsing "": invalid syntax
        @noon: unrecognized descriptor: @noon
        @every day: failed to parse duration @every day: time: invalid duration "day"
        @every : failed to parse duration @every : time: invalid duration """#]]
    .assert_eq(&said.join("\n"));
}
