use expect_test::expect;

use super::*;
use crate::authorize::Authorization;

fn parse(text: &str) -> Result<Configuration, String> {
    Configuration::parse(text, None).map_err(|error| error.to_string())
}

/// A file that names only who is built in.
fn built_in(sorts: &[&str]) -> String {
    let one = |sort: &&str| format!("- {{type: {sort}, name: {}}}\n", sort.to_lowercase());
    let all: String = sorts.iter().map(one).collect();
    format!("apiVersion: apiserver.config.k8s.io/v1\nkind: {KIND}\nauthorizers:\n{all}")
}

#[test]
fn a_whole_configuration_is_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().display().to_string();
    let found = parse(&include_str!("tests/whole.yaml").replace("KUBECONFIG", &path)).unwrap();
    let sorts: Vec<&str> = found.authorizers.iter().map(|one| one.sort.as_str()).collect();
    assert_eq!(sorts, ["Webhook", "Node", "RBAC", "Webhook"]);
    let webhook = found.authorizers[0].webhook.as_ref().unwrap();
    assert_eq!(webhook.timeout.duration(), Duration::from_millis(1_500));
    assert_eq!(webhook.unauthorized_ttl, UNAUTHORIZED_TTL);
    assert!(webhook.cache_authorized_requests && !webhook.cache_unauthorized_requests);
    assert_eq!(webhook.match_conditions.len(), 2);
    let other = found.authorizers[3].webhook.as_ref().unwrap();
    assert_eq!(other.authorized_ttl, AUTHORIZED_TTL);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let errors = parse(include_str!("tests/wrong.yaml")).unwrap_err().replace(", auth", "\nauth");
    expect![[r#"
        [authorizers[0].type: Required value
        authorizers[1].type: Unsupported value: "ABAC": supported values: "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"
        authorizers[2].webhook: Invalid value: "non-null": may only be specified when type=Webhook
        authorizers[3].type: Duplicate value: "RBAC"
        authorizers[4].name: Required value
        authorizers[5].name: Duplicate value: "rbac"
        authorizers[5].webhook: Required value: required when type=Webhook
        authorizers[6].name: Invalid value: "Upper": authorizer name is invalid: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        authorizers[6].webhook.timeout: Invalid value: "31s": must be > 0s and <= 30s
        authorizers[6].webhook.authorizedTTL: Invalid value: "-1s": must be > 0s
        authorizers[6].webhook.unauthorizedTTL: Invalid value: "-1m0s": must be > 0s
        authorizers[6].webhook.subjectAccessReviewVersion: Unsupported value: "v2": supported values: "v1", "v1beta1"
        authorizers[6].webhook.matchConditionSubjectAccessReviewVersion: Unsupported value: "v1beta1": supported values: "v1"
        authorizers[6].webhook.failurePolicy: Unsupported value: "Ignore": supported values: "Deny", "NoOpinion"
        authorizers[6].webhook.connectionInfo.type: Unsupported value: "URL": supported values: "InClusterConfig", "KubeConfigFile"
        authorizers[7].webhook.timeout: Required value
        authorizers[7].webhook.subjectAccessReviewVersion: Required value
        authorizers[7].webhook.matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified
        authorizers[7].webhook.failurePolicy: Required value
        authorizers[7].webhook.connectionInfo.type: Forbidden: InClusterConfig is not allowed for kube-apiserver
        authorizers[7].webhook.matchConditions[0].expression: Required value
        authorizers[7].webhook.matchConditions[1].expression: Invalid value: "request.user": must evaluate to bool
        authorizers[7].webhook.matchConditions[2].expression: Duplicate value: "request.user"
        authorizers[7].webhook.matchConditions[3].expression: Invalid value: "request.name == 'ada'": compilation failed: ERROR: <input>:1:8: undefined field 'name'
         | request.name == 'ada'
         | .......^
        authorizers[8].webhook.timeout: Invalid value: "-1s": must be > 0s and <= 30s
        authorizers[8].webhook.connectionInfo.kubeConfigFile: Required value
        authorizers[9].webhook.connectionInfo.kubeConfigFile: Invalid value: "relative/path": must be an absolute path
        authorizers[10].webhook.connectionInfo.kubeConfigFile: Invalid value: "/": must be a regular file
        authorizers[11].webhook.connectionInfo.kubeConfigFile: Invalid value: "/nowhere/at/all": error loading file: stat /nowhere/at/all: no such file or directory
        authorizers[12].webhook.connectionInfo.kubeConfigFile: Invalid value: "/a": can only be set when type=KubeConfigFile]"#]].assert_eq(&errors);
}

#[test]
fn what_is_no_such_file_is_refused() {
    let head = format!("apiVersion: apiserver.config.k8s.io/v1\nkind: {KIND}\n");
    for (text, wrong) in [
        (
            head.clone(),
            "authorizers: Required value: at least one authorization mode must be defined",
        ),
        (format!("{head}authorizer: []\n"), "unknown field `authorizer`, expected `authorizers`"),
        (
            head.replace("v1", "v2"),
            "it is \"apiserver.config.k8s.io/v2 AuthorizationConfiguration\", expected \
             apiserver.config.k8s.io/v1 AuthorizationConfiguration",
        ),
        (
            built_in(&["RBAC"]).replace("rbac", "roles"),
            "expected name rbac for authorizer RBAC instead of roles",
        ),
    ] {
        assert_eq!(parse(&text).unwrap_err(), wrong);
    }
}

#[test]
fn who_is_built_in_stays_while_the_server_runs() {
    let before = parse(&built_in(&["RBAC", "AlwaysDeny"])).unwrap();
    let change = |sorts: &[&str]| {
        Configuration::parse(&built_in(sorts), Some(&before)).map_err(|error| error.to_string())
    };
    change(&["AlwaysDeny", "RBAC"]).unwrap();
    change(&["AlwaysDeny", "RBAC", "AlwaysAllow"]).unwrap();
    assert_eq!(change(&["AlwaysDeny"]).unwrap_err(), "missing required types: [RBAC]");
    assert_eq!(
        change(&["AlwaysDeny", "RBAC", "Node"]).unwrap_err(),
        "authorizer type Node is not allowed if it was not enabled at initial server startup"
    );
}

#[test]
fn flags_say_the_same_as_a_file() {
    let of = |modes: &[&str], file: Option<&str>| {
        let settings = Authorization {
            modes: modes.iter().map(|mode| (*mode).to_owned()).collect(),
            webhook_config_file: file.map(Into::into),
            ..Authorization::default()
        };
        Configuration::of_flags(&settings).map_err(|error| error.to_string())
    };
    let found = of(&["RBAC", "Webhook"], Some("/kubeconfig")).unwrap();
    assert_eq!(found.authorizers[0].name, "rbac");
    let webhook = found.authorizers[1].webhook.as_ref().unwrap();
    assert_eq!(
        (found.authorizers[1].name.as_str(), webhook.timeout.0),
        ("default", 30_000_000_000)
    );
    for (modes, file, wrong) in [
        (&[] as &[&str], None, "at least one authorization-mode must be passed"),
        (&["ABAC"], None, "authorization-mode \"ABAC\" is not a valid mode"),
        (
            &["RBAC", "RBAC"],
            None,
            "authorization-mode [\"RBAC\" \"RBAC\"] has mode specified more than once",
        ),
        (&["Webhook"], None, "authorization-mode Webhook's authorization config file not passed"),
        (
            &["RBAC"],
            Some("/kubeconfig"),
            "cannot specify --authorization-webhook-config-file without mode Webhook",
        ),
    ] {
        assert_eq!(of(modes, file).unwrap_err(), wrong);
    }
}
