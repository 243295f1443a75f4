//! Fetches a short text over `wasi:http/outgoing-handler`.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{Fields, IncomingResponse, OutgoingRequest, RequestOptions, Scheme};
use wasip2::io::streams::StreamError;

/// A greeting is a sentence; whoever sends more is not a greeter.
const MAX_BYTES: u64 = 4096;

/// A second for each step: a reader waits in front of a browser.
const TIMEOUT_NANOS: u64 = 1_000_000_000;

/// The text at an `http://` URL, or why it cannot be had.
pub fn text(url: &str) -> Result<String, String> {
    let response = send(url)?;
    let status = response.status();
    if status != 200 {
        return Err(format!("status {status}"));
    }
    let body = response.consume().map_err(|()| "the body is gone")?;
    let stream = body.stream().map_err(|()| "the body is gone")?;
    let mut text = Vec::new();
    loop {
        match stream.blocking_read(MAX_BYTES) {
            Ok(chunk) => text.extend_from_slice(&chunk),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => return Err(error.to_debug_string()),
        }
        if text.len() as u64 > MAX_BYTES {
            return Err(format!("more than {MAX_BYTES} bytes"));
        }
    }
    String::from_utf8(text).map_err(|_| "not text".to_owned())
}

fn send(url: &str) -> Result<IncomingResponse, String> {
    let rest = url.strip_prefix("http://").ok_or("not an http:// address")?;
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, "/"),
    };
    let request = OutgoingRequest::new(Fields::new());
    let set = request
        .set_scheme(Some(&Scheme::Http))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(path)));
    set.map_err(|()| "not a valid address")?;
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(Some(TIMEOUT_NANOS));
    let _ = options.set_first_byte_timeout(Some(TIMEOUT_NANOS));
    let _ = options.set_between_bytes_timeout(Some(TIMEOUT_NANOS));
    let response =
        outgoing_handler::handle(request, Some(options)).map_err(|code| code.to_string())?;
    response.subscribe().block();
    let answer = response.get().ok_or("no answer")?;
    answer.map_err(|()| "the answer was taken")?.map_err(|code| code.to_string())
}
