//! Why a call did not succeed, in the words operators know from Kubernetes.

use std::fmt;
use std::io;

use rustls::CertificateError;

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) message: String,
    /// What the other side answered, if it answered at all.
    pub(crate) status: Option<u16>,
    pub(crate) timed_out: bool,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: None, timed_out: false }
    }

    /// The other side did not answer in time.
    pub(crate) fn deadline() -> Self {
        Self { timed_out: true, ..Self::new("context deadline exceeded") }
    }

    /// The other side answered that it cannot.
    pub(crate) fn answered(status: http::StatusCode, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let message = said(status.as_u16(), shortened(text.trim()));
        Self { status: Some(status.as_u16()), ..Self::new(message) }
    }

    /// No connection to a host.
    pub(crate) fn of_dial(host: &str, port: u16, error: &io::Error) -> Self {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        Self::new(match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                format!("dial tcp {host}:{port}: connect: connection refused")
            }
            _ if error.to_string().contains("lookup") => {
                format!("dial tcp: lookup {host}: no such host")
            }
            _ => format!("dial tcp {host}:{port}: {error}"),
        })
    }

    /// TLS could not be agreed on.
    pub(crate) fn of_tls(error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        Self::new(match inner {
            Some(rustls::Error::InvalidCertificate(why)) => {
                format!("tls: failed to verify certificate: x509: {}", certificate(why))
            }
            Some(why) => format!("tls: {why}"),
            None if error.kind() == io::ErrorKind::UnexpectedEof => "EOF".to_owned(),
            None => format!("tls: {error}"),
        })
    }

    /// What went wrong in the HTTP client; what a stream failed with is inside.
    pub(crate) fn of_http(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut deepest = error;
        loop {
            if let Some(failure) = deepest.downcast_ref::<Self>() {
                return failure.clone();
            }
            match deepest.source() {
                Some(source) => deepest = source,
                None => return Self::new(deepest.to_string()),
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

fn certificate(why: &CertificateError) -> String {
    match why {
        // An authority of the same name with another key is another authority.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "certificate signed by unknown authority".to_owned()
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            "certificate has expired or is not yet valid".to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented: Vec<&str> = presented.iter().map(|name| plain(name)).collect();
            let presented = presented.join(", ");
            format!("certificate is valid for {presented}, not {}", expected.to_str())
        }
        CertificateError::NotValidForName => "certificate is not valid for this name".to_owned(),
        other => other.to_string(),
    }
}

/// The name itself, which the library shows as `DnsName("name")`.
fn plain(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

/// What a client of Kubernetes makes of a code, and of the text that came with it.
fn said(code: u16, text: String) -> String {
    let known = match code {
        400 => "the server rejected our request for an unknown reason",
        401 => "the server has asked for the client to provide credentials",
        403 | 415 => return text,
        404 => "the server could not find the requested resource",
        405 => "the server does not allow this method on the requested resource",
        409 => "the server reported a conflict",
        422 => "the server rejected our request due to an error in our request",
        429 => "the server has received too many requests and has asked us to try again later",
        503 => "the server is currently unable to handle the request",
        504 => {
            "the server was unable to return a response in the time allotted, but may still be processing the request"
        }
        500.. => {
            return format!(
                "an error on the server ({text:?}) has prevented the request from succeeding"
            );
        }
        _ => {
            return format!(
                "the server responded with the status code {code} but did not return more information"
            );
        }
    };
    known.to_owned()
}

/// What of an answer is passed on: enough for a sentence, not for a page.
const QUOTED_CHARS_MAX: usize = 1_024;

fn shortened(text: &str) -> String {
    text.chars().take(QUOTED_CHARS_MAX).collect()
}
