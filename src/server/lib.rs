//! The API server: Kubernetes' REST API over a [`store::Store`].
//!
//! A request passes `serve` (TLS, connections) or `in_process` (neither), then `api`, which authenticates,
//! authorises and sends it to one of: `health`, `discovery`, `openapi`, `reviews`, the `registry` (everything
//! that touches objects) or the `cache` (every read). Objects are JSON documents throughout; what differs
//! between kinds is asked of [`kinds::Kind`].
//!
//! Where the parts meet:
//!
//! - `pki`: `Pki::open` gives the TLS configuration and the administrator's kubeconfig.
//! - `config_file` reads files of `apiserver.config.k8s.io`; `reload` looks at files again while the server runs.
//! - `bootstrap`: `bootstrap::run` makes the objects every cluster has; called once, before the
//!   server is ready.
//! - `definitions`: serves the kinds that `CustomResourceDefinition`s make; `Definitions::settled` is waited for by
//!   whoever wrote one.
//! - `discovery`, `openapi`: `respond(catalog, request)` answers the paths that are theirs, or `None`.
//! - `reviews`: `answer(api, served, identity, document)` fills in the answer of a kind that is a question
//!   ([`kinds::Kind::virtual_review`]).
//! - `authorize`: `Authorizer` decides for requests and reviews (`decide`, `rights`) and admission (`require`,
//!   `check_grant`), itself or by asking webhooks.
//! - `authenticate`: `Authenticators` finds out who makes a request (`authenticate`) and whom a token stands for
//!   (`review`).
//! - `tokens`: `Tokens` checks service-account tokens and answers `serviceaccounts/token` (`issue`); `issuer`
//!   publishes what others need to check them.
//! - `admission`: `Admission::admit(&mut Attributes)` is asked before each write and may change the object;
//!   `Admission::check` is asked once it is valid and may refuse it. Quotas are counted there, in memory;
//!   `quota_status` writes them down.
//! - `allocate`: `Allocators::assign` claims a Service's addresses and ports before it is stored; a `Reservation`
//!   holds the claims until the write is over, and what is stored is learned from the cache.
//! - `outgoing`: `Outgoing` connects to hosts, Services and pods; a `Remote` is one of them, made from a
//!   `clientConfig`, a Service or a kubeconfig, and asked with `post` or `send`.
//! - `usage`: `answer` says what nodes and pods use, which is measured then and stored nowhere.
//! - `record`: what becomes known of a request on its way; `metrics` counts it.
//! - `audit`: `Auditor` writes down what the policy wants; `backup` copies the store and the keys.
//! - `encryption`: a store around the store, if the operator wants one.
//! - `fairness`: `Fairness::admit` is asked before each request is looked at closer, and makes it wait its turn.
//! - `health`: `/livez` and `/readyz`; `zpages`: `/statusz` and `/flagz`.
//! - `streaming`: `Streaming` answers the subresources that are streams and not documents.

mod admission;
mod advertise;
mod aggregation;
mod allocate;
mod answers;
mod api;
mod audit;
mod authenticate;
mod authorize;
pub mod backup;
mod body;
mod bootstrap;
mod cache;
mod catalog;
mod config_file;
mod connection;
mod conversion;
mod definitions;
mod discovery;
mod encryption;
mod error;
mod expiry;
mod fairness;
mod health;
mod identity;
mod in_process;
mod index;
mod issuer;
mod metrics;
mod negotiate;
mod nodes;
mod openapi;
mod operations;
mod outgoing;
mod pki;
mod policy_status;
mod publish;
mod query;
mod quota_status;
mod record;
mod registry;
mod reload;
mod request;
mod respond;
mod reviews;
mod room;
mod serve;
mod server;
mod signing;
mod stored_kind;
mod streaming;
mod tokens;
mod usage;
mod version;
mod view;
mod zpages;

#[cfg(test)]
mod testing;

pub use authenticate::{Authentication, OidcSettings, RequestHeader};
pub use body::{Body, BoxBody, BoxError};
pub use connection::STOP_GRACE;
pub use error::Error;
pub use identity::User;
pub use in_process::InProcess;
pub use nodes::{ByteStream, NoNodes, NodeStream, NodeTransport, Opened};
pub use operations::{
    Audit, AuditLog, AuditMode, AuditWebhook, Authorization, CertificateFiles, Encryption,
    Operations, ServingSettings, TlsVersion,
};
pub use pki::{certificate_end, rotate_service_account_key};
pub use server::{Config, Server};
pub use version::Version;
