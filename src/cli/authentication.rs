//! Flags about who clients are, under the names that kube-apiserver gives them.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use server::{Authentication, OidcSettings, RequestHeader};

#[derive(Debug, Args)]
#[command(next_help_heading = "Authentication")]
pub(super) struct AuthenticationFlags {
    /// Whether requests that name nobody are made by system:anonymous; otherwise they are refused [default: true]
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
    anonymous_auth: Option<bool>,
    /// Providers of identities, and where requests may name nobody: an authentication configuration of
    /// apiserver.config.k8s.io/v1, instead of the flags for one provider; taken up again when it changes
    #[arg(long, value_name = "FILE", conflicts_with = "issuer_url")]
    authentication_config: Option<PathBuf>,
    /// Authorities whose client certificates are accepted, besides the cluster's own (PEM)
    #[arg(long, value_name = "FILE")]
    client_ca_file: Option<PathBuf>,
    /// Authorities of the proxies that may say in headers who asks (PEM)
    #[arg(long, value_name = "FILE")]
    requestheader_client_ca_file: Option<PathBuf>,
    /// Common names of those proxies; any that the authority has signed when not given
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    requestheader_allowed_names: Vec<String>,
    /// Headers that hold the user's name
    #[arg(long, value_name = "HEADER,…", value_delimiter = ',', default_value = "X-Remote-User")]
    requestheader_username_headers: Vec<String>,
    /// Headers that hold the user's uid
    #[arg(long, value_name = "HEADER,…", value_delimiter = ',', default_value = "X-Remote-Uid")]
    requestheader_uid_headers: Vec<String>,
    /// Headers that hold groups
    #[arg(long, value_name = "HEADER,…", value_delimiter = ',', default_value = "X-Remote-Group")]
    requestheader_group_headers: Vec<String>,
    /// What headers that hold anything else start with
    #[arg(long, value_name = "P,…", value_delimiter = ',', default_value = "X-Remote-Extra-")]
    requestheader_extra_headers_prefix: Vec<String>,
    /// Tokens with their users, one `token,name,uid,"group,group"` on each line
    #[arg(long, value_name = "FILE")]
    token_auth_file: Option<PathBuf>,
    /// Who issues service-account tokens; the first one signs, all are accepted; may be repeated
    #[arg(long, value_name = "URL")]
    service_account_issuer: Vec<String>,
    /// Whom tokens have to be for [default: the issuers]
    #[arg(long, value_name = "A,…", value_delimiter = ',')]
    api_audiences: Vec<String>,
    /// Keys that service-account tokens may be signed with, besides the cluster's own (PEM); may be repeated
    #[arg(long, value_name = "FILE")]
    service_account_key_file: Vec<PathBuf>,
    /// The private key that signs service-account tokens, instead of the cluster's own (PEM)
    #[arg(long, value_name = "FILE")]
    service_account_signing_key_file: Option<PathBuf>,
    /// Where the discovery document says that the keys of service-account tokens are
    #[arg(long, value_name = "URL")]
    service_account_jwks_uri: Option<String>,
    #[command(flatten)]
    oidc: OidcFlags,
    /// A kubeconfig that says whom to ask about tokens that nobody else knows
    #[arg(long, value_name = "FILE")]
    authentication_token_webhook_config_file: Option<PathBuf>,
    /// For how many seconds its answers count
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    authentication_token_webhook_cache_ttl: u64,
}

#[derive(Debug, Args)]
struct OidcFlags {
    /// A provider of identities (`OpenID` Connect), whose tokens are accepted
    #[arg(long = "oidc-issuer-url", value_name = "URL", requires = "client_id")]
    issuer_url: Option<String>,
    /// Whom the provider's tokens have to be for
    #[arg(long = "oidc-client-id", value_name = "ID", requires = "issuer_url")]
    client_id: Option<String>,
    /// The claim that is the user's name
    #[arg(long = "oidc-username-claim", value_name = "CLAIM", default_value = "sub")]
    username_claim: String,
    /// What goes before the name, - for nothing [default: the issuer and a #, unless the claim is email]
    #[arg(long = "oidc-username-prefix", value_name = "PREFIX", allow_hyphen_values = true)]
    username_prefix: Option<String>,
    /// The claim that holds groups
    #[arg(long = "oidc-groups-claim", value_name = "CLAIM")]
    groups_claim: Option<String>,
    /// What goes before each group
    #[arg(
        long = "oidc-groups-prefix",
        value_name = "PREFIX",
        default_value = "",
        allow_hyphen_values = true
    )]
    groups_prefix: String,
    /// A claim that tokens must have, with its value; may be repeated
    #[arg(long = "oidc-required-claim", value_name = "CLAIM=VALUE")]
    required_claim: Vec<String>,
    /// Signature algorithms that are accepted
    #[arg(
        long = "oidc-signing-algs",
        value_name = "ALG,…",
        value_delimiter = ',',
        default_value = "RS256"
    )]
    signing_algs: Vec<String>,
    /// Authorities that may sign the provider's certificate [default: the system's] (PEM)
    #[arg(long = "oidc-ca-file", value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

impl AuthenticationFlags {
    pub(super) fn settings(&self) -> Result<Authentication> {
        Ok(Authentication {
            anonymous: self.anonymous_auth,
            config_file: self.authentication_config.clone(),
            client_ca_file: self.client_ca_file.clone(),
            request_header: RequestHeader {
                client_ca_file: self.requestheader_client_ca_file.clone(),
                allowed_names: self.requestheader_allowed_names.clone(),
                username_headers: self.requestheader_username_headers.clone(),
                uid_headers: self.requestheader_uid_headers.clone(),
                group_headers: self.requestheader_group_headers.clone(),
                extra_headers_prefix: self.requestheader_extra_headers_prefix.clone(),
            },
            token_auth_file: self.token_auth_file.clone(),
            service_account_issuers: self.service_account_issuer.clone(),
            api_audiences: self.api_audiences.clone(),
            service_account_key_files: self.service_account_key_file.clone(),
            service_account_signing_key_file: self.service_account_signing_key_file.clone(),
            service_account_jwks_uri: self.service_account_jwks_uri.clone(),
            oidc: self.oidc.settings()?,
            token_webhook_config_file: self.authentication_token_webhook_config_file.clone(),
            token_webhook_cache_ttl: std::time::Duration::from_secs(
                self.authentication_token_webhook_cache_ttl,
            ),
        })
    }
}

impl OidcFlags {
    fn settings(&self) -> Result<Option<OidcSettings>> {
        let (Some(issuer_url), Some(client_id)) = (&self.issuer_url, &self.client_id) else {
            return Ok(None);
        };
        let mut required_claims = Vec::new();
        for claim in &self.required_claim {
            let Some((name, value)) = claim.split_once('=') else {
                bail!("--oidc-required-claim {claim:?}: CLAIM=VALUE is wanted");
            };
            required_claims.push((name.to_owned(), value.to_owned()));
        }
        Ok(Some(OidcSettings {
            issuer_url: issuer_url.clone(),
            client_id: client_id.clone(),
            username_claim: self.username_claim.clone(),
            username_prefix: self.username_prefix.clone(),
            groups_claim: self.groups_claim.clone(),
            groups_prefix: self.groups_prefix.clone(),
            required_claims,
            signing_algs: self.signing_algs.clone(),
            ca_file: self.ca_file.clone(),
        }))
    }
}
