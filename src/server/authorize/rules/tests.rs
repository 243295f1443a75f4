use super::*;

/// `verbs groups resources names`, lists by comma; `-` is the core group, or no names.
fn rule(text: &str) -> Rule {
    let mut parts = text.split(' ').map(|part| {
        part.split(',').map(|word| word.trim_start_matches('-').into()).collect::<Words>()
    });
    let mut next = || parts.next().unwrap_or_default();
    Rule {
        verbs: next(),
        api_groups: next(),
        resources: next(),
        resource_names: next(),
        ..Rule::default()
    }
}

fn path_rule(verbs: &str, paths: &str) -> Rule {
    Rule { paths: rule(paths).verbs, ..Rule { verbs: rule(verbs).verbs, ..Rule::default() } }
}

/// `verb group resource[/subresource] [name]`.
fn allows(text: &str, action: &str) -> bool {
    let mut parts = action.split(' ');
    let (verb, group) = (parts.next().unwrap(), parts.next().unwrap().trim_start_matches('-'));
    let resource = parts.next().unwrap();
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let name = parts.next().unwrap_or_default();
    rule(text).allows(&Action { verb, group, resource, subresource, name, ..Action::default() })
}

#[test]
fn a_rule_allows_what_all_its_lists_name() {
    let cases = [
        ("get,list - pods", "get - pods", true),
        ("get,list - pods", "list - pods x", true),
        ("get,list - pods", "watch - pods", false),
        ("get - pods", "get apps pods", false),
        ("get apps deployments", "get apps deployments", true),
        ("get - pods", "get - secrets", false),
        ("* * *", "anything at all/else", true),
        ("* - *", "get - pods/log", true),
        ("* - *", "get apps deployments", false),
        // Subresources are resources of their own.
        ("get - pods", "get - pods/log", false),
        ("get - pods/log", "get - pods/log", true),
        ("get - pods/log", "get - pods", false),
        ("get * */scale", "get apps deployments/scale", true),
        ("get * */scale", "get apps deployments/status", false),
        ("get * */scale", "get apps deployments", false),
        ("get * pods/*", "get - pods/log", false),
        // Names restrict, and what has no name is not one of them.
        ("get - secrets a,b", "get - secrets a", true),
        ("get - secrets a,b", "get - secrets c", false),
        ("list - secrets a", "list - secrets", false),
        ("create - secrets a", "create - secrets", false),
        // The verb * is a word like another for who asks for it.
        ("get - pods", "* - pods", false),
        ("* - pods", "* - pods", true),
    ];
    for (rule, action, expected) in cases {
        assert_eq!(allows(rule, action), expected, "{rule} | {action}");
    }
}

#[test]
fn paths_match_whole_or_by_what_precedes_a_star() {
    let cases = [
        ("/healthz", "/healthz", true),
        ("/healthz", "/healthz/ping", false),
        ("/healthz/*", "/healthz/ping", true),
        ("/healthz/*", "/healthz", false),
        ("/api*", "/apis/apps", true),
        ("*", "/metrics", true),
        ("/*/x", "/a/x", false),
    ];
    for (own, path, expected) in cases {
        let rule = path_rule("get", own);
        assert_eq!(rule.allows_path("get", path), expected, "{own} | {path}");
        assert!(!rule.allows_path("post", path));
    }
}

#[test]
fn rules_of_resources_say_nothing_of_paths() {
    assert!(!rule("* * *").allows_path("get", "/metrics"));
    let action = Action { verb: "get", resource: "pods", ..Action::default() };
    assert!(!path_rule("*", "*").allows(&action));
}

#[test]
fn one_rule_covers_another_when_every_list_does() {
    let cases = [
        ("* * *", "get,list - pods a", true),
        ("get,list - pods", "get - pods", true),
        ("get - pods", "get,list - pods", false),
        ("get - pods", "get - pods a", true),
        ("get - pods a", "get - pods", false),
        ("get - pods a,b", "get - pods b", true),
        ("get - */log", "get - pods/log", true),
        ("get - */log", "get - pods", false),
        ("get - pods", "get * pods", false),
        ("get - pods", "get - *", false),
        ("get * pods", "get * pods", true),
    ];
    for (own, other, expected) in cases {
        assert_eq!(rule(own).covers(&rule(other)), expected, "{own} | {other}");
    }
    assert!(path_rule("get", "/api/*").covers(&path_rule("get", "/api/v1/*")));
    assert!(!path_rule("get", "/api/v1/*").covers(&path_rule("get", "/api/*")));
}

#[test]
fn what_is_missing_is_named_resource_by_resource() {
    let held = [rule("get - pods"), rule("list - pods"), rule("* apps deployments")];
    let wanted = [rule("get,list,watch -,apps pods,deployments"), path_rule("get", "/metrics")];
    let missing: Vec<String> = super::missing(&held, &wanted).iter().map(Rule::to_string).collect();
    assert_eq!(
        missing,
        [
            r#"{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}"#,
            r#"{APIGroups:[""], Resources:["deployments"], Verbs:["get" "list" "watch"]}"#,
            r#"{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "list" "watch"]}"#,
            r#"{NonResourceURLs:["/metrics"], Verbs:["get"]}"#,
        ]
    );
    assert!(super::missing(&held, &[rule("get,list - pods")]).is_empty());
}

#[test]
fn a_rule_of_a_billion_combinations_is_not_taken_apart() {
    let many: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
    let many = many.join(",");
    let hostile = [rule(&format!("{many} {many} {many}"))];
    assert_eq!(super::missing(&[rule("get - pods")], &hostile), hostile);
    assert!(super::missing(&[rule("* * *")], &hostile).is_empty());
}

#[test]
fn a_rule_of_very_many_words_is_compared_in_no_time() {
    let words = |numbers: std::ops::Range<u32>| {
        numbers.map(|number| format!("w{number}/x")).collect::<Vec<_>>().join(",")
    };
    let all = words(0..100_000);
    let own = rule(&format!("{all} - {all} {all}"));
    assert!(own.covers(&own));
    let more = words(1..100_001);
    assert!(!own.covers(&rule(&format!("{all} - {more} {all}"))));
    assert!(rule(&format!("* - */x,{all}")).covers(&rule(&format!("get - {more}"))));
}

#[test]
fn rules_are_read_as_documents_write_them() {
    let text = r#"{"verbs":["get"],"nonResourceURLs":["/metrics"]}"#;
    let rule: Rule = serde_json::from_str(text).unwrap();
    assert_eq!(rule, path_rule("get", "/metrics"));
    assert_eq!(serde_json::to_string(&rule).unwrap(), text);
}
