use std::collections::BTreeMap;

use http::{Method, Request};
use http_body_util::Full;
use serde_json::json;

use crate::User;
use crate::testing::Fixture;

/// The value of the only sample whose name and labels contain all of this.
fn value(text: &str, parts: &[&str]) -> Option<f64> {
    let found =
        |line: &&str| !line.starts_with('#') && parts.iter().all(|part| line.contains(part));
    let mut lines = text.lines().filter(found);
    let line = lines.next()?;
    assert_eq!(lines.next(), None, "more than one sample has {parts:?}");
    line.rsplit_once(' ')?.1.parse().ok()
}

async fn scrape(server: &Fixture) -> String {
    let reply = server.get("/metrics").await;
    assert_eq!(reply.code, 200);
    assert!(
        reply.headers["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4")
    );
    String::from_utf8(reply.body.to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_by_what_they_ask_for_and_how_they_end() {
    let server = Fixture::new().await;
    let maps = "/api/v1/namespaces/default/configmaps";
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    server.post(maps, &map).await.expect(201);
    server.post(&format!("{maps}?dryRun=All"), &map).await.expect(409);
    server.get(&format!("{maps}/a")).await.expect(200);
    server.get(&format!("{maps}/a")).await.expect(200);
    server.get(&format!("{maps}/b")).await.expect(404);
    server.apply(&format!("{maps}/c"), "me", &map).await;
    let text = scrape(&server).await;
    let count = |verb: &str, code: &str, scope: &str, dry_run: &str| {
        let labels = format!(
            "apiserver_request_total{{verb=\"{verb}\",group=\"\",version=\"v1\",resource=\"configmaps\",\
             subresource=\"\",scope=\"{scope}\",code=\"{code}\",dry_run=\"{dry_run}\",\
             component=\"apiserver\"}}"
        );
        value(&text, &[&labels])
    };
    assert_eq!(count("POST", "201", "resource", ""), Some(1.0));
    assert_eq!(count("POST", "409", "resource", "All"), Some(1.0));
    assert_eq!(count("GET", "200", "resource", ""), Some(2.0));
    assert_eq!(count("GET", "404", "resource", ""), Some(1.0));
    assert!(text.contains("apiserver_request_total{verb=\"APPLY\""), "{text}");
    let sizes = ["apiserver_response_sizes_count", "verb=\"GET\"", "resource=\"configmaps\""];
    assert_eq!(value(&text, &sizes), Some(3.0));
    let list = server.get("/api/v1/configmaps").await.expect(200);
    let stored = u32::try_from(list["items"].as_array().unwrap().len()).unwrap();
    let objects = value(&text, &["apiserver_storage_objects{resource=\"configmaps\"}"]);
    assert_eq!(objects, Some(f64::from(stored)));
}

#[tokio::test(start_paused = true)]
async fn names_that_do_not_exist_are_no_labels() {
    let server = Fixture::new().await;
    server.get("/api/v1/namespaces/default/nonsense").await;
    server.get("/apis/made.up/v7/things/one/part").await;
    server.get("/api/v1/namespaces/default/pods/one/invented").await;
    server.get("/wayward/path").await;
    let text = scrape(&server).await;
    for made_up in ["nonsense", "made.up", "things", "invented", "wayward"] {
        assert!(!text.contains(made_up), "{made_up}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_counts_as_open_until_it_ends() {
    let server = Fixture::new().await;
    let watch = server.watch("/api/v1/configmaps?watch=1").await;
    let text = scrape(&server).await;
    let open = ["apiserver_longrunning_requests", "verb=\"WATCH\"", "resource=\"configmaps\""];
    assert_eq!(value(&text, &open), Some(1.0));
    let registered = ["apiserver_registered_watchers", "resource=\"configmaps\""];
    assert_eq!(value(&text, &registered), Some(1.0));
    let total = ["apiserver_request_total", "verb=\"WATCH\"", "resource=\"configmaps\""];
    assert_eq!(value(&text, &total), Some(0.0));
    drop(watch);
    let text = scrape(&server).await;
    assert_eq!(value(&text, &open), Some(0.0));
    assert_eq!(value(&text, &registered), None);
    assert_eq!(value(&text, &total), Some(1.0));
    assert!(!text.contains("apiserver_request_sli_duration_seconds_count{verb=\"WATCH\""));
}

#[tokio::test]
async fn a_watch_over_websocket_counts_as_open_like_others() {
    let server = Fixture::new().await;
    let watch = server.websocket("/api/v1/configmaps?watch=1").await.unwrap();
    let text = scrape(&server).await;
    let open = ["apiserver_longrunning_requests", "verb=\"WATCH\"", "resource=\"configmaps\""];
    assert_eq!(value(&text, &open), Some(1.0));
    let took = "apiserver_request_duration_seconds_count{verb=\"WATCH\"";
    let took = value(&text, &[took, "resource=\"configmaps\""]);
    assert!(took.is_none_or(|count| count < 1.0), "{took:?}");
    drop(watch);
}

#[tokio::test(start_paused = true)]
async fn metrics_are_for_those_who_may_read_the_path() {
    let server = Fixture::new().await;
    let ask = async |user: User| {
        let request = Request::builder().method(Method::GET).uri("/metrics");
        server.send(user, request.body(Full::default()).unwrap()).await.code
    };
    assert_eq!(ask(User::new("somebody", &[])).await, 403);
    assert_eq!(ask(User::new("prometheus", &["system:monitoring"])).await, 200);
}

#[tokio::test(start_paused = true)]
async fn every_family_has_its_help_and_type_once_and_before_its_samples() {
    let server = Fixture::new().await;
    server.get("/api/v1/pods").await;
    let text = scrape(&server).await;
    let mut families = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, sort) = rest.split_once(' ').unwrap();
            assert_eq!(families.insert(name.to_owned(), sort.to_owned()), None, "{name} twice");
            name.clone_into(&mut current);
        } else if !line.starts_with('#') {
            assert!(line.starts_with(&current), "{line} is not of {current}");
        }
    }
    for name in ["apiserver_request_total", "apiserver_request_duration_seconds"] {
        assert!(families.contains_key(name), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_alerts_are_made_of_is_counted() {
    let server = Fixture::new().await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let maps = "/api/v1/namespaces/default/configmaps";
    server.post(maps, &map).await.expect(201);
    server.post("/api/v1/namespaces/absent/configmaps", &map).await.expect(404);
    server
        .send(User::new("ann@example.org", &[]), Request::get(maps).body(Full::default()).unwrap())
        .await;
    // Nobody comes to a revision that is so far ahead, and the client would not wait.
    let ahead = format!("{maps}?resourceVersion=99999999&timeout=1ms");
    server.get(&ahead).await.failure(504, "Timeout");
    let text = scrape(&server).await;
    let positive = |parts: &[&str]| {
        assert!(value(&text, parts).is_some_and(|value| value > 0.0), "{parts:?} in {text}");
    };
    positive(&["kubernetes_build_info{", "git_version=\"v1.35.0+isopod\"", "major=\"1\""]);
    positive(&["rest_client_requests_total{code=\"201\"", "method=\"POST\""]);
    positive(&["authenticated_user_requests{username=\"email_id\"}"]);
    positive(&["authenticated_user_requests{username=\"other\"}"]);
    for step in ["admit", "validate"] {
        let name = "apiserver_admission_step_admission_duration_seconds_count";
        positive(&[name, &format!("type=\"{step}\",operation=\"CREATE\",rejected=\"false\"")]);
    }
    let plugins = "apiserver_admission_controller_admission_duration_seconds_count";
    let labels = |name: &str, part: &str, rejected: bool| {
        let labels = format!("name=\"{name}\",type=\"{part}\",operation=\"CREATE\"");
        format!("{labels},rejected=\"{rejected}\"")
    };
    for (name, part) in [("NamespaceLifecycle", "admit"), ("ResourceQuota", "validate")] {
        positive(&[plugins, &labels(name, part, false)]);
    }
    assert_eq!(value(&text, &[plugins, &labels("LimitRanger", "validate", true)]), None);
    positive(&[plugins, &labels("NamespaceLifecycle", "admit", true)]);
    let executed = "apiserver_flowcontrol_request_execution_seconds_count";
    positive(&[executed, "priority_level=\"exempt\",flow_schema=\"exempt\",type=\"regular\""]);
    let ended = "apiserver_request_terminations_total{verb=\"LIST\"";
    assert_eq!(value(&text, &[ended, "resource=\"configmaps\"", "code=\"504\""]), Some(1.0));
    for name in [
        "apiserver_tls_handshake_errors_total 0",
        "apiserver_client_certificate_expiration_seconds_count 0",
    ] {
        assert!(text.contains(name), "{name}");
    }
}
