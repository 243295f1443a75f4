//! What is asked before an object is written.
//!
//! Plugins stand in Kubernetes' order, one file each. [`Admission::admit`] lets them change the object, before
//! it is validated; [`Admission::check`] lets them refuse it, when it is as it would be stored. What a quota
//! gave is held by the [`Admitted`] until the write is over.

mod certificates;
mod claim_resize;
mod default_class;
mod default_ingress_class;
mod default_storage_class;
mod default_toleration_seconds;
mod limit_ranger;
mod namespace_lifecycle;
mod node_restriction;
mod permission;
mod pod_resources;
mod pod_security;
mod priority;
mod read;
mod resource_quota;
mod runtime_class;
mod service_account;
mod storage_protection;

use std::sync::Arc;

use base::Random;
use machinery::ApiError;
use serde_json::Value;
use tracing::debug;

use crate::authorize::Authorizer;
use crate::cache::{Cached, ListQuery, Scope};
use crate::catalog::{Catalog, Served};
use crate::identity::Identity;
use crate::request::Verb;

pub(crate) use priority::SYSTEM_CLASSES;
pub(crate) use resource_quota::{Figures, Ledger, Reservation};

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
    /// What is stored now; nothing for a create.
    pub(crate) old: Option<&'a Value>,
}

/// A write that may happen.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Admitted {
    /// What the writer is to be told.
    pub(crate) warnings: Vec<String>,
    /// The room a quota gave, to be held until the write is over.
    reservation: Option<Reservation>,
}

impl Admitted {
    /// The write goes to the store now.
    pub(crate) fn begin(&mut self) {
        self.reservation.iter_mut().for_each(Reservation::begin);
    }

    /// The store has answered.
    pub(crate) fn end(mut self) {
        self.reservation.iter_mut().for_each(Reservation::end);
    }
}

impl Attributes<'_> {
    /// Whether the write is to objects of this resource.
    fn is(&self, group: &str, plural: &str) -> bool {
        let names = self.served.kind().names();
        names.group == group && names.plural == plural
    }

    /// Whether the write makes an object of this resource.
    fn creates(&self, group: &str, plural: &str) -> bool {
        self.verb == Verb::Create && self.subresource.is_none() && self.is(group, plural)
    }

    fn forbidden(&self, detail: &str) -> ApiError {
        ApiError::forbidden(self.served.resource(), self.name, detail)
    }
}

/// What plugins decide with.
#[derive(Debug)]
struct Tools<'a> {
    catalog: &'a Catalog,
    random: &'a Random,
}

impl Tools<'_> {
    /// A stored object.
    fn get(
        &self,
        group: &str,
        plural: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<Arc<Cached>> {
        let kinds = self.catalog.load();
        let served = kinds.find(group, "v1", plural)?;
        served.shelf()?.get(&served.key(namespace, name))
    }

    /// The stored objects of a namespace, or of the cluster.
    fn list(&self, group: &str, plural: &str, namespace: Option<&str>) -> Vec<Arc<Cached>> {
        let shelf = self.catalog.shelf(group, "v1", plural);
        let scope = Scope { namespace: namespace.map(str::to_owned) };
        let listed =
            shelf.and_then(|shelf| shelf.list(&ListQuery { scope, ..ListQuery::default() }));
        listed.map(|listed| listed.items).unwrap_or_default()
    }
}

/// The plugins, in Kubernetes' order.
#[derive(Debug)]
pub(crate) struct Admission {
    random: Random,
    ledger: Arc<Ledger>,
    authorizer: Arc<Authorizer>,
}

impl Admission {
    pub(crate) fn new(random: Random, ledger: Arc<Ledger>, authorizer: Arc<Authorizer>) -> Self {
        Self { random, ledger, authorizer }
    }

    /// What is used of every quota.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Lets every plugin change the object; true when one did and it needs its defaults again.
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
        permission::may_create(&self.authorizer, attributes)?;
        namespace_lifecycle::admit(catalog, attributes)?;
        let mut changed = limit_ranger::admit(&tools, attributes);
        changed |= service_account::admit(&tools, attributes)?;
        node_restriction::admit(attributes)?;
        changed |= priority::admit(&tools, attributes)?;
        changed |= default_toleration_seconds::admit(attributes);
        changed |= default_storage_class::admit(&tools, attributes);
        changed |= storage_protection::admit(attributes);
        changed |= runtime_class::admit(&tools, attributes)?;
        changed |= default_ingress_class::admit(&tools, attributes);
        permission::may_grant(&self.authorizer, attributes)?;
        Ok(changed)
    }

    /// Lets every plugin refuse the write, which is valid otherwise. Quotas come last: they count it.
    pub(crate) fn check(
        &self,
        catalog: &Catalog,
        attributes: &Attributes<'_>,
    ) -> Result<Admitted, ApiError> {
        let tools = Tools { catalog, random: &self.random };
        limit_ranger::check(&tools, attributes)?;
        let warnings = pod_security::check(&tools, attributes)?;
        priority::check(&tools, attributes)?;
        claim_resize::check(&tools, attributes)?;
        certificates::check(&self.authorizer, attributes)?;
        let reservation = resource_quota::check(&self.ledger, attributes)?;
        Ok(Admitted { warnings, reservation })
    }
}

#[cfg(test)]
mod tests;
