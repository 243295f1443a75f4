//! What a key management plugin is asked: the gRPC service `v2.KeyManagementService` on a Unix socket (KEP-3299).

use std::collections::BTreeMap;
use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

use crate::BoxError;

/// An answer holds a key and annotations, which are at most 32 KiB.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// A plugin; it is connected to when it is first asked.
#[derive(Debug)]
pub(super) struct Plugin {
    channel: Channel,
    timeout: Duration,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StatusRequest {}

/// How the plugin is, and which of its keys seals now.
#[derive(Clone, PartialEq, Message)]
pub(super) struct StatusResponse {
    #[prost(string, tag = "1")]
    pub(super) version: String,
    #[prost(string, tag = "2")]
    pub(super) healthz: String,
    #[prost(string, tag = "3")]
    pub(super) key_id: String,
}

/// Something to be sealed.
#[derive(Clone, PartialEq, Message)]
pub(super) struct EncryptRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) plaintext: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(super) uid: String,
}

/// What was sealed, and what the plugin wants back to open it.
#[derive(Clone, PartialEq, Message)]
pub(super) struct EncryptResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) ciphertext: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(super) key_id: String,
    #[prost(btree_map = "string, bytes", tag = "3")]
    pub(super) annotations: BTreeMap<String, Vec<u8>>,
}

/// Something to be opened.
#[derive(Clone, PartialEq, Message)]
pub(super) struct DecryptRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) ciphertext: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(super) uid: String,
    #[prost(string, tag = "3")]
    pub(super) key_id: String,
    #[prost(btree_map = "string, bytes", tag = "4")]
    pub(super) annotations: BTreeMap<String, Vec<u8>>,
}

/// What was sealed once.
#[derive(Clone, PartialEq, Message)]
pub(super) struct DecryptResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) plaintext: Vec<u8>,
}

impl Plugin {
    /// At `unix:///a/socket`. Call it within a runtime.
    pub(super) fn new(endpoint: &str, timeout: Duration) -> Result<Self, BoxError> {
        let path = endpoint.strip_prefix("unix://").filter(|path| path.starts_with('/'));
        if path.is_none() {
            return Err(format!("the endpoint {endpoint:?} of kms is not unix:///a/socket").into());
        }
        let channel = Endpoint::from_shared(endpoint.to_owned())?.connect_lazy();
        Ok(Self { channel, timeout })
    }

    pub(super) async fn status(&self) -> Result<StatusResponse, String> {
        self.call("/v2.KeyManagementService/Status", StatusRequest {}).await
    }

    pub(super) async fn encrypt(&self, request: EncryptRequest) -> Result<EncryptResponse, String> {
        self.call("/v2.KeyManagementService/Encrypt", request).await
    }

    pub(super) async fn decrypt(&self, request: DecryptRequest) -> Result<DecryptResponse, String> {
        self.call("/v2.KeyManagementService/Decrypt", request).await
    }

    async fn call<Q, A>(&self, method: &'static str, request: Q) -> Result<A, String>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX);
        let asked = async {
            grpc.ready().await.map_err(|error| chain(&error))?;
            let (method, codec) =
                (PathAndQuery::from_static(method), ProstCodec::<Q, A>::default());
            let answer = grpc.unary(tonic::Request::new(request), method, codec).await;
            answer
                .map(tonic::Response::into_inner)
                .map_err(|status| format!("{:?}: {}", status.code(), status.message()))
        };
        let answer = tokio::time::timeout(self.timeout, asked).await;
        answer.unwrap_or_else(|_| Err(format!("no answer within {:?}", self.timeout)))
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
