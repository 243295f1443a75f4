//! Objects of a kind somebody defined: good and bad ones, and how they are shown, found and changed.

use expect_test::expect;

use super::{BOATS, FLEET, define};
use crate::support::kubectl::alone_with_kubectl;
use crate::support::normal::normal;

const WRECK: &str = include_str!("manifests/wreck.yaml");

#[tokio::test]
async fn objects_are_filled_in_shown_and_found() {
    alone_with_kubectl("shore", async |k| {
        define(k, BOATS).await;
        k.check_fed("apply -f -", FLEET, expect![[r#"
            boat.harbour.example.com/dory created
            boat.harbour.example.com/ketch created"#]]).await;
        k.check_fed("apply -f -", FLEET, expect![[r#"
            boat.harbour.example.com/dory configured
            boat.harbour.example.com/ketch unchanged"#]]).await;
        k.check("get boat dory -o 'jsonpath={.spec}'", expect![[r#"{"callSign":"DORY","cargo":{"fish":12,"salt":"3t"},"crew":2,"flag":"red","log":{"monday":{"wind":"strong"}},"ports":[{"name":"kiel","nights":1},{"name":"oslo","nights":3}]}"#]]).await;
        k.check("get boats", expect![[r#"
            NAME FLAG CREW AFLOAT AGE
            dory red 2 AGE
            ketch green 7 AGE"#]]).await;
        k.check("get bt -o wide", expect![[r#"
            NAME FLAG CREW AFLOAT PORTS AGE
            dory red 2 kiel oslo AGE
            ketch green 7 AGE"#]]).await;
        k.check("get fleet -o name", expect![[r#"
            boat.harbour.example.com/dory
            boat.harbour.example.com/ketch"#]]).await;
        k.check("get boats.v1.harbour.example.com ketch --no-headers", expect!["ketch green 7 AGE"]).await;
        k.check("get boats --field-selector spec.flag=green -o name", expect!["boat.harbour.example.com/ketch"]).await;
        k.check("get boats --field-selector spec.flag!=green,metadata.name=dory -o name", expect!["boat.harbour.example.com/dory"]).await;
        k.check("get boats --field-selector spec.crew=2", expect![[r#"
            ! Error from server (BadRequest): Unable to find "harbour.example.com/v1, Resource=boats" that match label selector "", field selector "spec.crew=2": field label not supported: spec.crew
            [exit 1]"#]]).await;
        k.check("get boats -l owner=ann --sort-by=.spec.crew -o custom-columns=NAME:.metadata.name,CREW:.spec.crew", expect![[r#"
            NAME CREW
            dory 2
            ketch 7"#]]).await;
        k.check("get boats -A --show-labels", expect![[r#"
            NAMESPACE NAME FLAG CREW AFLOAT AGE LABELS
            HERE dory red 2 AGE owner=ann
            HERE ketch green 7 AGE owner=ann"#]]).await;
        let described = normal(&k.ok("describe boat ketch").await);
        assert!(described.contains("Spec:\n  Crew: 7\n  Flag: green\nEvents: <none>"), "{described}");
        k.check("get boat raft", expect![[r#"
            ! Error from server (NotFound): boats.harbour.example.com "raft" not found
            [exit 1]"#]]).await;
        k.check("label boat dory sunk=no", expect!["boat.harbour.example.com/dory labeled"]).await;
        k.check("annotate boat dory note=old", expect!["boat.harbour.example.com/dory annotated"]).await;
        k.check("patch boat ketch --type=merge -p '{\"spec\":{\"crew\":9}}'", expect!["boat.harbour.example.com/ketch patched"]).await;
        k.check("patch boat ketch --type=json -p '[{\"op\":\"test\",\"path\":\"/spec/crew\",\"value\":8}]'", expect![[r#"
            ! The request is invalid: the server rejected our request due to an error in our request: testing value /spec/crew failed: test failed
            [exit 1]"#]]).await;
        k.check("patch boat ketch -p '{\"spec\":{\"crew\":3}}'", expect![[r#"
            ! error: application/strategic-merge-patch+json is not supported by harbour.example.com/v1, Kind=Boat: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
            [exit 1]"#]]).await;
        let edited = k.edit("edit boat ketch", "s/crew: 9/crew: 10/").await;
        k.compare(&edited, expect!["boat.harbour.example.com/ketch edited"]);
        let diff = k.feed("diff -f -", &FLEET.replace("crew: 7", "crew: 8")).await;
        assert_eq!(diff.code, 1, "{diff:?}");
        assert!(diff.stdout.contains("-  crew: 10") && diff.stdout.contains("+  crew: 8"), "{diff:?}");
        let one = FLEET.split("---\n").next().expect("there are two");
        let prune = "apply -f - --prune -l owner=ann --prune-allowlist=harbour.example.com/v1/Boat";
        k.check_fed(prune, one, expect![[r#"
            boat.harbour.example.com/dory configured
            boat.harbour.example.com/ketch pruned"#]]).await;
        k.check("delete boats --all", expect![[r#"boat.harbour.example.com "dory" deleted"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn objects_that_do_not_fit_are_refused_and_unknown_fields_told() {
    alone_with_kubectl("shore", async |k| {
        define(k, BOATS).await;
        k.check_fed("apply -f -", WRECK, expect![[r#"
            ! The Boat "wreck" is invalid:
            ! * spec.callSign: Too long: may not be more than 4 bytes
            ! * spec.callSign: Invalid value: "nobody": spec.callSign in body should match '^[A-Z]{4}$'
            ! * spec.crew: Invalid value: 41: spec.crew in body should be less than or equal to 40
            ! * spec.flag: Unsupported value: "pink": supported values: "black", "green", "red"
            ! * spec.ports[0].name: Invalid value: "a": spec.ports[0].name in body should be at least 2 chars long
            ! * spec.ports[3].name: Required value
            ! * spec.ports[2]: Duplicate value: {"name":"kiel"}
            ! * spec.ports: Too many: 4: must have at most 3 items
            [exit 1]"#]]).await;
        let odd = "apiVersion: harbour.example.com/v1\nkind: Boat\nmetadata: {name: odd}\n\
                   spec: {flag: red, sails: 3, ports: [{name: kiel, quay: 2}], log: {any: {thing: 1}}}\n\
                   engine: none\n";
        k.check_fed("apply -f -", odd, expect![[r#"
            ! Error from server (BadRequest): error when creating "STDIN": Boat in version "v1" cannot be handled as a Boat: strict decoding error: unknown field "engine", unknown field "spec.ports[0].quay", unknown field "spec.sails"
            [exit 1]"#]]).await;
        k.check_fed("apply -f - --validate=warn", odd, expect![[r#"
            boat.harbour.example.com/odd created
            ! Warning: unknown field "engine"
            ! Warning: unknown field "spec.ports[0].quay"
            ! Warning: unknown field "spec.sails""#]]).await;
        k.check("get boat odd -o 'jsonpath={.spec} {.engine}'", expect![[r#"{"crew":2,"flag":"red","log":{"any":{"thing":1}},"ports":[{"name":"kiel","nights":1}]}"#]]).await;
        let twice = odd.replace("sails: 3", "flag: green");
        k.check_fed("replace -f - --validate=warn", &twice, expect![[r#"
            boat.harbour.example.com/odd replaced
            ! Warning: unknown field "engine"
            ! Warning: unknown field "spec.ports[0].quay""#]]).await;
        // The same on a path that patches.
        let ran = k.feed("apply -f -", odd).await;
        assert!(ran.stderr.contains("is invalid: patch: Invalid value: "), "{ran:?}");
        assert!(ran.stderr.contains(r#": strict decoding error: unknown field "engine""#), "{ran:?}");
        k.check_fed("create -f - --validate=ignore", &odd.replace("name: odd", "name: mute"), expect!["boat.harbour.example.com/mute created"]).await;
        k.check_fed("create -f -", &odd.replace("v1\n", "v7\n"), expect![[r#"
            ! error: resource mapping not found for name: "odd" namespace: "" from "STDIN": no matches for kind "Boat" in version "harbour.example.com/v7"
            ! ensure CRDs are installed first
            [exit 1]"#]]).await;
        k.check_fed("create -f -", "apiVersion: harbour.example.com/v1\nkind: Boat\nmetadata: {name: none}", expect![[r#"
            ! The Boat "none" is invalid: spec: Required value
            [exit 1]"#]]).await;
        k.check_fed("create -f -", "apiVersion: harbour.example.com/v1\nkind: Boat\nmetadata: {name: typed}\nspec: {flag: 1, crew: many, ports: {}}", expect![[r#"
            ! The Boat "typed" is invalid:
            ! * spec.crew: Invalid value: "string": spec.crew in body must be of type integer: "string"
            ! * spec.flag: Invalid value: "integer": spec.flag in body must be of type string: "integer"
            ! * spec.ports: Invalid value: "object": spec.ports in body must be of type array: "object"
            [exit 1]"#]]).await;
        k.check_fed("create -f -", "apiVersion: harbour.example.com/v1\nkind: Boat\nmetadata: {name: No_Name}\nspec: {flag: red}", expect![[r#"
            ! The Boat "No_Name" is invalid: metadata.name: Invalid value: "No_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            [exit 1]"#]]).await;
        k.check("patch boat odd --type=merge -p '{\"spec\":{\"flag\":null}}'", expect![[r#"
            ! The Boat "odd" is invalid: spec.flag: Required value
            [exit 1]"#]]).await;
        k.check("patch boat odd --type=merge -p '{\"spec\":{\"crew\":0}}'", expect![[r#"
            ! The Boat "odd" is invalid: spec.crew: Invalid value: 0: spec.crew in body should be greater than or equal to 1
            [exit 1]"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn fields_are_owned_by_those_who_apply_them() {
    alone_with_kubectl("shore", async |k| {
        define(k, BOATS).await;
        let boat = |spec: &str| {
            format!("apiVersion: harbour.example.com/v1\nkind: Boat\nmetadata: {{name: sloop}}\nspec: {spec}\n")
        };
        let first = boat("{flag: red, crew: 3, ports: [{name: kiel}]}");
        k.check_fed("apply --server-side --field-manager=ann -f -", &first, expect!["boat.harbour.example.com/sloop serverside-applied"]).await;
        let second = boat("{crew: 5, ports: [{name: oslo, nights: 2}]}");
        k.check_fed("apply --server-side --field-manager=bob -f -", &second, expect![[r#"
            ! error: Apply failed with 1 conflict: conflict with "ann": .spec.crew
            ! Please review the fields above--they currently have other managers. Here
            ! are the ways you can resolve this warning:
            ! * If you intend to manage all of these fields, please re-run the apply
            !   command with the `--force-conflicts` flag.
            ! * If you do not intend to manage all of the fields, please edit your
            !   manifest to remove references to the fields that should keep their
            !   current managers.
            ! * You may co-own fields by updating your manifest to match the existing
            !   value; in this case, you'll become the manager if the other manager(s)
            !   stop managing the field (remove it from their configuration).
            ! See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
            [exit 1]"#]]).await;
        let port = boat("{ports: [{name: oslo, nights: 2}]}");
        k.check_fed("apply --server-side --field-manager=bob -f -", &port, expect!["boat.harbour.example.com/sloop serverside-applied"]).await;
        k.check("get boat sloop -o jsonpath={.spec}", expect![[r#"{"crew":3,"flag":"red","ports":[{"name":"kiel","nights":1},{"name":"oslo","nights":2}]}"#]]).await;
        k.check_fed("apply --server-side --field-manager=bob --force-conflicts -f -", &second, expect!["boat.harbour.example.com/sloop serverside-applied"]).await;
        // What was Ann's alone goes when she no longer says it; what Bob took stays.
        let less = boat("{flag: red}");
        k.check_fed("apply --server-side --field-manager=ann -f -", &less, expect!["boat.harbour.example.com/sloop serverside-applied"]).await;
        k.check("get boat sloop -o jsonpath={.spec}", expect![[r#"{"crew":5,"flag":"red","ports":[{"name":"oslo","nights":2}]}"#]]).await;
        // Which of them comes first is a matter of the second in which they wrote.
        let owned = |who: &str| {
            format!("get boat sloop --show-managed-fields -o 'jsonpath={{.metadata.managedFields[?(@.manager==\"{who}\")].fieldsV1}}'")
        };
        k.check(&owned("ann"), expect![[r#"{"f:spec":{"f:flag":{}}}"#]]).await;
        k.check(&owned("bob"), expect![[r#"{"f:spec":{"f:crew":{},"f:ports":{"k:{\"name\":\"oslo\"}":{".":{},"f:name":{},"f:nights":{}}}}}"#]]).await;
        let wrong = boat("{flag: pink}");
        k.check_fed("apply --server-side --field-manager=eve -f -", &wrong, expect![[r#"
            ! error: Apply failed with 1 conflict: conflict with "ann": .spec.flag
            ! Please review the fields above--they currently have other managers. Here
            ! are the ways you can resolve this warning:
            ! * If you intend to manage all of these fields, please re-run the apply
            !   command with the `--force-conflicts` flag.
            ! * If you do not intend to manage all of the fields, please edit your
            !   manifest to remove references to the fields that should keep their
            !   current managers.
            ! * You may co-own fields by updating your manifest to match the existing
            !   value; in this case, you'll become the manager if the other manager(s)
            !   stop managing the field (remove it from their configuration).
            ! See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
            [exit 1]"#]]).await;
    })
    .await;
}
