//! How clients may prove who they are, as flags say it.

use std::path::PathBuf;

use crate::tokens::ISSUER;

/// How clients may prove who they are. What is not set is not asked.
#[derive(Debug, Clone)]
pub struct Authentication {
    /// Whether requests that name nobody are made by `system:anonymous` or refused; the former, when nothing says so.
    pub anonymous: Option<bool>,
    /// Says which providers' tokens are accepted, and where requests may name nobody: an `AuthenticationConfiguration`
    /// (KEP-3331), instead of `oidc`.
    pub config_file: Option<PathBuf>,
    /// Certificates of authorities whose client certificates are accepted, besides the cluster's own.
    pub client_ca_file: Option<PathBuf>,
    /// The proxies that may say in headers who asks.
    pub request_header: RequestHeader,
    /// Tokens with their users: `token,name,uid,"group,group"` on each line.
    pub token_auth_file: Option<PathBuf>,
    /// Who issues service-account tokens; the first one signs, all are accepted.
    pub service_account_issuers: Vec<String>,
    /// Whom tokens have to be for; the issuers, when empty.
    pub api_audiences: Vec<String>,
    /// Keys that service-account tokens may be signed with, besides the cluster's own.
    pub service_account_key_files: Vec<PathBuf>,
    /// The private key that signs them, instead of the cluster's own.
    pub service_account_signing_key_file: Option<PathBuf>,
    /// Where the discovery document says that the public keys are.
    pub service_account_jwks_uri: Option<String>,
    /// An `OpenID` Connect provider.
    pub oidc: Option<OidcSettings>,
    /// A kubeconfig that says whom to ask about tokens that nobody else knows.
    pub token_webhook_config_file: Option<PathBuf>,
    /// How long its answers count.
    pub token_webhook_cache_ttl: std::time::Duration,
}

/// The proxies that may say in headers who asks.
#[derive(Debug, Clone)]
pub struct RequestHeader {
    /// Who signs their certificates; without it none is believed.
    pub client_ca_file: Option<PathBuf>,
    /// The common names of the proxies; any that the authority has signed, when empty.
    pub allowed_names: Vec<String>,
    /// The headers that may hold the user's name.
    pub username_headers: Vec<String>,
    /// The headers that may hold the user's uid.
    pub uid_headers: Vec<String>,
    /// The headers that hold groups.
    pub group_headers: Vec<String>,
    /// What headers that hold anything else start with.
    pub extra_headers_prefix: Vec<String>,
}

/// An `OpenID` Connect provider and how its claims become users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// The provider; its discovery document is below.
    pub issuer_url: String,
    /// Whom the tokens have to be for.
    pub client_id: String,
    /// The claim that is the user's name.
    pub username_claim: String,
    /// What goes before the name; `-` for nothing. Without it the issuer, unless the claim is `email`.
    pub username_prefix: Option<String>,
    /// The claim that holds groups.
    pub groups_claim: Option<String>,
    /// What goes before each group.
    pub groups_prefix: String,
    /// Claims a token must have, with their values.
    pub required_claims: Vec<(String, String)>,
    /// Signature algorithms that are accepted.
    pub signing_algs: Vec<String>,
    /// Who signs the provider's certificate; the system's authorities when absent.
    pub ca_file: Option<PathBuf>,
}

impl Default for Authentication {
    fn default() -> Self {
        Self {
            anonymous: None,
            config_file: None,
            client_ca_file: None,
            request_header: RequestHeader::default(),
            token_auth_file: None,
            service_account_issuers: Vec::new(),
            api_audiences: Vec::new(),
            service_account_key_files: Vec::new(),
            service_account_signing_key_file: None,
            service_account_jwks_uri: None,
            oidc: None,
            token_webhook_config_file: None,
            token_webhook_cache_ttl: std::time::Duration::from_mins(2),
        }
    }
}

impl Default for RequestHeader {
    fn default() -> Self {
        let one = |name: &str| vec![name.to_owned()];
        Self {
            client_ca_file: None,
            allowed_names: Vec::new(),
            username_headers: one("X-Remote-User"),
            uid_headers: one("X-Remote-Uid"),
            group_headers: one("X-Remote-Group"),
            extra_headers_prefix: one("X-Remote-Extra-"),
        }
    }
}

impl Default for OidcSettings {
    fn default() -> Self {
        Self {
            issuer_url: String::new(),
            client_id: String::new(),
            username_claim: "sub".to_owned(),
            username_prefix: None,
            groups_claim: None,
            groups_prefix: String::new(),
            required_claims: Vec::new(),
            signing_algs: vec!["RS256".to_owned()],
            ca_file: None,
        }
    }
}

impl Authentication {
    /// Who issues service-account tokens.
    pub(crate) fn issuers(&self) -> Vec<String> {
        match self.service_account_issuers.as_slice() {
            [] => vec![ISSUER.to_owned()],
            issuers => issuers.to_vec(),
        }
    }

    /// Whom tokens have to be for.
    pub(crate) fn audiences(&self) -> Vec<String> {
        if self.api_audiences.is_empty() { self.issuers() } else { self.api_audiences.clone() }
    }
}
