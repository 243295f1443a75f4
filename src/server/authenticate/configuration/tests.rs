use expect_test::expect;

use super::*;

fn parse(text: &str) -> Result<Configuration, String> {
    let reserved = ["https://kubernetes.default.svc.cluster.local".to_owned()];
    Configuration::parse(text, &reserved).map_err(|error| error.to_string())
}

#[test]
fn a_whole_configuration_is_read() {
    let found = parse(include_str!("tests/whole.yaml")).unwrap();
    assert_eq!(found.jwt.len(), 2);
    assert_eq!(found.jwt[0].issuer.audiences, ["isopod", "other"]);
    assert_eq!(found.jwt[1].signing_algs.len(), ALGORITHMS.len());
    assert_eq!(found.anonymous.unwrap().conditions[0].path, "/livez");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let errors = parse(include_str!("tests/wrong.yaml")).unwrap_err().replace(", ", "\n");
    expect![[r#"
        [jwt[0].issuer.url: Invalid value: "http://one.example": URL scheme must be https
        jwt[0].issuer.discoveryURL: Invalid value: "http://one.example/": discoveryURL must be different from URL
        jwt[0].issuer.discoveryURL: Invalid value: "http://one.example/": URL scheme must be https
        jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates
        jwt[0].issuer.audiences[1]: Duplicate value: "a"
        jwt[0].issuer.audiences[2]: Required value: audience can't be empty
        jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences
        jwt[0].claimValidationRules[0]: Required value: claim or expression is required
        jwt[0].claimValidationRules[1].message: Invalid value: "not for claims": message can't be set when claim is set
        jwt[0].claimValidationRules[2].claim: Duplicate value: "hd"
        jwt[0].claimValidationRules[3].requiredValue: Invalid value: "one": requiredValue can't be set when expression is set
        jwt[0].claimValidationRules[3].expression: Invalid value: "claims.x + 1": must evaluate to bool
        jwt[0].claimValidationRules[4]: Invalid value: "true": claim and expression can't both be set
        jwt[0].claimMappings.username: Required value: claim or expression is required
        jwt[0].claimMappings.groups.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing
        jwt[0].claimMappings.uid: Invalid value: "claims.sub": claim and expression can't both be set
        jwt[0].claimMappings.extra[0].key: Invalid value: "Tenant": key must be lowercase
        jwt[0].claimMappings.extra[0].key: Invalid value: "Tenant": must be a domain-prefixed path (such as "acme.io/foo")
        jwt[0].claimMappings.extra[0].valueExpression: Required value: valueExpression is required
        jwt[0].claimMappings.extra[1].key: Invalid value: "sub.kubernetes.io/tenant": k8s.io
        kubernetes.io and their subdomains are reserved for Kubernetes use
        jwt[0].claimMappings.extra[1].valueExpression: Invalid value: "claims.": compilation failed: ERROR: <input>:1:8: Syntax error: no viable alternative at input '.'
         | claims.
         | .......^
        jwt[0].userValidationRules[0].expression: Required value: expression is required
        jwt[0].userValidationRules[1].expression: Invalid value: "user.name == 'ada'": compilation failed: ERROR: <input>:1:5: undefined field 'name'
         | user.name == 'ada'
         | ....^
        jwt[1].issuer.url: Invalid value: "https://user@two.example?x=1": URL must not contain a username or password
        jwt[1].issuer.audiences: Required value: at least one jwt[*].issuer.audiences is required
        jwt[1].claimMappings.username.prefix: Invalid value: "x": prefix can't be set when expression is set
        jwt[1].claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression
        jwt[2].issuer.url: Invalid value: "https://two.example#x": URL must not contain a fragment
        jwt[2].issuer.audienceMatchPolicy: Invalid value: "All": audienceMatchPolicy must be empty or MatchAny for single audience
        jwt[2].claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression
        jwt[3].issuer.url: Invalid value: "https://two.example#x": URL must not contain a fragment
        jwt[3].issuer.url: Duplicate value: "https://two.example#x"
        jwt[3].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing
        anonymous.conditions: Invalid value: 1: enabled should be set to true when conditions are defined]"#]].assert_eq(&errors);
}

#[test]
fn another_document_and_unknown_fields_are_refused() {
    let wrong = "apiVersion: v1\nkind: ConfigMap\n";
    expect![[
        r#"it is "v1 ConfigMap", expected apiserver.config.k8s.io/v1 AuthenticationConfiguration"#
    ]]
    .assert_eq(&parse(wrong).unwrap_err());
    let head = "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\n";
    assert!(parse(head).unwrap().jwt.is_empty());
    assert!(parse(&format!("{head}jwts: []\n")).unwrap_err().contains("jwts"));
    let reserved = format!(
        "{head}jwt: [{{issuer: {{url: 'https://kubernetes.default.svc.cluster.local', audiences: [a]}}, \
         claimMappings: {{username: {{claim: sub, prefix: ''}}}}}}]\n"
    );
    expect![[r#"jwt[0].issuer.url: Invalid value: "https://kubernetes.default.svc.cluster.local": URL must not overlap with disallowed issuers: ["https://kubernetes.default.svc.cluster.local"]"#]].assert_eq(&parse(&reserved).unwrap_err());
}
