use super::*;

fn attachment() -> Attachment {
    Attachment {
        search: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"]
            .map(str::to_owned)
            .into(),
        hosts: vec![("DB".to_owned(), [192, 0, 2, 7].into())],
        ..Attachment::new([10, 42, 0, 1].into())
    }
}

fn tables() -> Tables {
    let names = [("web.default.svc.cluster.local", 1), ("web.other.svc.cluster.local", 2)];
    let aliases = [
        ("shop.default.svc.cluster.local", "example.com"),
        ("front.default.svc.cluster.local", "web.other.svc.cluster.local"),
        ("loop.default.svc.cluster.local", "loop.default.svc.cluster.local"),
    ];
    Tables {
        names: names.map(|(name, last)| (name.to_owned(), vec![[10, 43, 0, last].into()])).into(),
        aliases: aliases.map(|(name, target)| (name.to_owned(), target.to_owned())).into(),
        zones: vec!["cluster.local".to_owned()],
        ..Tables::default()
    }
}

fn found(name: &str) -> Vec<Step> {
    steps(&attachment(), &tables(), name)
}

fn answer(address: [u8; 4]) -> Vec<Step> {
    vec![Step::Answer(vec![address.into()])]
}

#[test]
fn short_names_are_found_in_the_search_domains() {
    for name in ["web", "web.default", "web.default.svc", "web.default.svc.cluster.local"] {
        assert_eq!(found(name), answer([10, 43, 0, 1]), "{name}");
    }
    assert_eq!(found("web.other"), answer([10, 43, 0, 2]));
}

#[test]
fn case_and_the_last_dot_do_not_matter() {
    assert_eq!(found("WEB.Default.svc.Cluster.Local."), answer([10, 43, 0, 1]));
}

#[test]
fn an_absolute_name_is_not_searched() {
    assert_eq!(found("web."), [Step::Ask("web".to_owned())]);
}

#[test]
fn an_address_is_its_own_name() {
    assert_eq!(found("192.0.2.1"), answer([192, 0, 2, 1]));
    assert_eq!(found("::1"), [Step::Answer(vec!["::1".parse().unwrap()])]);
}

#[test]
fn localhost_is_loopback() {
    let loopback = Step::Answer(vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()]);
    assert_eq!(found("localhost"), [loopback]);
}

#[test]
fn own_hosts_come_first() {
    assert_eq!(found("db"), answer([192, 0, 2, 7]));
}

#[test]
fn unknown_names_of_the_zone_are_not_asked_outside() {
    assert_eq!(found("nobody.default.svc.cluster.local."), []);
    assert_eq!(found("nobody"), [Step::Ask("nobody".to_owned())]);
}

#[test]
fn aliases_are_followed() {
    assert_eq!(found("front"), answer([10, 43, 0, 2]));
    assert_eq!(found("shop").first(), Some(&Step::Ask("example.com".to_owned())));
}

#[test]
fn a_loop_of_aliases_ends() {
    assert_eq!(found("loop.default.svc.cluster.local."), []);
}

#[test]
fn many_dots_mean_that_the_name_is_tried_as_it_is_first() {
    let few = candidates(&attachment(), "a.b", false);
    let many = candidates(&attachment(), "a.b.c.d.e.f", false);
    assert_eq!((few.last(), few.len()), (Some(&"a.b".to_owned()), 4));
    assert_eq!((many.first(), many.len()), (Some(&"a.b.c.d.e.f".to_owned()), 4));
}

#[test]
fn names_that_are_too_long_are_unknown() {
    assert_eq!(found(&"a".repeat(254)), []);
    assert_eq!(found(""), []);
}

#[test]
fn each_address_has_its_turn_to_be_first() {
    let both: Vec<IpAddr> = vec![[10, 0, 0, 1].into(), [10, 0, 0, 2].into()];
    let firsts = [0, 1].map(|lot| first_answer(vec![Step::Answer(both.clone())], lot).unwrap()[0]);
    assert_eq!(firsts.to_vec(), both);
}
