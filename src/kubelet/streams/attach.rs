//! The output of a running container as it comes, in frames: a channel's number, a length, bytes.
//!
//! It is read from the log, line by line, so that a slow client holds up nobody and costs no memory.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use client::Key;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use http::StatusCode;
use sandbox::Stdio;
use tokio::sync::oneshot;
use tokio_util::io::StreamReader;

use super::{Refusal, Stream, Streams};
use crate::logs::{LogOptions, Reader};
use crate::pod::Message;

const STDOUT: u8 = 1;
const STDERR: u8 = 2;

/// What a client reads who wants to type.
const NO_STDIN: &str =
    "containers of this node cannot read standard input yet: what you type is not passed on";

impl Streams<'_> {
    /// Follows what a container prints from now on.
    pub(crate) async fn attach(
        &self,
        key: &Key,
        container: &str,
        query: &str,
    ) -> Result<Stream, Refusal> {
        let wants =
            |name: &str| query.split('&').any(|pair| pair.strip_prefix(name) == Some("=true"));
        let entry = self.find(key)?;
        let (answer, incarnation) = oneshot::channel();
        let question = Message::Log { container: container.to_owned(), previous: false, answer };
        let _ = entry.inbox.send(question).await;
        let incarnation = match incarnation.await {
            Ok(Ok(incarnation)) => incarnation,
            Ok(Err(why)) => return Err(Refusal::bad_request(why)),
            Err(_) => {
                let why = format!("pod \"{}\" is being removed", key.name);
                return Err(Refusal::not_found(why));
            }
        };
        let mut sources: Vec<BoxStream<'static, io::Result<Bytes>>> = Vec::new();
        if wants("stdin") {
            let (channel, end) = if wants("stderr") { (STDERR, "\n") } else { (STDOUT, "\r\n") };
            let notice = frame(channel, format!("{NO_STDIN}{end}").as_bytes());
            sources.push(stream::once(async { Ok(notice) }).boxed());
        }
        for (name, channel, stdio) in
            [("stdout", STDOUT, Stdio::Stdout), ("stderr", STDERR, Stdio::Stderr)]
        {
            let options = LogOptions {
                follow: true,
                tail_lines: Some(0),
                stdio: Some(stdio),
                ..LogOptions::default()
            };
            let reader = self.site.logs.read(&entry.pod, container, incarnation, options);
            if !reader.is_followed() {
                return Err(Refusal::bad_request(format!(
                    "container {container} in pod {} is not running",
                    key.name
                )));
            }
            if wants(name) {
                sources.push(frames(channel, reader).boxed());
            }
        }
        let output = StreamReader::new(stream::select_all(sources));
        Ok(Stream::new(tokio::io::join(output, tokio::io::sink())))
    }

    /// There is nothing to execute; says so, after it has made sure that the pod is here.
    pub(crate) fn exec(&self, key: &Key, container: &str) -> Result<Stream, Refusal> {
        self.find(key)?;
        Err(Refusal {
            status: StatusCode::NOT_IMPLEMENTED,
            message: format!(
                "cannot execute anything in container {container}: it is a WebAssembly component, \
                 which has no shell and no other programs beside its own"
            ),
        })
    }
}

fn frames(channel: u8, reader: Reader) -> impl futures::Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(reader, move |mut reader| async move {
        let next = reader.next().await?;
        Ok(next.map(|bytes| (frame(channel, &bytes), reader)))
    })
}

fn frame(channel: u8, bytes: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(bytes.len() + 5);
    frame.put_u8(channel);
    frame.put_u32(u32::try_from(bytes.len()).expect("a log is read in short pieces"));
    frame.put_slice(bytes);
    frame.freeze()
}
