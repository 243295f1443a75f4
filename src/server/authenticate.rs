//! Finds out who makes a request.
//!
//! Asked in Kubernetes' order, the first that knows decides: a proxy that is believed, the connection's client
//! certificate, a bearer token. A token is shown in turn to the file of tokens, the service accounts and the
//! bootstrap Secrets. A request with a token that nobody knows is refused; one without any sign of who makes it is
//! made by nobody.

mod bearer;
mod certificate;
mod front_proxy;
mod settings;
mod token_file;

use std::path::Path;
use std::sync::Arc;

use base::Clock;
use http::HeaderMap;
use machinery::ApiError;
use tracing::debug;

pub(crate) use certificate::{AnyCertificate, Authorities, Certificate};
pub use settings::{Authentication, RequestHeader};

use crate::catalog::Catalog;
use crate::identity::Identity;
use crate::pki::Pki;
use crate::tokens::{Recognised, Tokens};
use crate::{BoxError, Config, Error};
use front_proxy::FrontProxy;
use token_file::TokenFile;

/// What the transport knows of the other end of a connection.
#[derive(Debug, Clone)]
pub(crate) enum Peer {
    /// Who it is: a part of this process.
    Known(Arc<Identity>),
    /// A client certificate that some authority has signed.
    Certified(Arc<Certificate>),
    /// A client certificate that means nothing here.
    Stranger,
    /// Nothing.
    Unknown,
}

/// Everybody who can tell who somebody is.
#[derive(Debug)]
pub(crate) struct Authenticators {
    authorities: Authorities,
    front_proxy: FrontProxy,
    token_file: Option<TokenFile>,
    tokens: Tokens,
    anonymous: Option<Arc<Identity>>,
    clock: Clock,
}

impl Authenticators {
    pub(crate) fn new(config: &Config, pki: &Pki, catalog: Arc<Catalog>) -> Result<Self, Error> {
        let tokens = Tokens::new(pki, config, catalog)?;
        Self::make(config, pki, tokens).map_err(Error::Authentication)
    }

    fn make(config: &Config, pki: &Pki, tokens: Tokens) -> Result<Self, BoxError> {
        let settings = &config.authentication;
        let mut clients = vec![pki.authority_pem().to_owned()];
        clients.extend(settings.client_ca_file.as_deref().map(read_file).transpose()?);
        let proxies =
            settings.request_header.client_ca_file.as_deref().map(read_file).transpose()?;
        let token_file = settings
            .token_auth_file
            .as_deref()
            .map(|file| TokenFile::parse(&read_file(file)?).map_err(|error| named(file, &error)));
        Ok(Self {
            authorities: Authorities::new(&clients, proxies.as_deref(), config.clock.clone())?,
            front_proxy: FrontProxy::new(&settings.request_header)?,
            token_file: token_file.transpose()?,
            tokens,
            anonymous: settings.anonymous.then(|| Arc::new(Identity::anonymous())),
            clock: config.clock.clone(),
        })
    }

    pub(crate) fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// What a connection's client certificate says of it.
    pub(crate) fn peer(&self, chain: &[rustls_pki_types::CertificateDer<'_>]) -> Peer {
        if chain.is_empty() {
            return Peer::Unknown;
        }
        match self.authorities.examine(chain) {
            Some(known) if known.client.is_some() || known.proxy.is_some() => {
                Peer::Certified(Arc::new(known))
            }
            _ => Peer::Stranger,
        }
    }

    /// The identity of a request.
    pub(crate) fn authenticate(
        &self,
        headers: &HeaderMap,
        peer: &Peer,
    ) -> Result<Arc<Identity>, ApiError> {
        let stranger = match peer {
            Peer::Known(identity) => return Ok(Arc::clone(identity)),
            Peer::Certified(certificate) => match self.certified(certificate, headers) {
                Some(identity) => return Ok(identity),
                None => certificate.proxy.is_none(),
            },
            Peer::Stranger => true,
            Peer::Unknown => false,
        };
        if let Some(token) = bearer::token(headers)? {
            return match self.identify(&token) {
                Ok(identity) => Ok(identity),
                Err(why) => {
                    debug!(%why, "a bearer token is refused");
                    Err(ApiError::unauthorized())
                }
            };
        }
        match &self.anonymous {
            Some(anonymous) if !stranger => Ok(Arc::clone(anonymous)),
            _ => Err(ApiError::unauthorized()),
        }
    }

    /// By the certificate of the connection: the user a proxy speaks for, or the one the certificate names.
    fn certified(&self, certificate: &Certificate, headers: &HeaderMap) -> Option<Arc<Identity>> {
        if !certificate.is_valid(self.clock.now()) {
            return None;
        }
        let proxy = certificate.proxy.as_deref();
        match proxy.and_then(|proxy| self.front_proxy.user(proxy, headers)) {
            Some(user) => Some(Arc::new(Identity::new(user))),
            None => certificate.client.clone(),
        }
    }

    /// Whom a token for this server stands for.
    fn identify(&self, token: &str) -> Result<Arc<Identity>, String> {
        if let Some(identity) = self.token_file.as_ref().and_then(|file| file.identify(token)) {
            return Ok(identity);
        }
        let refusal = match self.tokens.identify(token) {
            Ok(Some(identity)) => return Ok(identity),
            Ok(None) => None,
            Err(refusal) => Some(refusal),
        };
        if let Some(user) = self.tokens.bootstrap(token) {
            return Ok(Arc::new(Identity::new(user)));
        }
        Err(complaint(refusal))
    }

    /// Whom a token stands for, and for which of `audiences` it is; whoever asks names none to mean this server.
    pub(crate) fn review(&self, token: &str, audiences: &[String]) -> Result<Recognised, String> {
        let own = self.tokens.audiences();
        let audiences = if audiences.is_empty() { own } else { audiences };
        // Who knows nothing of audiences knows tokens for this server.
        let meant: Vec<String> =
            audiences.iter().filter(|audience| own.contains(audience)).cloned().collect();
        if let Some(identity) = self.token_file.as_ref().and_then(|file| file.identify(token))
            && !meant.is_empty()
        {
            return Ok((identity, meant));
        }
        let refusal = match self.tokens.authenticate(token, audiences) {
            Ok(Some(recognised)) => return Ok(recognised),
            Ok(None) => None,
            Err(refusal) => Some(refusal),
        };
        match self.tokens.bootstrap(token) {
            Some(user) if !meant.is_empty() => Ok((Arc::new(Identity::new(user)), meant)),
            _ => Err(complaint(refusal)),
        }
    }
}

fn complaint(refusal: Option<&str>) -> String {
    match refusal {
        Some(refusal) => format!("[invalid bearer token, {refusal}]"),
        None => "invalid bearer token".to_owned(),
    }
}

/// Reads a file that a flag names.
pub(crate) fn read_file(path: &Path) -> Result<String, BoxError> {
    std::fs::read_to_string(path).map_err(|error| named(path, &error.into()))
}

fn named(path: &Path, error: &BoxError) -> BoxError {
    format!("{}: {error}", path.display()).into()
}
