//! Finds out who makes a request.
//!
//! Asked in Kubernetes' order, the first that knows decides: a proxy that is believed, the connection's client
//! certificate, a bearer token. A token is shown in turn to the file of tokens, the service accounts, the bootstrap
//! Secrets, the providers of identities and the service that reviews tokens; only the last two may have to ask
//! elsewhere. A request with a token that nobody knows is refused; one without any sign of who makes it is
//! made by nobody.

mod bearer;
mod certificate;
mod configuration;
mod front_proxy;
mod oidc;
mod providers;
mod settings;
mod token_file;
mod webhook;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use base::Clock;
use http::HeaderMap;
use machinery::ApiError;
use tracing::debug;

pub(crate) use certificate::{AnyCertificate, Authorities, Certificate};
pub(crate) use front_proxy::ProxyHeaders;
pub use settings::{Authentication, OidcSettings, RequestHeader};

use crate::catalog::Catalog;
use crate::identity::Identity;
use crate::outgoing::Outgoing;
use crate::pki::Pki;
use crate::tokens::{Recognised, Tokens};
use crate::{BoxError, Config, Error};
use front_proxy::FrontProxy;
use providers::{Maker, Providers};
use token_file::TokenFile;
use webhook::Webhook;

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
    providers: Arc<ArcSwap<Providers>>,
    webhook: Option<Webhook>,
    nobody: Arc<Identity>,
    clock: Clock,
}

impl Authenticators {
    pub(crate) fn new(
        config: &Config,
        pki: &Pki,
        catalog: Arc<Catalog>,
        outgoing: &Arc<Outgoing>,
    ) -> Result<Self, Error> {
        let tokens = Tokens::new(pki, config, catalog)?;
        Self::make(config, pki, tokens, outgoing).map_err(Error::Authentication)
    }

    fn make(
        config: &Config,
        pki: &Pki,
        tokens: Tokens,
        outgoing: &Arc<Outgoing>,
    ) -> Result<Self, BoxError> {
        let settings = &config.authentication;
        let mut clients = vec![pki.authority_pem().to_owned()];
        clients.extend(settings.client_ca_file.as_deref().map(read_file).transpose()?);
        let proxies =
            settings.request_header.client_ca_file.as_deref().map(read_file).transpose()?;
        let token_file = settings
            .token_auth_file
            .as_deref()
            .map(|file| TokenFile::parse(&read_file(file)?).map_err(|error| named(file, &error)));
        let maker = Maker {
            settings: settings.clone(),
            outgoing: Arc::clone(outgoing),
            clock: config.clock.clone(),
        };
        let providers = Arc::new(ArcSwap::from_pointee(maker.make()?));
        if let Some(file) = settings.config_file.clone() {
            let server = pki.authority_pem();
            maker.keep(&config.tasks, &config.metrics, server, file, Arc::clone(&providers));
        }
        let webhook = settings.token_webhook_config_file.as_deref().map(|file| {
            let lifetime = settings.token_webhook_cache_ttl;
            Webhook::new(outgoing, file, lifetime, tokens.audiences())
        });
        Ok(Self {
            providers,
            webhook: webhook.transpose()?,
            authorities: Authorities::new(&clients, proxies.as_deref(), config.clock.clone())?,
            front_proxy: FrontProxy::new(&settings.request_header)?,
            token_file: token_file.transpose()?,
            tokens,
            nobody: Arc::new(Identity::anonymous()),
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

    /// The identity of a request for a path.
    pub(crate) async fn authenticate(
        &self,
        path: &str,
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
            return match self.identify(&token).await {
                Ok(identity) => Ok(identity),
                Err(why) => {
                    debug!(%why, "a bearer token is refused");
                    Err(ApiError::unauthorized())
                }
            };
        }
        if stranger || !self.providers.load().let_nobody(path) {
            return Err(ApiError::unauthorized());
        }
        Ok(Arc::clone(&self.nobody))
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
    async fn identify(&self, token: &str) -> Result<Arc<Identity>, String> {
        if let Some(identity) = self.token_file.as_ref().and_then(|file| file.identify(token)) {
            return Ok(identity);
        }
        let refusal = match self.tokens.identify(token) {
            Ok(Some(identity)) => return Ok(identity),
            Ok(None) => None,
            Err(refusal) => Some(refusal.to_owned()),
        };
        if let Some(user) = self.tokens.bootstrap(token) {
            return Ok(Arc::new(Identity::new(user)));
        }
        let own = self.tokens.audiences();
        self.ask(token, own, own, refusal).await.map(|(identity, _)| identity)
    }

    /// Whom a token stands for, and for which of `audiences` it is; whoever asks names none to mean this server.
    pub(crate) async fn review(
        &self,
        token: &str,
        audiences: &[String],
    ) -> Result<Recognised, String> {
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
            Err(refusal) => Some(refusal.to_owned()),
        };
        if let Some(user) = self.tokens.bootstrap(token)
            && !meant.is_empty()
        {
            return Ok((Arc::new(Identity::new(user)), meant));
        }
        self.ask(token, audiences, &meant, refusal).await
    }

    /// Asks those who may have to ask elsewhere. The providers speak for this server alone, which is `meant`.
    async fn ask(
        &self,
        token: &str,
        audiences: &[String],
        meant: &[String],
        refusal: Option<String>,
    ) -> Result<Recognised, String> {
        let mut refusals: Vec<String> = refusal.into_iter().collect();
        if !meant.is_empty() {
            let providers = self.providers.load_full();
            if let Some(user) = providers.identify(token, &mut refusals).await {
                return Ok((Arc::new(Identity::new(user)), meant.to_vec()));
            }
        }
        if let Some(webhook) = &self.webhook {
            match webhook.review(token, audiences).await {
                Ok(Some(recognised)) => return Ok(recognised),
                Ok(None) => {}
                Err(refusal) => refusals.push(refusal),
            }
        }
        Err(complaint(&refusals))
    }
}

fn complaint(refusals: &[String]) -> String {
    if refusals.is_empty() {
        return "invalid bearer token".to_owned();
    }
    format!("[invalid bearer token, {}]", refusals.join(", "))
}

/// Reads a file that a flag names.
pub(crate) fn read_file(path: &Path) -> Result<String, BoxError> {
    std::fs::read_to_string(path).map_err(|error| named(path, &error.into()))
}

fn named(path: &Path, error: &BoxError) -> BoxError {
    format!("{}: {error}", path.display()).into()
}

#[cfg(test)]
mod tests;
