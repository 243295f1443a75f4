//! What is asked before an object is written.

use base::Random;
use machinery::ApiError;
use serde_json::Value;
use tracing::debug;

use crate::catalog::{Catalog, Served};
use crate::identity::Identity;
use crate::request::Verb;

mod default_toleration_seconds;
mod namespace_lifecycle;
mod priority;
mod service_account;

/// A write about to happen.
#[derive(Debug)]
pub(crate) struct Attributes<'a> {
    /// `Create`, `Update` (patches too) or `Delete`.
    pub(crate) verb: Verb,
    pub(crate) served: &'a Served,
    pub(crate) subresource: Option<&'a str>,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) identity: &'a Identity,
    pub(crate) dry_run: bool,
    /// What would be stored, in the form of the kind asked for; plugins may change it. Null for a delete.
    pub(crate) object: &'a mut Value,
}

impl Attributes<'_> {
    /// Whether the write is to objects of this resource.
    fn is(&self, group: &str, plural: &str) -> bool {
        let names = self.served.kind().names();
        names.group == group && names.plural == plural
    }
}

/// What plugins decide with.
#[derive(Debug)]
struct Tools<'a> {
    catalog: &'a Catalog,
    random: &'a Random,
}

/// The plugins, in Kubernetes' order.
#[derive(Debug)]
pub(crate) struct Admission {
    random: Random,
}

impl Admission {
    pub(crate) fn new(random: Random) -> Self {
        Self { random }
    }

    /// Lets every plugin see the write; true when the object was changed and needs its defaults again.
    pub(crate) fn admit(
        &self,
        catalog: &Catalog,
        attributes: &mut Attributes<'_>,
    ) -> Result<bool, ApiError> {
        debug!(
            user = attributes.identity.user.name,
            verb = attributes.verb.as_str(),
            resource = %attributes.served.resource(),
            namespace = attributes.namespace,
            name = attributes.name,
            subresource = attributes.subresource,
            dry_run = attributes.dry_run,
            "write asks for admission"
        );
        let tools = Tools { catalog, random: &self.random };
        namespace_lifecycle::admit(catalog, attributes)?;
        let mut changed = service_account::admit(&tools, attributes)?;
        changed |= priority::admit(attributes)?;
        changed |= default_toleration_seconds::admit(attributes);
        Ok(changed)
    }
}
