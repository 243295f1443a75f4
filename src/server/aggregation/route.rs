//! One group and version that another API server has.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;
use serde_json::Value;
use tokio::sync::Notify;

use super::status::Verdict;
use crate::outgoing::{
    Address, ClientCertificate, Destination, Outgoing, Remote, Settings, Trust, tls,
};

/// The way to another API server, as an `APIService` describes it.
#[derive(Debug)]
pub(crate) struct Route {
    /// The object's own name, `<version>.<group>`.
    pub(super) name: String,
    pub(super) group: String,
    pub(super) version: String,
    pub(super) group_priority: i64,
    pub(super) version_priority: i64,
    /// Which object this was made of.
    pub(super) uid: String,
    /// What the object said when this was made.
    pub(super) spec: Value,
    pub(super) service: Service,
    /// How to reach it; an error that says why not.
    pub(super) way: Result<Way, String>,
    pub(super) known: Mutex<Known>,
    /// Told when a request did not get through: it is time to look again.
    pub(super) doubt: Arc<Notify>,
}

/// The Service in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) port: u16,
}

/// A way to a server, with its connections.
#[derive(Debug)]
pub(super) struct Way {
    /// For requests with an answer.
    pub(super) remote: Remote,
    /// For connections that become streams.
    pub(super) address: Address,
    pub(super) tls: Arc<ClientConfig>,
}

/// What was last heard of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// None before the first look.
    pub(super) verdict: Option<Verdict>,
    /// The version's entry in the aggregated style of discovery.
    pub(super) discovery: Option<Value>,
    /// Where its `OpenAPI` document is, with its hash.
    pub(super) openapi: Option<String>,
}

impl Route {
    /// Of an `APIService` that names a Service.
    pub(super) fn new(
        outgoing: &Arc<Outgoing>,
        certificate: &ClientCertificate,
        object: &Value,
    ) -> Option<Self> {
        let spec = &object["spec"];
        let reference = spec.get("service").filter(|reference| reference.is_object())?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let service = Service {
            namespace: text(&reference["namespace"]),
            name: text(&reference["name"]),
            port: reference["port"]
                .as_u64()
                .and_then(|port| u16::try_from(port).ok())
                .unwrap_or(443),
        };
        Some(Self {
            name: text(&object["metadata"]["name"]),
            group: text(&spec["group"]),
            version: text(&spec["version"]),
            group_priority: spec["groupPriorityMinimum"].as_i64().unwrap_or_default(),
            version_priority: spec["versionPriority"].as_i64().unwrap_or_default(),
            uid: text(&object["metadata"]["uid"]),
            spec: spec.clone(),
            service,
            way: Way::new(outgoing, certificate, spec, reference),
            known: Mutex::default(),
            doubt: Arc::default(),
        })
    }

    /// Whether an object is the one this was made of, and says the same.
    pub(super) fn is_of(&self, object: &Value) -> bool {
        object["metadata"]["uid"] == self.uid && object["spec"] == self.spec
    }

    /// Its path.
    pub(super) fn path(&self) -> String {
        format!("/apis/{}/{}", self.group, self.version)
    }

    pub(super) fn known(&self) -> Known {
        self.known.lock().expect("nobody panics with it").clone()
    }

    pub(super) fn is_available(&self) -> bool {
        let known = self.known.lock().expect("nobody panics with it");
        known.verdict.as_ref().is_some_and(|verdict| verdict.available)
    }
}

impl Way {
    fn new(
        outgoing: &Arc<Outgoing>,
        certificate: &ClientCertificate,
        spec: &Value,
        reference: &Value,
    ) -> Result<Self, String> {
        let trust = match spec["caBundle"].as_str() {
            _ if spec["insecureSkipTLSVerify"] == true => Trust::Anything,
            Some(text) if !text.is_empty() => {
                Trust::Authorities(STANDARD.decode(text).map_err(|error| error.to_string())?)
            }
            _ => Trust::System,
        };
        let destination = Destination::of_service(reference)?;
        let address = destination.address.clone();
        // Streams are switched to on HTTP/1.1 only.
        let tls = tls::config(&trust, Some(certificate), &[b"http/1.1"])?;
        let settings = Settings {
            trust,
            certificate: Some(certificate.clone()),
            ..Settings::new(destination)
        };
        Ok(Self { remote: Remote::new(outgoing, settings)?, address, tls })
    }
}
