//! What a definition says in CEL, and what happens to objects that were right once.

use expect_test::expect;

use super::define;
use crate::support::kubectl::alone_with_kubectl;

const ANCHORS: &str = include_str!("manifests/anchors.yaml");
const ANCHOR: &str = include_str!("manifests/anchor.yaml");

#[tokio::test]
async fn rules_speak_in_their_own_words() {
    alone_with_kubectl("shore", async |k| {
        define(k, ANCHORS).await;
        k.check_fed("create -f -", &ANCHOR.replace("chain: 30", "chain: 20"), expect![[r#"
            ! The Anchor "bow" is invalid: spec.chain: Invalid value: "object": a depth of 10 wants a chain of 30
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &ANCHOR.replace("heavy", "42"), expect![[r#"
            ! The Anchor "bow" is invalid:
            ! * spec.tags[0]: Invalid value: "integer": spec.tags[0] in body must be of type string: "integer"
            ! * <nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &ANCHOR.replace("  chain: 30\n", ""), expect![[r#"
            ! The Anchor "bow" is invalid:
            ! * spec.chain: Required value
            ! * <nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation
            [exit 1]"#]]).await;
        k.check_fed("create -f -", ANCHOR, expect!["anchor.harbour.example.com/bow created"]).await;
        k.check_fed("apply -f - --server-side --force-conflicts", &ANCHOR.replace("bay", "cape"), expect![[r#"
            ! The Anchor "bow" is invalid: spec.place: Invalid value: "string": an anchor stays where it is
            [exit 1]"#]]).await;
        k.check("patch anchor bow --type=merge -p '{\"spec\":{\"kilos\":null}}'", expect![[r#"
            ! The Anchor "bow" is invalid: spec.kilos: Forbidden: a weight once known is not forgotten
            [exit 1]"#]]).await;
        k.check("patch anchor bow --type=merge -p '{\"spec\":{\"kilos\":60}}'", expect!["anchor.harbour.example.com/bow patched"]).await;
        k.check("patch anchor bow --type=merge -p '{\"spec\":{\"chain\":1,\"place\":\"cape\"}}'", expect![[r#"
            ! The Anchor "bow" is invalid:
            ! * spec.chain: Invalid value: "object": a depth of 10 wants a chain of 30
            ! * spec.place: Invalid value: "string": an anchor stays where it is
            [exit 1]"#]]).await;
        // This kind has neither status nor scale.
        k.check("scale anchor bow --replicas=2", expect![[r#"
            ! Error from server (NotFound): the server could not find the requested resource
            [exit 1]"#]]).await;
        k.check("get anchor bow --subresource=status", expect![[r#"
            ! Error from server (NotFound): the server could not find the requested resource
            [exit 1]"#]]).await;
        k.check("get anchors", expect![[r#"
            NAME AGE
            bow AGE"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn rules_that_make_no_sense_are_refused() {
    alone_with_kubectl("shore", async |k| {
        let with = |rule: &str| ANCHORS.replace("rule: self == oldSelf", &format!("rule: {rule}"));
        k.check_fed("create -f -", &with("self >"), expect![[r#"
            ! The CustomResourceDefinition "anchors.harbour.example.com" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[place].x-kubernetes-validations[0].rule: Invalid value: "self >": compilation failed: ERROR: <input>:1:7: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
            !  | self >
            !  | ......^
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &with("self.size() > other"), expect![[r#"
            ! The CustomResourceDefinition "anchors.harbour.example.com" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[place].x-kubernetes-validations[0].rule: Invalid value: "self.size() > other": compilation failed: ERROR: <input>:1:15: undeclared reference to 'other' (in container '')
            !  | self.size() > other
            !  | ..............^
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &with("self.sise() > 3 || self > 1"), expect![[r#"
            ! The CustomResourceDefinition "anchors.harbour.example.com" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[place].x-kubernetes-validations[0].rule: Invalid value: "self.sise() > 3 || self > 1": compilation failed: ERROR: <input>:1:10: undeclared reference to 'sise' (in container '')
            !  | self.sise() > 3 || self > 1
            !  | .........^
            ! ERROR: <input>:1:25: found no matching overload for '_>_' applied to '(string, int)'
            !  | self.sise() > 3 || self > 1
            !  | ........................^
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &ANCHORS.replace("has(self.depth)", "has(self.dept)"), expect![[r#"
            ! The CustomResourceDefinition "anchors.harbour.example.com" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: "!has(self.dept) || self.chain >= 3 * self.depth": compilation failed: ERROR: <input>:1:5: undefined field 'dept'
            !  | !has(self.dept) || self.chain >= 3 * self.depth
            !  | ....^
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &ANCHORS.replace("'a depth of ' + string(self.depth)", "self.depth"), expect![[r#"
            ! The CustomResourceDefinition "anchors.harbour.example.com" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].messageExpression: Invalid value: "self.depth + ' wants a chain of ' + string(3 * self.depth)": messageExpression compilation failed: ERROR: <input>:1:12: found no matching overload for '_+_' applied to '(int, string)'
            !  | self.depth + ' wants a chain of ' + string(3 * self.depth)
            !  | ...........^
            [exit 1]"#]]).await;
        k.check_fed("create -f -", &with("self"), expect![[r#"
            ! The CustomResourceDefinition "anchors.harbour.example.com" is invalid: spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[place].x-kubernetes-validations[0].rule: Invalid value: "self": cel expression must evaluate to a bool
            [exit 1]"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn what_was_right_once_may_stay_until_it_is_changed() {
    alone_with_kubectl("shore", async |k| {
        define(k, ANCHORS).await;
        k.apply(ANCHOR).await;
        let strict = ANCHORS
            .replace("kilos:\n                type: integer", "kilos:\n                type: integer\n                maximum: 40")
            .replace("tag.matches('^[a-z]+$')", "tag.matches('^[a-z]+$') && tag != 'heavy'");
        assert_ne!(strict, ANCHORS);
        define(k, &strict).await;
        k.check_fed("create -f -", &ANCHOR.replace("bow", "stern"), expect![[r#"
            ! The Anchor "stern" is invalid:
            ! * spec.kilos: Invalid value: 50: spec.kilos in body should be less than or equal to 40
            ! * spec: Invalid value: "object": tags are words
            [exit 1]"#]]).await;
        k.check("label anchor bow side=front", expect!["anchor.harbour.example.com/bow labeled"]).await;
        k.check("patch anchor bow --type=merge -p '{\"spec\":{\"kilos\":49}}'", expect![[r#"
            ! The Anchor "bow" is invalid:
            ! * spec.kilos: Invalid value: 49: spec.kilos in body should be less than or equal to 40
            ! * spec: Invalid value: "object": tags are words
            [exit 1]"#]]).await;
        k.check("patch anchor bow --type=merge -p '{\"spec\":{\"depth\":9}}'", expect![[r#"
            ! The Anchor "bow" is invalid: spec: Invalid value: "object": tags are words
            [exit 1]"#]]).await;
        k.check("patch anchor bow --type=merge -p '{\"spec\":{\"depth\":9,\"tags\":[\"light\"]}}'", expect!["anchor.harbour.example.com/bow patched"]).await;
        k.check("patch anchor bow --type=merge -p '{\"spec\":{\"kilos\":40}}'", expect!["anchor.harbour.example.com/bow patched"]).await;
        k.check("patch anchor bow --type=merge -p '{\"spec\":{\"kilos\":50}}'", expect![[r#"
            ! The Anchor "bow" is invalid: spec.kilos: Invalid value: 50: spec.kilos in body should be less than or equal to 40
            [exit 1]"#]]).await;
    })
    .await;
}
