//! Flags about who clients are, under the names that kube-apiserver gives them.

use std::path::PathBuf;

use clap::Args;
use server::{Authentication, RequestHeader};

#[derive(Debug, Args)]
#[command(next_help_heading = "Authentication")]
pub(super) struct AuthenticationFlags {
    /// Whether requests that name nobody are made by system:anonymous; otherwise they are refused
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    anonymous_auth: bool,
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
}

impl AuthenticationFlags {
    pub(super) fn settings(&self) -> Authentication {
        Authentication {
            anonymous: self.anonymous_auth,
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
        }
    }
}
