//! Where something that is called is, and under which path.

use http::Uri;
use http::uri::Scheme;
use serde_json::Value;

/// What answers at this address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// A host, by name or address.
    Host { host: String, port: u16 },
    /// A Service of the cluster, by the number of its port.
    Service { namespace: String, name: String, port: u16 },
}

/// An address, and what to ask for there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) address: Address,
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
    /// Begins with a slash; may contain a query. Empty when there is none.
    pub(crate) path: String,
}

impl Address {
    /// The name its certificate must be for.
    pub(crate) fn server_name(&self) -> String {
        match self {
            Self::Host { host, .. } => host.clone(),
            Self::Service { namespace, name, .. } => format!("{name}.{namespace}.svc"),
        }
    }

    /// Name and port, as in a URL.
    pub(crate) fn authority(&self) -> String {
        let (Self::Host { port, .. } | Self::Service { port, .. }) = self;
        let name = self.server_name();
        if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") }
    }
}

impl Destination {
    /// Of a URL with the scheme `http` or `https`.
    pub(crate) fn of_url(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("{url:?} is no URL: {error}"))?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(format!("{url:?} has no scheme http or https")),
        };
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        if host.is_empty() {
            return Err(format!("{url:?} names no host"));
        }
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path =
            uri.path_and_query().map(http::uri::PathAndQuery::as_str).filter(|path| *path != "/");
        Ok(Self {
            address: Address::Host { host: host.to_owned(), port },
            tls,
            path: path.unwrap_or_default().to_owned(),
        })
    }

    /// Of a reference to a Service, as webhooks and aggregated APIs have it.
    pub(crate) fn of_service(reference: &Value) -> Result<Self, String> {
        let text = |field: &str| reference[field].as_str().unwrap_or_default().to_owned();
        let port = reference["port"].as_i64().unwrap_or(443);
        let port = u16::try_from(port).map_err(|_| format!("invalid port {port}"))?;
        let address = Address::Service { namespace: text("namespace"), name: text("name"), port };
        let mut path = text("path");
        if !path.is_empty() && !path.starts_with('/') {
            path.insert(0, '/');
        }
        Ok(Self { address, tls: true, path })
    }

    /// The whole URL, with more behind the path.
    pub(crate) fn url(&self, more: &str) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{}{more}", self.address.authority(), self.path)
    }
}
