//! Input that is wrong, and the words in which it is refused.

use expect_test::expect;

use crate::support::kubectl::{Session, with_every_kubectl};
use crate::support::normal::normal;
use crate::support::patience::until;

fn pod(metadata: &str, spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n")
}

const CONTAINER: &str = "containers: [{name: c, image: localhost/isopod/batch}]";

#[tokio::test]
async fn wrong_fields_are_refused_by_name() {
    with_every_kubectl("fields", async |k| {
        let unknown = pod("name: x", "containers: [{name: c, image: i, imgae: typo}], restartPolciy: Never");
        k.check_fed("apply -f -", &unknown, expect![[r#"
            ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imgae", unknown field "spec.restartPolciy"
            [exit 1]"#]]).await;
        k.check_fed("create -f - --validate=warn", &unknown, expect![[r#"
            pod/x created
            ! Warning: unknown field "spec.containers[0].imgae"
            ! Warning: unknown field "spec.restartPolciy""#]]).await;
        k.check("get pod x -o jsonpath={.spec.restartPolicy}", expect!["Always"]).await;
        k.ok("delete pod x --now").await;
        let wrong_type = pod("name: x", "containers: {name: c}");
        k.check_fed("apply -f -", &wrong_type, expect![[r#"
            ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container
            [exit 1]"#]]).await;
        let text_for_number = pod("name: x", "priority: high, containers: [{name: c, image: i}]");
        k.check_fed("apply -f -", &text_for_number, expect![[r#"
            ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field PodSpec.spec.priority of type int32
            [exit 1]"#]]).await;
        let twice = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\ndata: {c: d}\n";
        k.check_fed("apply -f -", twice, expect!["configmap/x created"]).await;
        let number = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: number}\ndata: {a: 1}\n";
        k.check_fed("apply -f -", number, expect![[r#"
            ! Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string
            [exit 1]"#]]).await;
        k.check_fed("apply -f -", "apiVersion: v1\nkind: Poddle\nmetadata: {name: x}\n", expect![[r#"
            ! error: resource mapping not found for name: "x" namespace: "" from "STDIN": no matches for kind "Poddle" in version "v1"
            ! ensure CRDs are installed first
            [exit 1]"#]]).await;
        k.check_fed("apply -f -", "just words", expect![[r#"
            ! error: error validating "STDIN": error validating data: invalid object to validate; if you choose to ignore these errors, turn validation off with --validate=false
            [exit 1]"#]]).await;
        k.check("get pods", expect!["! No resources found in HERE namespace."]).await;
    })
    .await;
}

#[tokio::test]
async fn wrong_values_are_refused_with_their_path() {
    with_every_kubectl("values", async |k| {
        let check = async |yaml: String, expected| k.check_fed("create -f -", &yaml, expected).await;
        check(pod("name: Bad_Name", CONTAINER), expect![[r#"
            ! The Pod "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            [exit 1]"#]]).await;
        check(pod("name: x, labels: {app: 'two words'}", CONTAINER), expect![[r#"
            ! The Pod "x" is invalid: metadata.labels: Invalid value: "two words": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue', or 'my_value', or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
            [exit 1]"#]]).await;
        check(pod("name: x", "containers: []"), expect![[r#"
            ! The Pod "x" is invalid: spec.containers: Required value
            [exit 1]"#]]).await;
        check(pod("name: x", "containers: [{name: c}]"), expect![[r#"
            ! The Pod "x" is invalid: spec.containers[0].image: Required value
            [exit 1]"#]]).await;
        check(pod("name: x", &format!("restartPolicy: Sometimes, {CONTAINER}")), expect![[r#"
            ! The Pod "x" is invalid: spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"
            [exit 1]"#]]).await;
        check(
            pod("name: x", "containers: [{name: c, image: i, resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}}]"),
            expect![[r#"
                ! The Pod "x" is invalid: spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi
                [exit 1]"#]],
        )
        .await;
        check(
            pod("name: x", "containers: [{name: c, image: i}, {name: c, image: i}]"),
            expect![[r#"
                ! The Pod "x" is invalid: spec.containers[1].name: Duplicate value: "c"
                [exit 1]"#]],
        )
        .await;
        check(pod("name: x", "containers: [{name: c, image: i, ports: [{containerPort: 99999}]}]"), expect![[r#"
            ! The Pod "x" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive
            [exit 1]"#]]).await;
        check(pod("name: x", "containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /v}]}]"), expect![[r#"
            ! The Pod "x" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "v"
            [exit 1]"#]]).await;
        check(pod("name: x", "containers: [{name: c, image: i, resources: {limits: {memory: lots}}}]"), expect![[r#"
            ! Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
            [exit 1]"#]]).await;
        selectors(k).await;
    })
    .await;
}

async fn selectors(k: &Session<'_>) {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  selector: {matchLabels: {app: a}}\n  template: {metadata: {labels: {app: b}}, spec: {containers: [{name: c, image: i}]}}\n";
    k.check_fed("create -f -", deployment, expect![[r#"
        ! The Deployment "d" is invalid: spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`
        [exit 1]"#]]).await;
    let fits = deployment.replace("app: b", "app: a").replace("spec:\n", "spec:\n  replicas: 0\n");
    k.check_fed("apply -f -", &fits, expect!["deployment.apps/d created"]).await;
    let other = fits.replace("app: a", "app: c");
    k.check_fed("apply -f -", &other, expect![[r#"
        ! The Deployment "d" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"c"}}: field is immutable
        [exit 1]"#]]).await;
    k.check("get pods -l 'a b'", expect![[r#"
        ! Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "a b", field selector "": unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt
        [exit 1]"#]]).await;
    k.check("get pods --field-selector=spec.colour=red", expect![[r#"
        ! Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.colour=red": field label not supported: spec.colour
        [exit 1]"#]]).await;
    k.check("get services -l app=a=b", expect![[r#"
        ! Error from server (BadRequest): Unable to find "/v1, Resource=services" that match label selector "app=a=b", field selector "": unable to parse requirement: found '=', expected: ',' or 'end of string'
        [exit 1]"#]]).await;
}

#[tokio::test]
async fn what_cannot_be_changed_is_not() {
    with_every_kubectl("immutable", async |k| {
        k.ok("run x --image=localhost/isopod/greeting").await;
        k.check("patch pod x -p '{\"spec\":{\"nodeName\":\"other\"}}'", expect![[r#"
            ! The Pod "x" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)
            ! changed: spec.nodeName
            [exit 1]"#]]).await;
        k.check("patch pod x --type=merge -p '{\"metadata\":{\"uid\":\"other\"}}'", expect![[r#"
            ! Error from server (Conflict): Operation cannot be fulfilled on pods "x": Precondition failed: UID in precondition: other, UID in object meta: UID
            [exit 1]"#]]).await;
        k.check("patch pod x --type=merge -p '{\"metadata\":{\"resourceVersion\":\"1\"}}'", expect![[r#"
            ! Error from server (Conflict): Operation cannot be fulfilled on pods "x": the object has been modified; please apply your changes to the latest version and try again
            [exit 1]"#]]).await;
        k.ok("create service clusterip s --tcp=80").await;
        let file = k.ok("get service s -o json").await;
        let stale = file.replace("\"resourceVersion\": \"", "\"resourceVersion\": \"1");
        let own = k.ok("get service s -o jsonpath={.spec.clusterIP}").await;
        let address = file.replace(&own, &format!("10.43.254.{}", k.minor()));
        let path = k.file("stale.json", &stale);
        let ran = k.run(&format!("replace -f {path}")).await;
        assert_eq!(ran.code, 1);
        let text = "the object has been modified; please apply your changes to the latest version and try again";
        assert!(ran.stderr.contains(text), "{}", ran.stderr);
        let path = k.file("address.json", &address);
        let ran = k.run(&format!("replace -f {path}")).await;
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("spec.clusterIPs[0]: Invalid value:"), "{}", ran.stderr);
        k.ok("create secret generic fixed --from-literal=a=b").await;
        k.check("patch secret fixed -p '{\"immutable\":true}'", expect!["secret/fixed patched"]).await;
        k.check("patch secret fixed -p '{\"stringData\":{\"a\":\"c\"}}'", expect![[r#"
            ! The Secret "fixed" is invalid: data: Forbidden: field is immutable when `immutable` is set
            [exit 1]"#]]).await;
        k.check("patch secret fixed -p '{\"type\":\"other\"}'", expect![[r#"
            ! The Secret "fixed" is invalid: type: Invalid value: "other": field is immutable
            [exit 1]"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn a_container_image_is_answered_in_plain_words() {
    with_every_kubectl("nginx", async |k| {
        k.ok("run x --image=nginx").await;
        let text = k.until("describe pod x", "WebAssembly").await;
        let line = text.lines().find(|line| line.contains("WebAssembly")).unwrap_or_default();
        let message = line.split("Failed to pull").nth(1).unwrap_or_default();
        expect![[r#" image "nginx": this is the name of a container image; Isopod runs WebAssembly components. Import one with "isopod image import FILE.wasm nginx""#]].assert_eq(message.split(", or use").next().unwrap_or_default());
        assert!(message.contains("localhost/isopod/hello:latest"), "{message}");
        // Between two waits it is tried again, and then other words are shown.
        let table = k.until("get pod x", "ImagePullBackOff").await;
        expect![[r#"
            NAME READY STATUS RESTARTS AGE
            x 0/1 ImagePullBackOff 0 AGE"#]].assert_eq(&normal(&table));
        let refused = until("logs to be refused while the pull waits", async || {
            let ran = k.run("logs x").await;
            if ran.stderr.contains("trying and failing") { Ok(ran) } else { Err(ran.stderr) }
        }).await;
        k.compare(&refused, expect![[r#"
            ! Error from server (BadRequest): container "x" in pod "x" is waiting to start: trying and failing to pull image
            [exit 1]"#]]);
        k.ok("run y --image=localhost/isopod/nothing --image-pull-policy=Never").await;
        k.until("get pod y", "ErrImageNeverPull").await;
        k.apply("apiVersion: v1\nkind: Pod\nmetadata: {name: z}\nspec: {containers: [{name: c, image: Not A Name}]}\n").await;
        k.until("get pod z", "InvalidImageName").await;
    })
    .await;
}

#[tokio::test]
async fn what_does_not_exist_is_said_not_to() {
    with_every_kubectl("absent", async |k| {
        k.check(
            "get pod nobody",
            expect![[r#"
            ! Error from server (NotFound): pods "nobody" not found
            [exit 1]"#]],
        )
        .await;
        k.check(
            "get nothing",
            expect![[r#"
            ! error: the server doesn't have a resource type "nothing"
            [exit 1]"#]],
        )
        .await;
        k.check("get pods -n nowhere", expect!["! No resources found in nowhere namespace."]).await;
        k.check(
            "create configmap x -n nowhere",
            expect![[r#"
            ! error: failed to create configmap: namespaces "nowhere" not found
            [exit 1]"#]],
        )
        .await;
        k.check(
            "describe pod nobody",
            expect![[r#"
            ! Error from server (NotFound): pods "nobody" not found
            [exit 1]"#]],
        )
        .await;
        k.check(
            "delete service nobody",
            expect![[r#"
            ! Error from server (NotFound): services "nobody" not found
            [exit 1]"#]],
        )
        .await;
    })
    .await;
}
