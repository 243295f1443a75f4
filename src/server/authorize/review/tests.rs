use super::*;

fn action() -> Action<'static> {
    Action {
        verb: "list",
        group: "apps",
        version: "v1",
        resource: "deployments",
        namespace: "default",
        ..Action::default()
    }
}

#[test]
fn a_question_says_who_wants_what() {
    let mut user = User::new("ada", &["dev"]);
    "7".clone_into(&mut user.uid);
    user.extra.insert("team".to_owned(), vec!["a".to_owned()]);
    let spec = spec(&user, &Asked::Action(action()));
    let attributes = json!({
        "verb": "list", "group": "apps", "version": "v1", "resource": "deployments",
        "namespace": "default",
    });
    assert_eq!(
        spec,
        json!({
            "user": "ada", "uid": "7", "groups": ["dev"], "extra": {"team": ["a"]},
            "resourceAttributes": attributes,
        })
    );
    let old: Value = serde_json::from_str(&question(spec, "v1beta1")).unwrap();
    assert_eq!(old["apiVersion"], "authorization.k8s.io/v1beta1");
    assert_eq!((&old["spec"]["group"], &old["spec"]["groups"]), (&json!(["dev"]), &Value::Null));
}

#[test]
fn a_path_is_asked_about_as_such() {
    let asked = Asked::Path { verb: "get", path: "/metrics" };
    let attributes = json!({"verb": "get", "path": "/metrics"});
    assert_eq!(
        spec(&User::new("ada", &[]), &asked),
        json!({"user": "ada", "nonResourceAttributes": attributes})
    );
}

#[test]
fn selectors_are_passed_on_as_far_as_reviews_have_words_for_them() {
    let of = |fields: &'static str, labels: &'static str| {
        let asked = Asked::Action(Action { fields, labels, ..action() });
        let mut spec = spec(&User::default(), &asked);
        let attributes = &mut spec["resourceAttributes"];
        (attributes["fieldSelector"].take(), attributes["labelSelector"].take())
    };
    let (fields, labels) = of("a=b\\,c,d!=e", "x,!y,t in (b,a),u!=v,n>3");
    assert_eq!(
        fields,
        json!({"requirements": [
            {"key": "a", "operator": "In", "values": ["b,c"]},
            {"key": "d", "operator": "NotIn", "values": ["e"]},
        ]})
    );
    assert_eq!(
        labels,
        json!({"requirements": [
            {"key": "t", "operator": "In", "values": ["a", "b"]},
            {"key": "u", "operator": "NotIn", "values": ["v"]},
            {"key": "x", "operator": "Exists"},
            {"key": "y", "operator": "DoesNotExist"},
        ]})
    );
    assert_eq!(of("nonsense", "n>3"), (Value::Null, Value::Null));
}

#[test]
fn an_answer_allows_denies_or_leaves_it_to_others() {
    let of = |status: Value| decision(json!({"status": status}).to_string().as_bytes());
    let reason = "because";
    let allowed = of(json!({"allowed": true, "reason": reason})).unwrap();
    assert_eq!(allowed, Decision::allow(reason.to_owned()));
    let denied = of(json!({"allowed": false, "denied": true})).unwrap();
    assert_eq!((denied.verdict, denied.error), (Verdict::Deny, None));
    let neither = of(json!({"reason": reason})).unwrap();
    assert_eq!(neither, Decision::none(reason.to_owned()));
    let both = of(json!({"allowed": true, "denied": true})).unwrap();
    assert_eq!(both.verdict, Verdict::Deny);
    assert!(both.error.unwrap().contains("both allow and deny"));
    assert!(decision(b"not JSON").is_err());
    assert!(decision(br#"{"kind": "TokenReview"}"#).is_err());
}
