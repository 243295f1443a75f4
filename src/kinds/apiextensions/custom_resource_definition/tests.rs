use expect_test::expect;
use serde_json::{Value, json};

use super::CustomResourceDefinition;
use crate::fixture::{
    admitted, problems, problems_of_update, refusals, refused_updates, row, with,
};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "crontabs.example.com", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "crontabs",
        "kind": "CronTab", "shortNames": ["ct"]}, "versions": [{"name": "v1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": {"type": "object"}}, "additionalPrinterColumns": [{"name": "Spec",
        "type": "string", "jsonPath": ".spec.a"}], "subresources": {"status": {},
        "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}}}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/metadata/name", json!("other.example.com")),
        ("/spec/group", json!("example")),
        ("/spec/scope", json!("Magic")),
        ("/spec/preserveUnknownFields", json!(true)),
        ("/spec/names/plural", json!("Cron Tabs")),
        ("/spec/names/kind", json!("Cron Tab")),
        ("/spec/names/listKind", json!("CronTab")),
        ("/spec/names/shortNames", json!(["C T"])),
        ("/spec/versions/0/storage", json!(false)),
        ("/spec/versions/0/name", json!("V 1")),
        ("/spec/versions/0/schema", json!(null)),
        ("/spec/versions/0/schema/openAPIV3Schema/type", json!("array")),
        ("/spec/versions/0/schema/openAPIV3Schema/type", json!(null)),
        ("/spec/versions/0/additionalPrinterColumns/0/type", json!("magic")),
        ("/spec/versions/0/subresources/scale/specReplicasPath", json!("replicas")),
        ("/spec/versions/0/deprecationWarning", json!("a")),
        ("/spec/conversion", json!({})),
        ("/spec/conversion", json!({"strategy": ""})),
        ("/spec/conversion", json!({"strategy": "Magic"})),
        ("/spec/conversion", json!({"strategy": "Webhook"})),
        (
            "/spec/conversion",
            json!({"strategy": "None", "webhook": {"conversionReviewVersions": ["v1"]}}),
        ),
        (
            "/spec/conversion",
            json!({"strategy": "Webhook", "webhook": {"conversionReviewVersions": ["v9"], "clientConfig": {"url": "https://a"}}}),
        ),
    ];
    expect![[r#"
        no /spec
            metadata.name: Invalid value: "crontabs.example.com": must be spec.names.plural+"."+spec.group
            spec.group: Required value
            spec.scope: Required value
            spec.names.plural: Required value
            spec.names.singular: Required value
            spec.names.kind: Required value
            spec.names.listKind: Required value
            spec.versions: Invalid value: "null": must have exactly one version marked as storage version
            spec.conversion.strategy: Required value
        no /spec/conversion/strategy
            spec.conversion.strategy: Required value
        no /spec/group
            metadata.name: Invalid value: "crontabs.example.com": must be spec.names.plural+"."+spec.group
            spec.group: Required value
        no /spec/names
            metadata.name: Invalid value: "crontabs.example.com": must be spec.names.plural+"."+spec.group
            spec.names.plural: Required value
            spec.names.singular: Required value
            spec.names.kind: Required value
            spec.names.listKind: Required value
        no /spec/names/kind
            spec.names.kind: Required value
        no /spec/names/plural
            metadata.name: Invalid value: "crontabs.example.com": must be spec.names.plural+"."+spec.group
            spec.names.plural: Required value
        no /spec/scope
            spec.scope: Required value
        no /spec/versions
            spec.versions: Invalid value: "null": must have exactly one version marked as storage version
        no /spec/versions/0/additionalPrinterColumns/0/jsonPath
            spec.versions[0].additionalPrinterColumns[0].jsonPath: Required value
        no /spec/versions/0/additionalPrinterColumns/0/name
            spec.versions[0].additionalPrinterColumns[0].name: Required value
        no /spec/versions/0/additionalPrinterColumns/0/type
            spec.versions[0].additionalPrinterColumns[0].type: Required value
        no /spec/versions/0/name
            spec.versions[0].name: Invalid value: "": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        no /spec/versions/0/served
            is fine
        no /spec/versions/0/storage
            spec.versions: Invalid value: [{"additionalPrinterColumns":[{"jsonPath":".spec.a","name":"Spec","type":"string"}],"name":"v1","schema":{"openAPIV3Schema":{"type":"object"}},"served":true,"subresources":{"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"},"status":{}}}]: must have exactly one version marked as storage version
        no /spec/versions/0/subresources/scale/specReplicasPath
            spec.versions[0].subresources.scale.specReplicasPath: Required value
        no /spec/versions/0/subresources/scale/statusReplicasPath
            spec.versions[0].subresources.scale.statusReplicasPath: Required value
        /metadata/name = "other.example.com"
            metadata.name: Invalid value: "other.example.com": must be spec.names.plural+"."+spec.group
        /spec/group = "example"
            metadata.name: Invalid value: "crontabs.example.com": must be spec.names.plural+"."+spec.group
            spec.group: Invalid value: "example": should be a domain with at least one dot
        /spec/scope = "Magic"
            spec.scope: Unsupported value: "Magic": supported values: "Cluster", "Namespaced"
        /spec/preserveUnknownFields = true
            spec.preserveUnknownFields: Invalid value: true: must be false in order to use defaults in the schema
        /spec/names/plural = "Cron Tabs"
            metadata.name: Invalid value: "crontabs.example.com": must be spec.names.plural+"."+spec.group
            spec.names.plural: Invalid value: "Cron Tabs": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        /spec/names/kind = "Cron Tab"
            spec.names.kind: Invalid value: "Cron Tab": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        /spec/names/listKind = "CronTab"
            spec.names.listKind: Invalid value: "CronTab": kind and listKind may not be the same
        /spec/names/shortNames = ["C T"]
            spec.names.shortNames[0]: Invalid value: "C T": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        /spec/versions/0/storage = false
            spec.versions: Invalid value: [{"additionalPrinterColumns":[{"jsonPath":".spec.a","name":"Spec","type":"string"}],"name":"v1","schema":{"openAPIV3Schema":{"type":"object"}},"served":true,"storage":false,"subresources":{"scale":{"specReplicasPath":".spec.replicas","statusReplicasPath":".status.replicas"},"status":{}}}]: must have exactly one version marked as storage version
        /spec/versions/0/name = "V 1"
            spec.versions[0].name: Invalid value: "V 1": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        no /spec/versions/0/schema
            spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required
        /spec/versions/0/schema/openAPIV3Schema/type = "array"
            spec.versions[0].schema.openAPIV3Schema.type: Invalid value: "array": must be object at the root
            spec.versions[0].schema.openAPIV3Schema.items: Required value: must be specified
        no /spec/versions/0/schema/openAPIV3Schema/type
            spec.versions[0].schema.openAPIV3Schema.type: Required value: must not be empty at the root
        /spec/versions/0/additionalPrinterColumns/0/type = "magic"
            spec.versions[0].additionalPrinterColumns[0].type: Unsupported value: "magic": supported values: "boolean", "date", "integer", "number", "string"
        /spec/versions/0/subresources/scale/specReplicasPath = "replicas"
            spec.versions[0].subresources.scale.specReplicasPath: Invalid value: "replicas": should be a json path under .spec
        /spec/versions/0/deprecationWarning = "a"
            spec.versions[0].deprecationWarning: Invalid value: "a": can only be set for deprecated versions
        /spec/conversion = {}
            spec.conversion.strategy: Required value
        /spec/conversion = {"strategy":""}
            spec.conversion.strategy: Required value
        /spec/conversion = {"strategy":"Magic"}
            spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"
        /spec/conversion = {"strategy":"Webhook"}
            spec.conversion.webhook.clientConfig: Required value: required when strategy is set to Webhook
        /spec/conversion = {"strategy":"None","webhook":{"conversionReviewVersions":["v1"]}}
            spec.conversion.webhook: Forbidden: should not be set when strategy is not set to Webhook
        /spec/conversion = {"strategy":"Webhook","webhook":{"clientConfig":{"url":"https://a"},"conversionReviewVersions":["v9"]}}
            spec.conversion.webhook.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1
    "#]].assert_eq(&refusals(&CustomResourceDefinition, &valid(), changes));
}

#[test]
fn what_may_change_is_limited() {
    let changes = &[
        ("/spec/group", json!("other.com")),
        ("/spec/versions/0/name", json!("v2")),
        ("/spec/scope", json!("Cluster")),
    ];
    expect![[r#"
        /spec/group = "other.com"
            metadata.name: Invalid value: "crontabs.example.com": must be spec.names.plural+"."+spec.group
            spec.group: Invalid value: "other.com": field is immutable
        /spec/versions/0/name = "v2"
            status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions
        /spec/scope = "Cluster"
            is fine
    "#]].assert_eq(&refused_updates(&CustomResourceDefinition, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    expect![[r"
        Name: crontabs.example.com
        Created At: 2026-01-02T03:00:00Z
    "]]
    .assert_eq(&row(&CustomResourceDefinition, &admitted(&CustomResourceDefinition, valid())));
}

#[test]
fn names_follow_from_the_kind() {
    let definition = admitted(&CustomResourceDefinition, valid());
    assert_eq!(
        definition["spec"]["names"],
        json!({"plural": "crontabs", "singular": "crontab", "kind": "CronTab", "listKind": "CronTabList",
            "shortNames": ["ct"]})
    );
    assert_eq!(definition["spec"]["conversion"], json!({"strategy": "None"}));
    assert_eq!(definition["status"]["storedVersions"], json!(["v1"]));
}

#[test]
fn every_version_that_was_ever_stored_is_remembered() {
    let old = admitted(&CustomResourceDefinition, valid());
    let mut new = old.clone();
    new["spec"]["versions"][0]["storage"] = json!(false);
    let mut newer = new["spec"]["versions"][0].clone();
    newer["name"] = json!("v2");
    newer["storage"] = json!(true);
    new["spec"]["versions"] = json!([new["spec"]["versions"][0], newer]);
    CustomResourceDefinition.prepare_update(&mut new, &old);
    assert_eq!(new["status"]["storedVersions"], json!(["v1", "v2"]));
    assert_eq!(problems_of_update(&CustomResourceDefinition, &new, &old), "");
}

#[test]
fn an_established_kind_keeps_its_name() {
    let mut old = admitted(&CustomResourceDefinition, valid());
    old["status"]["conditions"] = json!([{"type": "Established", "status": "True"}]);
    let mut new = old.clone();
    new["spec"]["scope"] = json!("Cluster");
    new["spec"]["names"]["kind"] = json!("Other");
    expect![[r#"
        spec.scope: Invalid value: "Cluster": field is immutable
        spec.names.kind: Invalid value: "Other": field is immutable"#]]
    .assert_eq(&problems_of_update(&CustomResourceDefinition, &new, &old));
}

#[test]
fn groups_of_the_platform_are_not_for_everybody() {
    let mut definition = valid();
    definition["metadata"]["name"] = json!("crontabs.batch.k8s.io");
    definition["spec"]["group"] = json!("batch.k8s.io");
    let definition = admitted(&CustomResourceDefinition, definition);
    expect![[r#"metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111"#]].assert_eq(&problems(&CustomResourceDefinition, &definition));
    // One that is stored all the same may be labelled; an approval is not taken back.
    let labelled = with(&definition, "/metadata/labels", json!({"a": "b"}));
    assert_eq!(problems_of_update(&CustomResourceDefinition, &labelled, &definition), "");
    let approved = with(
        &definition,
        "/metadata/annotations",
        json!({"api-approved.kubernetes.io": "https://example.org"}),
    );
    assert_eq!(problems_of_update(&CustomResourceDefinition, &approved, &definition), "");
    let problems = problems_of_update(&CustomResourceDefinition, &definition, &approved);
    assert!(problems.contains("must have approval annotation"), "{problems}");
}

#[test]
fn a_rule_that_was_accepted_once_may_stay_while_something_else_changes() {
    let with_rule = |rule: &str, message: &str| {
        let rules = json!([{ "rule": rule, "messageExpression": message }]);
        let mut definition = valid();
        let schema = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        schema["properties"] = json!({ "spec": { "type": "object", "x-kubernetes-validations": rules,
            "properties": { "a": { "type": "integer" } } } });
        admitted(&CustomResourceDefinition, definition)
    };
    let old = with_rule("self.a == 'x'", "self.b");
    assert_ne!(problems(&CustomResourceDefinition, &old), "");
    let mut new = old.clone();
    new["spec"]["names"]["shortNames"] = json!(["other"]);
    assert_eq!(problems_of_update(&CustomResourceDefinition, &new, &old), "");
    let changed = with_rule("self.a == 'y'", "self.b");
    let problem = problems_of_update(&CustomResourceDefinition, &changed, &old);
    assert!(
        problem.contains("found no matching overload for '_==_' applied to '(int, string)'"),
        "{problem}"
    );
    let changed = with_rule("self.a == 'x'", "self.c");
    let problem = problems_of_update(&CustomResourceDefinition, &changed, &old);
    assert!(problem.contains("messageExpression compilation failed"), "{problem}");
}
