//! Programs behind the proxies of pods and Services, which are sent and answer whatever they like.

use std::convert::Infallible;

use bytes::Bytes;
use futures::SinkExt as _;
use futures::channel::mpsc;
use http::{Method, Request};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;

use crate::hostile::tenant::{Content, Tenant, whole};
use crate::support::cluster::Cluster;
use crate::support::patience::until;
use crate::support::raw::Media;

const PAGES: &str = "
apiVersion: v1
kind: Pod
metadata: {name: pages, labels: {app: pages}}
spec:
  containers: [{name: c, image: 'IMAGE', ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: pages}
spec: {selector: {app: pages}, ports: [{port: 80}]}
";

const BINARY: Media<'_> = Media { sends: "application/octet-stream", accepts: "*/*" };

async fn tenant(name: &str) -> Tenant {
    let cluster = Cluster::shared().await;
    let image = format!("localhost/test/{name}:v1");
    cluster.import_as("http-echo", &image);
    let tenant = Tenant::new(cluster, name).await;
    tenant.space.apply(&PAGES.replace("IMAGE", &image)).await;
    tenant.space.running("pages").await;
    tenant.space.said("pages", "listening").await;
    // The Service has endpoints a moment after its pod is ready.
    let service = format!("{}/pages:80/proxy/", tenant.path("services"));
    let answers = async || {
        let answer = tenant.ask(Method::GET, &service, BINARY, "").await;
        if answer.code == 200 { Ok(()) } else { Err(answer.code) }
    };
    until("an answer of the Service", answers).await;
    tenant
}

#[tokio::test]
async fn a_body_is_passed_on_however_long_it_is() {
    let tenant = tenant("proxy-long").await;
    let sent = Bytes::from(vec![b'x'; 8 << 20]);
    let path = format!("{}/pages/proxy/", tenant.path("pods"));
    for method in [Method::POST, Method::PUT, Method::GET] {
        let answer = tenant.ask(method.clone(), &path, BINARY, sent.clone()).await;
        assert!(answer.code == 200 && answer.body == sent, "{method} {:?}", answer.headers);
    }
    // Nobody reads what is sent to a pod that is not there, and the next request is answered all the same.
    let nobody = format!("{}/nobody/proxy/", tenant.path("pods"));
    let answer = tenant.ask(Method::POST, &nobody, BINARY, "a few words").await;
    assert_eq!(answer.code, 404);
    let mut sender = tenant.http1().await;
    for path in [&nobody, &path] {
        sender.ready().await.expect("the connection is kept");
        let body: Content = Full::from("a few words").boxed();
        let request = tenant.request(Method::POST, path).body(body).expect("a request");
        let answer = whole(sender.send_request(request).await.expect("an answer")).await;
        assert_eq!(answer.code == 200, path.contains("/pages/"), "{answer:?}");
    }
}

#[tokio::test]
async fn who_answers_without_reading_is_heard() {
    let tenant = Tenant::new(Cluster::shared().await, "proxy-early").await;
    tenant.space.apply(&PAGES.replace("IMAGE", "localhost/isopod/hello")).await;
    tenant.space.running("pages").await;
    let path = format!("{}/pages/proxy/", tenant.path("pods"));
    let sent = Bytes::from(vec![b'x'; 8 << 20]);
    for _ in 0..10 {
        let answer = tenant.ask(Method::POST, &path, BINARY, sent.clone()).await;
        // The program finds nobody to greet, or hangs up before all of the body was passed on.
        assert!(matches!(answer.code, 502 | 503), "{answer:?}");
    }
}

#[tokio::test]
async fn a_body_is_passed_on_as_it_comes() {
    let tenant = tenant("proxy-stream").await;
    for method in [Method::POST, Method::GET] {
        let (mut body, pieces) = mpsc::channel::<Result<Frame<Bytes>, Infallible>>(1);
        let path = format!("{}/pages:80/proxy/talk", tenant.path("services"));
        let mut request: Request<Content> = tenant
            .request(method.clone(), &path)
            .body(BodyExt::boxed(StreamBody::new(pieces)))
            .expect("a request");
        if method == Method::GET {
            let chunked = http::HeaderValue::from_static("chunked");
            request.headers_mut().insert("transfer-encoding", chunked);
        }
        let mut sender = tenant.http1().await;
        let mut answer = sender.send_request(request).await.expect("an answer before the end");
        assert_eq!(answer.status(), 200);
        for word in ["one", "two", "three"] {
            body.send(Ok(Frame::data(Bytes::from(word)))).await.expect("it is read");
            let mut heard = Vec::new();
            while heard.len() < word.len() {
                let frame = answer.body_mut().frame().await.expect("it goes on");
                heard.extend(frame.expect("it is whole").into_data().expect("data"));
            }
            assert_eq!(heard, word.as_bytes());
        }
        drop(body);
        assert_eq!(whole(answer).await.body, "");
    }
}

#[tokio::test]
async fn the_links_of_a_page_lead_by_the_proxy() {
    let tenant = tenant("proxy-pages").await;
    let page = "<!DOCTYPE html><a href=\"/docs\">/docs</a> <img src='logo.png'>";
    for (resource, name) in [("pods", "pages"), ("services", "pages:80")] {
        let path = format!("{}/{name}/proxy/", tenant.path(resource));
        let html = Media { sends: "text/html; charset=utf-8", accepts: "text/html" };
        let answer = tenant.ask(Method::POST, &path, html, page).await;
        let expected = page.replace("\"/docs", &format!("\"{path}docs"));
        assert_eq!((answer.code, answer.body), (200, Bytes::from(expected)));
        let text = Media { sends: "text/plain", accepts: "*/*" };
        assert_eq!(tenant.ask(Method::POST, &path, text, page).await.body, page);
    }
}
