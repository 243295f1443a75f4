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
        k.check("get knots.v1beta1.harbour.example.com -o 'jsonpath={.items[*].apiVersion}'", expect!["harbour.example.com/v1beta1"]).await;
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
        k.check("get crd knots.harbour.example.com -o jsonpath={.status.storedVersions}", expect![[r#"["v1","v2"]"#]]).await;
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

/// `v1` has `spec.size: 3x4`, `v2` has `spec.width` and `spec.height`.
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
        json!({ "width": width, "height": height })
    } else {
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

#[tokio::test]
async fn a_webhook_turns_versions_into_each_other_and_its_failures_are_read() {
    alone_with_kubectl("shore", async |k| {
        let (hook, broken) = converter().await;
        let url = format!("https://localhost:{}/convert", hook.port);
        let conversion = json!({ "strategy": "Webhook", "webhook": {
            "conversionReviewVersions": ["v1"],
            "clientConfig": { "url": url, "caBundle": STANDARD.encode(&hook.authority) },
        } });
        let nets = NETS.replace("scope: Namespaced", &format!("scope: Namespaced\n  conversion: {conversion}"));
        define(k, &nets).await;
        let net = |version: &str, name: &str, spec: &str| {
            format!("apiVersion: harbour.example.com/{version}\nkind: Net\nmetadata: {{name: {name}}}\nspec: {spec}\n")
        };
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
