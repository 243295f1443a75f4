//! Answers every request with its pod's name and a sentence fetched from another Service.

mod fetch;

use std::env;

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};

/// Where the sentence comes from unless `GREETING_URL` says otherwise: a Service of the same namespace.
const GREETING_URL: &str = "http://greeting/";

struct Hello;

wasip2::http::proxy::export!(Hello);

impl Guest for Hello {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let (status, text) = match path.split('?').next() {
            Some("/healthz") => (200, "ok\n".to_owned()),
            _ => greet(),
        };
        answer(out, status, &text);
    }
}

fn greet() -> (u16, String) {
    let pod = env::var("POD_NAME").or_else(|_| env::var("HOSTNAME"));
    let pod = pod.unwrap_or_else(|_| "a nameless pod".to_owned());
    let url = env::var("GREETING_URL").unwrap_or_else(|_| GREETING_URL.to_owned());
    match fetch::text(&url) {
        Ok(greeting) => (200, format!("Hello from {pod}. {}\n", greeting.trim())),
        Err(error) => (502, format!("Hello from {pod}. No greeting from {url}: {error}\n")),
    }
}

fn answer(out: ResponseOutparam, status: u16, text: &str) {
    let headers = Fields::new();
    let _ = headers.set("content-type", &[b"text/plain; charset=utf-8".to_vec()]);
    let _ = headers.set("content-length", &[text.len().to_string().into_bytes()]);
    let response = OutgoingResponse::new(headers);
    response.set_status_code(status).expect("the status is a valid one");
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("the stream is taken once");
    if stream.blocking_write_and_flush(text.as_bytes()).is_ok() {
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
    }
}
