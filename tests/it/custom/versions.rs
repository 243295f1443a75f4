//! A kind in several versions: under other names alone, and in other forms that a webhook knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use serde_json::{Value, json};

use super::define;
use crate::support::cluster::choose_provider;
use crate::support::hook::{Hook, Said};
use crate::support::kubectl::alone_with_kubectl;

const KNOTS: &str = include_str!("manifests/knots.yaml");
const NETS: &str = include_str!("manifests/nets.yaml");

#[tokio::test]
async fn versions_that_differ_in_name_show_the_same_objects() {
    alone_with_kubectl("shore", async |k| {
        define(k, KNOTS).await;
        let knot = "apiVersion: harbour.example.com/v1beta1\nkind: Knot\nmetadata: {name: bowline}\nloops: 1\n";
        k.check_fed("create -f -", knot, expect![[r#"
            knot.harbour.example.com/bowline created
            ! Warning: harbour.example.com/v1beta1 Knot is going away; use harbour.example.com/v1"#]]).await;
        k.check("get knot bowline -o 'jsonpath={.apiVersion} {.loops}'", expect!["harbour.example.com/v1 1"]).await;
        k.check("get knots.v1beta1.harbour.example.com -o 'jsonpath={.items[*].apiVersion}'", expect![[r#"
            harbour.example.com/v1beta1
            ! Warning: harbour.example.com/v1beta1 Knot is going away; use harbour.example.com/v1"#]]).await;
        let unserved = k.run("get knots.v2.harbour.example.com").await.stderr;
        assert!(unserved.contains("doesn't have a resource type \"knots\""), "{unserved}");
        k.check("get kn", expect![[r#"
            NAME AGE
            bowline AGE"#]]).await;
        let versions = k.ok("api-versions").await;
        let ours: Vec<&str> = versions.lines().filter(|line| line.starts_with("harbour")).collect();
        assert_eq!(ours, ["harbour.example.com/v1", "harbour.example.com/v1beta1"]);
        // The stored version changes; what was written before stays readable, and the old one may not go yet.
        let moved = KNOTS.replace("served: false\n    storage: false", "served: true\n    storage: true");
        let moved = moved.replace("name: v1\n    served: true\n    storage: true", "name: v1\n    served: true\n    storage: false");
        define(k, &moved).await;
        let stored = "get crd knots.harbour.example.com -o jsonpath={.status.storedVersions}";
        assert_eq!(k.until(stored, "v2").await, r#"["v1","v2"]"#);
        k.check("get knots.v2.harbour.example.com bowline -o 'jsonpath={.apiVersion} {.loops}'", expect!["harbour.example.com/v2 1"]).await;
        let without = "[{\"op\":\"remove\",\"path\":\"/spec/versions/2\"}]";
        k.check(&format!("patch crd knots.harbour.example.com --type=json -p '{without}'"), expect![[r#"
            ! The CustomResourceDefinition "knots.harbour.example.com" is invalid: status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions
            [exit 1]"#]]).await;
        k.check("patch crd knots.harbour.example.com --subresource=status --type=merge -p '{\"status\":{\"storedVersions\":[\"v2\"]}}'", expect!["customresourcedefinition.apiextensions.k8s.io/knots.harbour.example.com patched"]).await;
        k.check(&format!("patch crd knots.harbour.example.com --type=json -p '{without}'"), expect!["customresourcedefinition.apiextensions.k8s.io/knots.harbour.example.com patched"]).await;
        k.check("get knot bowline -o 'jsonpath={.apiVersion} {.loops}'", expect!["harbour.example.com/v2 1"]).await;
    })
    .await;
}

/// `v1` has `spec.size: 3x4`, `v2` has `spec.width` and `spec.height`, and a label for what is wide.
fn convert(object: &Value, wanted: &str) -> Result<Value, String> {
    let mut made = object.clone();
    made["apiVersion"] = wanted.into();
    let spec = &object["spec"];
    made["spec"] = if wanted.ends_with("v2") {
        let size = spec["size"].as_str().unwrap_or_default();
        let sides = size.split_once('x').and_then(|(width, height)| {
            Some((width.parse::<i64>().ok()?, height.parse::<i64>().ok()?))
        });
        let (width, height) = sides.ok_or_else(|| format!("{size:?} is no size"))?;
        if width > 5 {
            made["metadata"]["labels"]["wide"] = "yes".into();
        }
        json!({ "width": width, "height": height })
    } else {
        made["metadata"]["labels"] = Value::Null;
        json!({ "size": format!("{}x{}", spec["width"], spec["height"]) })
    };
    if let Some(colour) = spec.get("colour") {
        made["spec"]["colour"] = colour.clone();
    }
    Ok(made)
}

fn answer(review: &Value) -> Value {
    let request = &review["request"];
    let wanted = request["desiredAPIVersion"].as_str().unwrap_or_default();
    let objects = request["objects"].as_array().into_iter().flatten();
    let made: Result<Vec<Value>, String> = objects.map(|object| convert(object, wanted)).collect();
    let mut response = match made {
        Ok(made) => json!({ "convertedObjects": made, "result": { "status": "Success" } }),
        Err(why) => json!({ "result": { "status": "Failure", "message": why } }),
    };
    response["uid"] = request["uid"].clone();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview", "response": response,
    })
}

/// A webhook that can be told to fail.
async fn converter() -> (Hook, Arc<AtomicBool>) {
    choose_provider();
    let broken = Arc::new(AtomicBool::new(false));
    let fails = Arc::clone(&broken);
    let hook = Hook::start(&["localhost"], move |_, review| {
        if fails.load(Ordering::Relaxed) {
            return Said::Status(500, "out of order");
        }
        Said::Json(answer(review))
    });
    (hook.await, broken)
}

/// The definition, with the webhook in it.
fn nets(hook: &Hook) -> String {
    let url = format!("https://localhost:{}/convert", hook.port);
    let conversion = json!({ "strategy": "Webhook", "webhook": {
        "conversionReviewVersions": ["v1"],
        "clientConfig": { "url": url, "caBundle": STANDARD.encode(&hook.authority) },
    } });
    NETS.replace("scope: Namespaced", &format!("scope: Namespaced\n  conversion: {conversion}"))
}

fn net(version: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: harbour.example.com/{version}\nkind: Net\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

#[tokio::test]
async fn a_webhook_turns_versions_into_each_other_and_its_failures_are_read() {
    alone_with_kubectl("shore", async |k| {
        let (hook, broken) = converter().await;
        define(k, &nets(&hook)).await;
        let mut following = k.follow("get nets.v2.harbour.example.com -w --no-headers");
        k.check_fed("apply -f -", &net("v1", "cod", "{size: 3x4}"), expect!["net.harbour.example.com/cod created"]).await;
        k.check_fed("apply -f -", &net("v2", "eel", "{width: 1, height: 2, colour: red}"), expect!["net.harbour.example.com/eel created"]).await;
        k.check("get nets.v1.harbour.example.com", expect![[r#"
            NAME SIZE
            cod 3x4
            eel 1x2"#]]).await;
        k.check("get nets", expect![[r#"
            NAME WIDTH HEIGHT
            cod 3 4
            eel 1 2"#]]).await;
        k.check("get nets.v2.harbour.example.com cod -o jsonpath={.spec}", expect![[r#"{"colour":"grey","height":4,"width":3}"#]]).await;
        k.check("get nets.v1.harbour.example.com eel -o jsonpath={.spec}", expect![[r#"{"colour":"red","size":"1x2"}"#]]).await;
        let seen = following.until("eel").await;
        assert!(seen.iter().any(|line| line.split_whitespace().eq(["cod", "3", "4"])), "{seen:?}");
        k.check("patch nets.v2.harbour.example.com cod --type=merge -p '{\"spec\":{\"width\":8}}'", expect!["net.harbour.example.com/cod patched"]).await;
        k.check("get nets.v1.harbour.example.com cod -o jsonpath={.spec}", expect![[r#"{"colour":"grey","size":"8x4"}"#]]).await;
        k.check("patch nets.v2.harbour.example.com cod --type=merge -p '{\"spec\":{\"width\":0}}'", expect![[r#"
            ! The Net "cod" is invalid: spec.width: Invalid value: 0: spec.width in body should be greater than or equal to 1
            [exit 1]"#]]).await;

        // Whoever watches the other version has been answered, too.
        following.until(" 8 ").await;
        let asked = hook.asked().len();
        k.ok("get nets.v1.harbour.example.com").await;
        assert_eq!(hook.asked().len(), asked, "what is stored so needs nobody");

        let ran = k.feed("apply -f -", &net("v1", "odd", "{size: huge}")).await;
        k.compare(&ran, expect!["net.harbour.example.com/odd created"]);
        let shown = k.run("get nets.v2.harbour.example.com").await;
        k.compare(&shown, expect![[r#"
            ! Error from server: conversion webhook for harbour.example.com/v1, Kind=Net failed: "huge" is no size
            [exit 1]"#]]);
        k.check("get nets.v1.harbour.example.com odd", expect![[r#"
            NAME SIZE
            odd huge"#]]).await;
        k.ok("delete nets.v1.harbour.example.com odd").await;
        broken.store(true, Ordering::Relaxed);
        k.ok("label nets.v1.harbour.example.com cod fresh=yes").await;
        let shown = k.run("get nets.v2.harbour.example.com cod").await;
        k.compare(&shown, expect![[r#"
            ! Error from server: conversion webhook for harbour.example.com/v1, Kind=Net failed: an error on the server ("out of order") has prevented the request from succeeding
            [exit 1]"#]]);
        let ran = k.feed("create -f -", &net("v2", "ray", "{width: 1, height: 1}")).await;
        k.compare(&ran, expect![[r#"
            ! Error from server: error when creating "STDIN": conversion webhook for harbour.example.com/v2, Kind=Net failed: an error on the server ("out of order") has prevented the request from succeeding
            [exit 1]"#]]);
        broken.store(false, Ordering::Relaxed);
        k.check("get nets", expect![[r#"
            NAME WIDTH HEIGHT
            cod 8 4
            eel 1 2"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn nets_are_selected_by_what_the_webhook_makes_of_them() {
    alone_with_kubectl("shore", async |k| {
        let (hook, _) = converter().await;
        define(k, &nets(&hook)).await;
        for (name, size) in [("cod", "3x4"), ("eel", "1x2"), ("ray", "8x2")] {
            let fed = net("v1", name, &format!("{{size: {size}}}"));
            let ran = k.feed("apply -f -", &fed).await;
            assert_eq!(ran.code, 0, "{ran:?}");
        }
        let v2 = "nets.v2.harbour.example.com";
        let watch = format!("get {v2} -w --no-headers --output-watch-events");
        let mut following = k.follow(&format!("{watch} --field-selector spec.width=3"));
        k.check(&format!("get {v2} --field-selector spec.width!=3"), expect![[r#"
            NAME WIDTH HEIGHT
            eel 1 2
            ray 8 2"#]]).await;
        let grey = format!("get {v2} --field-selector spec.width!=3,spec.colour=grey");
        k.check(&format!("{grey} --chunk-size=1 -o name"), expect![[r#"
            net.harbour.example.com/eel
            net.harbour.example.com/ray"#]]).await;
        k.check(&format!("get {v2} -l wide=yes -L wide"), expect![[r#"
            NAME WIDTH HEIGHT WIDE
            ray 8 2 yes"#]]).await;
        k.check("get nets.v1.harbour.example.com -l wide", expect!["! No resources found in HERE namespace."]).await;
        k.check("get nets.v1.harbour.example.com --field-selector spec.size=1x2", expect![[r#"
            NAME SIZE
            eel 1x2"#]]).await;
        k.check(&format!("get {v2} --field-selector spec.size=1x2"), expect![[r#"
            ! Error from server (BadRequest): Unable to find "harbour.example.com/v2, Resource=nets" that match label selector "", field selector "spec.size=1x2": field label not supported: spec.size
            [exit 1]"#]]).await;
        let mut seen = following.until("cod").await;
        for (name, size) in [("eel", "3x2"), ("cod", "9x9")] {
            let patch = format!("{{\"spec\":{{\"size\":\"{size}\"}}}}");
            k.ok(&format!("patch nets.v1.harbour.example.com {name} --type=merge -p '{patch}'")).await;
        }
        seen.extend(following.until("DELETED").await);
        let seen = seen.iter().map(|line| line.split_whitespace().take(3).collect());
        let seen: Vec<Vec<&str>> = seen.collect();
        assert_eq!(seen, [["ADDED", "cod", "3"], ["ADDED", "eel", "3"], ["DELETED", "cod", "3"]]);
        k.check(&format!("wait {v2} -l wide=yes --for=jsonpath={{.spec.width}} --timeout=30s"), expect![[r#"
            net.harbour.example.com/cod condition met
            net.harbour.example.com/ray condition met"#]]).await;
        k.check(&format!("delete {v2} --field-selector spec.width=8"), expect![[r#"net.harbour.example.com "ray" deleted"#]]).await;
        k.check(&format!("delete {v2} -l wide=yes"), expect![[r#"net.harbour.example.com "cod" deleted"#]]).await;
        k.check("get nets -o name", expect!["net.harbour.example.com/eel"]).await;
    })
    .await;
}
