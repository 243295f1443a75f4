//! Clients: how they connect, and as whom they ask.

use base::{Counter, Family, Histogram, Metrics};
use http::{Method, StatusCode};

/// Kubernetes' own bounds: from half an hour to a year.
const LEFT_BOUNDS: &[f64] = &[
    0.0,
    1_800.0,
    3_600.0,
    7_200.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    345_600.0,
    604_800.0,
    2_592_000.0,
    7_776_000.0,
    15_552_000.0,
    31_104_000.0,
];
/// Users who are told apart, as on Kubernetes; all others are one.
const TOLD_APART: &[&str] =
    &["admin", "client", "kube_proxy", "kubelet", "system:serviceaccount:kube-system:default"];
/// What the parts of this process reach the server by.
const IN_PROCESS: &str = "in-process";

#[derive(Debug)]
pub(super) struct Clients {
    pub(super) certificates: Histogram,
    pub(super) handshakes_failed: Counter,
    users: Family<Counter>,
    calls: Family<Counter>,
}

impl Clients {
    pub(super) fn new(all: &Metrics) -> Self {
        let certificates = all.histograms(
            "apiserver_client_certificate_expiration_seconds",
            "Time that was left to the client certificate of a request.",
            &[],
            LEFT_BOUNDS,
        );
        let handshakes = all.counters(
            "apiserver_tls_handshake_errors_total",
            "Connections that ended before TLS was agreed on.",
            &[],
        );
        Self {
            certificates: certificates.with(&[]),
            handshakes_failed: handshakes.with(&[]),
            users: all.counters(
                "authenticated_user_requests",
                "Requests whose user is known, by the few users that are told apart.",
                &["username"],
            ),
            calls: all.counters(
                "rest_client_requests_total",
                "Requests of this process's own parts to the API.",
                &["code", "host", "method"],
            ),
        }
    }

    pub(super) fn attributed(&self, user: &str) {
        let name = match user {
            user if TOLD_APART.contains(&user) => user,
            user if user.contains('@') => "email_id",
            _ => "other",
        };
        self.users.with(&[name]).inc();
    }

    pub(super) fn called(&self, method: &Method, code: StatusCode) {
        self.calls.with(&[code.as_str(), IN_PROCESS, method.as_str()]).inc();
    }
}
