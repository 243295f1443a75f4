//! The providers of identities in force, and whether requests may be made by nobody: what a file says of both, which is
//! looked at again while the server runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use base::{Clock, Metrics, Tasks};
use sha2::{Digest as _, Sha256};

use super::configuration::{Anonymous, Configuration, Provider};
use super::oidc::Oidc;
use super::{Authentication, named};
use crate::identity::User;
use crate::outgoing::Outgoing;
use crate::reload::{self, Digest, Names, Reload, Reloads};
use crate::{BoxError, config_file};

const RELOADS: Names = Names {
    total: "apiserver_authentication_config_controller_automatic_reloads_total",
    last: "apiserver_authentication_config_controller_automatic_reload_last_timestamp_seconds",
    info: "apiserver_authentication_config_controller_last_config_info",
};

/// What is in force.
#[derive(Debug)]
pub(super) struct Providers {
    all: Vec<Oidc>,
    nobody: Nobody,
    /// Of the text it was made of.
    digest: Digest,
}

/// Where requests may be made by nobody.
#[derive(Debug)]
enum Nobody {
    Nowhere,
    Anywhere,
    /// At these paths.
    At(Vec<String>),
}

/// What providers are made with.
#[derive(Debug, Clone)]
pub(super) struct Maker {
    pub(super) settings: Authentication,
    pub(super) outgoing: Arc<Outgoing>,
    pub(super) clock: Clock,
}

impl Maker {
    /// As flags say, and the file that they name.
    pub(super) fn make(&self) -> Result<Providers, BoxError> {
        let Some(file) = &self.settings.config_file else {
            let oidc = self.settings.oidc.as_ref().map(Provider::of_flags).transpose()?;
            return self.of(oidc.into_iter().collect(), None, [0; 32], &[]);
        };
        let made = config_file::read(file).and_then(|text| self.of_text(&text, &[]));
        made.map_err(|error| named(file, &error))
    }

    fn of_text(&self, text: &str, before: &[Oidc]) -> Result<Providers, BoxError> {
        let Configuration { jwt, anonymous, .. } =
            Configuration::parse(text, &self.settings.issuers())?;
        if anonymous.is_some() && self.settings.anonymous.is_some() {
            return Err("anonymous: the flag --anonymous-auth says it already".into());
        }
        self.of(jwt, anonymous, Sha256::digest(text).into(), before)
    }

    fn of(
        &self,
        providers: Vec<Provider>,
        anonymous: Option<Anonymous>,
        digest: Digest,
        before: &[Oidc],
    ) -> Result<Providers, BoxError> {
        let make = |provider| Oidc::new(provider, before, &self.outgoing, self.clock.clone());
        let nobody = match anonymous {
            None if self.settings.anonymous.unwrap_or(true) => Nobody::Anywhere,
            None | Some(Anonymous { enabled: false, .. }) => Nobody::Nowhere,
            Some(Anonymous { conditions, .. }) if conditions.is_empty() => Nobody::Anywhere,
            Some(Anonymous { conditions, .. }) => {
                Nobody::At(conditions.into_iter().map(|condition| condition.path).collect())
            }
        };
        let all = providers.into_iter().map(make).collect::<Result<_, _>>()?;
        Ok(Providers { all, nobody, digest })
    }

    /// Starts to look at the file. One that cannot be used leaves everything as it was, and so does one that names a
    /// new provider who cannot be asked.
    pub(super) fn keep(
        self,
        tasks: &Tasks,
        metrics: &Metrics,
        server: &str,
        file: PathBuf,
        in_force: Arc<ArcSwap<Providers>>,
    ) {
        let reloads = Reloads::new(&RELOADS, metrics, server, &self.clock);
        reloads.show(&in_force.load().digest);
        let keeper = Keeper { maker: self, file: file.clone(), in_force };
        reload::keep(tasks, "authentication configuration", file, keeper, Some(reloads));
    }

    /// What the file says, if that is something else than what is in force.
    pub(super) async fn look(
        &self,
        file: &Path,
        before: &Providers,
    ) -> Result<Option<Providers>, BoxError> {
        let text = config_file::read(file)?;
        if before.digest[..] == Sha256::digest(&text)[..] {
            return Ok(None);
        }
        let providers = self.of_text(&text, &before.all)?;
        for provider in &providers.all {
            provider.ready().await?;
        }
        Ok(Some(providers))
    }
}

/// Keeps what is in force in step with the file.
struct Keeper {
    maker: Maker,
    file: PathBuf,
    in_force: Arc<ArcSwap<Providers>>,
}

impl Reload for Keeper {
    async fn look(&mut self) -> Result<Option<Digest>, BoxError> {
        let before = self.in_force.load_full();
        let Some(providers) = self.maker.look(&self.file, &before).await? else { return Ok(None) };
        let digest = providers.digest;
        self.in_force.store(Arc::new(providers));
        Ok(Some(digest))
    }
}

impl Providers {
    /// Whether a request for a path may be made by nobody.
    pub(super) fn let_nobody(&self, path: &str) -> bool {
        match &self.nobody {
            Nobody::Nowhere => false,
            Nobody::Anywhere => true,
            Nobody::At(paths) => paths.iter().any(|own| own == path),
        }
    }

    /// The user a token of one of the providers stands for; why they refused it is added to `refusals`.
    pub(super) async fn identify(&self, token: &str, refusals: &mut Vec<String>) -> Option<User> {
        for provider in &self.all {
            match provider.identify(token).await {
                Ok(Some(user)) => return Some(user),
                Ok(None) => {}
                Err(refusal) => refusals.push(refusal),
            }
        }
        None
    }
}
