use http::Request;
use http_body_util::Full;
use serde_json::Value;

use crate::authenticate::Peer;
use crate::testing::Fixture;
use crate::{Authentication, RequestHeader};

const INFO: &str = "/api/v1/namespaces/kube-public/configmaps/cluster-info";
const EXTENSION: &str =
    "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";

#[tokio::test(start_paused = true)]
async fn a_stranger_finds_the_cluster_and_an_api_server_finds_whom_to_believe() {
    let server = Fixture::new().await;
    let request = Request::get(INFO).body(Full::<bytes::Bytes>::default()).unwrap();
    let answer = std::sync::Arc::clone(&server.api).handle(request, Peer::Unknown).await;
    let info = crate::testing::read(answer).await.expect(200);
    let kubeconfig = info["data"]["kubeconfig"].as_str().unwrap();
    let kubeconfig: Value = serde_json::from_str(kubeconfig).unwrap();
    assert_eq!(kubeconfig["clusters"][0]["cluster"]["server"], "https://127.0.0.1:6443");

    let extension = server.get(EXTENSION).await.expect(200);
    let text = |key: &str| extension["data"][key].as_str().unwrap();
    assert_eq!(text("requestheader-allowed-names"), r#"["front-proxy-client"]"#);
    assert_eq!(text("requestheader-username-headers"), r#"["X-Remote-User"]"#);
    assert!(text("client-ca-file").starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(text("requestheader-client-ca-file").starts_with("-----BEGIN CERTIFICATE-----"));
    assert_ne!(text("client-ca-file"), text("requestheader-client-ca-file"));
}

#[tokio::test(start_paused = true)]
async fn an_api_server_believes_the_usual_headers_too_when_proxies_have_others() {
    let request_header = RequestHeader {
        username_headers: vec!["X-Corp-User".to_owned()],
        group_headers: vec!["X-Corp-Group".to_owned(), "x-remote-group".to_owned()],
        ..RequestHeader::default()
    };
    let settings = Authentication { request_header, ..Authentication::default() };
    let server = Fixture::with_authentication(settings).await;
    let extension = server.get(EXTENSION).await.expect(200);
    let text = |key: &str| extension["data"][key].as_str().unwrap();
    assert_eq!(text("requestheader-username-headers"), r#"["X-Corp-User","X-Remote-User"]"#);
    assert_eq!(text("requestheader-group-headers"), r#"["X-Corp-Group","x-remote-group"]"#);
    assert_eq!(text("requestheader-extra-headers-prefix"), r#"["X-Remote-Extra-"]"#);
}
