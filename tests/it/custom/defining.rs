//! What a definition brings about: names, resources, words about fields.

use expect_test::expect;

use super::BOATS;
use crate::support::kubectl::alone_with_kubectl;
use crate::support::normal::normal;

#[tokio::test]
async fn a_kind_is_defined_listed_and_explained() {
    alone_with_kubectl("shore", async |k| {
        let file = k.file("boats.yaml", BOATS);
        k.check(&format!("create -f {file}"), expect!["customresourcedefinition.apiextensions.k8s.io/boats.harbour.example.com created"]).await;
        k.check("wait --for=condition=Established crd/boats.harbour.example.com --timeout=60s", expect!["customresourcedefinition.apiextensions.k8s.io/boats.harbour.example.com condition met"]).await;
        k.check("get crd", expect![[r#"
            NAME CREATED AT
            boats.harbour.example.com TIME"#]]).await;
        k.check("get crd boats.harbour.example.com -o 'jsonpath={.status.acceptedNames} {.status.storedVersions}'", expect![[r#"{"categories":["fleet"],"kind":"Boat","listKind":"BoatList","plural":"boats","shortNames":["bt"],"singular":"boat"} ["v1"]"#]]).await;
        k.check("get crd boats.harbour.example.com -o 'jsonpath={range .status.conditions[*]}{.type} {.status} {.reason}: {.message}{\"\\n\"}{end}'", expect![[r#"
            NamesAccepted True NoConflicts: no conflicts found
            Established True InitialNamesAccepted: the initial names have been accepted"#]]).await;
        k.check("api-resources --api-group=harbour.example.com -o wide", expect![[r#"
            NAME SHORTNAMES APIVERSION NAMESPACED KIND VERBS CATEGORIES
            boats bt harbour.example.com/v1 true Boat create,delete,deletecollection,get,list,patch,update,watch fleet"#]]).await;
        k.check("get --raw /apis/harbour.example.com", expect![[r#"{"apiVersion":"v1","kind":"APIGroup","name":"harbour.example.com","preferredVersion":{"groupVersion":"harbour.example.com/v1","version":"v1"},"versions":[{"groupVersion":"harbour.example.com/v1","version":"v1"}]}"#]]).await;
        k.check("get boats", expect!["! No resources found in HERE namespace."]).await;
        k.check("explain boat", expect![[r#"
            GROUP: harbour.example.com
            KIND: Boat
            VERSION: v1

            DESCRIPTION:
                A boat carries people and goods from port to port.

            FIELDS:
              apiVersion <string>
                The group and version of the object.

              kind <string>
                The kind of the object.

              metadata <ObjectMeta>
                What all objects have: names, labels, owners.

              spec <Object> -required-
                What the boat should be.

              status <Object>
                What the boat is."#]]).await;
        k.check("explain bt.spec.ports", expect![[r#"
            GROUP: harbour.example.com
            KIND: Boat
            VERSION: v1

            FIELD: ports <[]Object>

            DESCRIPTION:
                Where it calls.

            FIELDS:
              name <string> -required-
                <no description>

              nights <integer>
                How long it stays."#]]).await;
        let tree = normal(&k.ok("explain boats.spec --recursive").await);
        // Newer ones list the values of an enum, too.
        let fields = tree.lines().skip_while(|line| *line != "FIELDS:");
        let fields: Vec<&str> = fields.filter(|line| !line.trim().starts_with("enum")).collect();
        expect![[r#"
            FIELDS:
              callSign <string>
              cargo <map[string]Object>
              crew <integer>
              flag <string> -required-
              log <Object>
              ports <[]Object>
                name <string> -required-
                nights <integer>"#]].assert_eq(&fields.join("\n"));
        k.check("explain boat.spec.sails", expect![[r#"
            GROUP: harbour.example.com
            KIND: Boat
            VERSION: v1
            ! error: field "sails" does not exist
            [exit 1]"#]]).await;
        k.check(&format!("create -f {file}"), expect![[r#"
            ! Error from server (AlreadyExists): error when creating "FOLDER/HERE-boats.yaml": customresourcedefinitions.apiextensions.k8s.io "boats.harbour.example.com" already exists
            [exit 1]"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn a_definition_that_makes_no_sense_is_refused() {
    alone_with_kubectl("shore", async |k| {
        let wrong = |from: &str, to: &str| {
            assert!(BOATS.contains(from), "{from}");
            BOATS.replacen(from, to, 1)
        };
        k.check_fed("create -f -", &wrong("kind: Boat\n", "kindly: Boat\n"), expect![[r#"
            ! Error from server (BadRequest): error when creating "STDIN": CustomResourceDefinition in version "v1" cannot be handled as a CustomResourceDefinition: strict decoding error: unknown field "spec.names.kindly"
            [exit 1]"#]]).await;
        k.check_fed("create -f - --validate=false", &wrong("    kind: Boat\n", ""), expect![[r#"
            ! The CustomResourceDefinition "boats.harbour.example.com" is invalid:
            ! * spec.names.singular: Required value
            ! * spec.names.kind: Required value
            ! * spec.names.listKind: Required value
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &wrong("type: integer\n                minimum: 1", "type: number2"), expect![[r#"
            ! The CustomResourceDefinition "boats.harbour.example.com" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[crew].type: Unsupported value: "number2": supported values: "array", "boolean", "integer", "number", "object", "string"
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &wrong("default: 2", "default: 41"), expect![[r#"
            ! The CustomResourceDefinition "boats.harbour.example.com" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[crew].default: Invalid value: 41: default in body should be less than or equal to 40
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &wrong("default: 2", "default: two"), expect![[r#"
            ! The CustomResourceDefinition "boats.harbour.example.com" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[crew].default: Invalid value: "string": default in body must be of type integer: "string"
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &wrong("required: [spec]", "required: [spec]\n        nullable: 1"), expect![[r#"
            ! Error from server (BadRequest): error when creating "STDIN": CustomResourceDefinition in version "v1" cannot be handled as a CustomResourceDefinition: json: cannot unmarshal number into Go struct field JSONSchemaProps.spec.versions.schema.openAPIV3Schema.nullable of type bool
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &wrong("^[A-Z]{4}$", "^[A-Z"), expect![[r#"
            ! The CustomResourceDefinition "boats.harbour.example.com" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[callSign].pattern: Invalid value: "^[A-Z": must be a valid regular expression, but isn't: unclosed character class
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &wrong(".spec.ports[*].name", "spec.ports["), expect![[r#"
            ! The CustomResourceDefinition "boats.harbour.example.com" is invalid: spec.versions[0].additionalPrinterColumns[3].jsonPath: Invalid value: "spec.ports[": unterminated array
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &wrong("- jsonPath: .spec.flag", "- jsonPath: .spec.sail"), expect![[r#"
            ! The CustomResourceDefinition "boats.harbour.example.com" is invalid: spec.versions[0].selectableFields[0].jsonPath: Invalid value: ".spec.sail": does not refer to a valid field
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &wrong("scope: Namespaced", "scope: Namespaced\n  conversion: {}"), expect![[r#"
            ! The CustomResourceDefinition "boats.harbour.example.com" is invalid: spec.conversion.strategy: Required value
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &wrong("scope: Namespaced", "scope: Namespaced\n  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: 'http://a', caBundle: bm8=}}}"), expect![[r#"
            ! The CustomResourceDefinition "boats.harbour.example.com" is invalid: spec.conversion.webhook.clientConfig.url: Invalid value: "http": 'http' is not a valid scheme, must be 'https'; desired format: https://host[/path]
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &wrong("group: harbour.example.com", "group: harbour.k8s.io"), expect![[r#"
            ! The CustomResourceDefinition "boats.harbour.example.com" is invalid:
            ! * metadata.name: Invalid value: "boats.harbour.example.com": must be spec.names.plural+"."+spec.group
            ! * metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111
            [exit 1]"#]]).await;
        k.check("get crd", expect!["! No resources found"]).await;
    })
    .await;
}
