use super::*;
use crate::authorize::{Action, Asked, review};
use crate::identity::User;

fn conditions(sources: &[&str]) -> Conditions {
    let metrics = base::Metrics::default();
    let meters = Meters {
        failed: Counter::default(),
        excluded: Counter::default(),
        seconds: metrics.histograms("seconds", "", &[], &[]).with(&[]),
    };
    let written: Vec<MatchCondition> =
        sources.iter().map(|source| MatchCondition { expression: (*source).to_owned() }).collect();
    Conditions::new(&written, meters).unwrap()
}

fn hold(sources: &[&str], asked: &Asked<'_>) -> Result<bool, String> {
    let user = User::new("ada", &["dev"]);
    conditions(sources).hold(&review::spec(&user, asked))
}

const LIST: Action<'static> = Action {
    verb: "list",
    group: "",
    version: "v1",
    resource: "pods",
    subresource: "",
    namespace: "default",
    name: "",
    fields: "spec.nodeName=one",
    labels: "tier in (a,b)",
};

#[test]
fn all_that_reviews_say_can_be_asked() {
    let asked = Asked::Action(LIST);
    for source in [
        "request.user == 'ada' && 'dev' in request.groups && request.uid == ''",
        "request.extra.size() == 0 && !('a' in request.extra)",
        "has(request.resourceAttributes) && !has(request.nonResourceAttributes)",
        "request.resourceAttributes.subresource == '' && request.resourceAttributes.version == 'v1'",
        "request.resourceAttributes.fieldSelector.requirements[0].values == ['one']",
        "request.resourceAttributes.labelSelector.requirements.exists(r, r.operator == 'In' && 'b' in r.values)",
    ] {
        assert_eq!(hold(&[source], &asked), Ok(true), "{source}");
    }
    let path = Asked::Path { verb: "get", path: "/metrics" };
    assert_eq!(hold(&["request.nonResourceAttributes.path.startsWith('/met')"], &path), Ok(true));
}

#[test]
fn one_that_does_not_hold_decides_and_else_one_that_fails() {
    let asked = Asked::Action(LIST);
    let fails = "request.nonResourceAttributes.path == '/'";
    assert_eq!(hold(&[fails, "false"], &asked), Ok(false));
    assert_eq!(
        hold(&["true", fails], &asked).unwrap_err(),
        "cel evaluation error: expression 'request.nonResourceAttributes.path == '/'' resulted in \
         error: no such key: nonResourceAttributes"
    );
    let both = conditions(&[fails, "request.nonResourceAttributes.verb == 'get'"]);
    let spec = review::spec(&User::default(), &asked);
    assert!(both.hold(&spec).unwrap_err().starts_with("[cel evaluation error"));
    assert!(conditions(&["false"]).hold(&spec) == Ok(false));
    assert_eq!((both.meters.failed.get(), both.meters.excluded.get()), (1, 0));
}
