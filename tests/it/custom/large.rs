//! A kind with thousands of fields, and one with too many.

use std::fmt::Write as _;

use expect_test::expect;

use crate::support::kubectl::alone_with_kubectl;

/// A definition, in JSON, whose schema has so many fields.
fn definition(fields: usize, schema: &str) -> String {
    let mut properties = String::new();
    for number in 0..fields {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(properties, r#"{comma}"f{number}":{schema}"#);
    }
    format!(
        r#"{{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
        "metadata":{{"name":"wholes.large.example.com"}},"spec":{{"group":"large.example.com","scope":"Namespaced",
        "names":{{"kind":"Whole","plural":"wholes"}},"versions":[{{"name":"v1","served":true,"storage":true,
        "schema":{{"openAPIV3Schema":{{"type":"object","properties":{{"spec":{{"type":"object","default":{{}},
        "properties":{{{properties}}}}}}}}}}}}}]}}}}"#
    )
}

#[tokio::test]
async fn thousands_of_fields_are_served_and_too_many_refused() {
    alone_with_kubectl("shore", async |k| {
        let file = k.file("large.yaml", &definition(2_000, r#"{"type":"integer","minimum":0,"default":3}"#));
        k.check(&format!("create -f {file}"), expect!["customresourcedefinition.apiextensions.k8s.io/wholes.large.example.com created"]).await;
        k.check_fed("create -f -", "apiVersion: large.example.com/v1\nkind: Whole\nmetadata: {name: a}\nspec: {f7: -1}", expect![[r#"
            ! The Whole "a" is invalid: spec.f7: Invalid value: -1: spec.f7 in body should be greater than or equal to 0
            [exit 1]"#]]).await;
        k.check_fed("create -f -", "apiVersion: large.example.com/v1\nkind: Whole\nmetadata: {name: a}\nspec: {f7: 70}", expect!["whole.large.example.com/a created"]).await;
        k.check("get whole a -o 'jsonpath={.spec.f7} {.spec.f1999}'", expect!["70 3"]).await;
        k.check("explain whole.spec.f1999", expect![[r#"
            GROUP: large.example.com
            KIND: Whole
            VERSION: v1

            FIELD: f1999 <integer>

            DESCRIPTION:
                <empty>"#]]).await;
        let file = k.file("larger.yaml", &definition(70_000, r#"{"type":"object"}"#));
        k.check(&format!("replace -f {file}"), expect![[r#"
            ! The CustomResourceDefinition "wholes.large.example.com" is invalid: spec.versions: Forbidden: the schemas must not describe more than 65536 values
            [exit 1]"#]]).await;
        k.check("get wholes -o name", expect!["whole.large.example.com/a"]).await;
    })
    .await;
}
