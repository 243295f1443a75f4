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
mod extension;
mod identity;
mod limit_ranger;
mod meters;
mod namespace_lifecycle;
mod node_restriction;
mod permission;
mod pod_security;
mod pod_topology_labels;
mod priority;
mod read;
mod resource_quota;
mod runtime_class;
mod service_account;
mod storage_protection;
mod taint_new_nodes;

use std::sync::Arc;

use base::{Metrics, Random};
use kinds::ScalePaths;
use machinery::ApiError;
use serde_json::Value;
use tokio::time::Instant;
use tracing::debug;

use crate::authorize::Authorizer;
use crate::cache::{Cached, ListQuery, Scope};
use crate::catalog::{Catalog, Served};
use crate::identity::Identity;
use crate::registry::{DeleteOptions, WriteOptions};
use crate::request::Verb;

pub(crate) use extension::{Changes, Extensions, Operation, Request, check_expressions, warnings};
use meters::{Meters, Part, Plugin};
pub(crate) use pod_security::PodSecurity;
pub(crate) use priority::SYSTEM_CLASSES;
pub(crate) use resource_quota::{Figures, Ledger, Reservation};

/// The annotation of a pod that only shows what a kubelet runs from a manifest on its machine.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// A write about to happen.
#[derive(Debug)]
pub(crate) struct Attributes<'a> {
    /// `Create`, `Update` (patches too) or `Delete`.
    pub(crate) verb: Verb,
    pub(crate) served: &'a Arc<Served>,
    pub(crate) subresource: Option<&'a str>,
    pub(crate) namespace: Option<&'a str>,
    /// What the object is called, or what its name will begin with.
    pub(crate) name: &'a str,
    /// Whether the server has yet to make up the name.
    pub(crate) generated: bool,
    /// Whether it is a PUT or an apply that found nothing.
    pub(crate) upserts: bool,
    pub(crate) identity: &'a Identity,
    pub(crate) dry_run: bool,
    pub(crate) options: Options<'a>,
    /// What webhooks and policies see of the object.
    pub(crate) shown: Shown<'a>,
    /// What would be stored, in the form of the kind asked for; plugins may change it. Null for a delete.
    pub(crate) object: &'a mut Value,
    /// What is stored now; nothing for a create.
    pub(crate) old: Option<&'a Value>,
}

/// With which options a write was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Options<'a> {
    Write(&'a WriteOptions),
    Delete(&'a DeleteOptions),
}

/// What webhooks and policies see of an object that is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shown<'a> {
    /// The object.
    Object,
    /// Its scale, which is all that the request is about.
    Scale(&'a ScalePaths),
    /// Nothing: the request's own document has been shown to them before.
    Nothing,
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

    /// Whether the write changes an object of this resource, not through a path below it.
    fn updates(&self, group: &str, plural: &str) -> bool {
        self.verb == Verb::Update && self.subresource.is_none() && self.is(group, plural)
    }

    /// Whether the write changes what the containers of a pod may use.
    fn resizes_pod(&self) -> bool {
        self.verb == Verb::Update && self.subresource == Some("resize") && self.is("", "pods")
    }

    /// The request as webhooks and policies see it, about what was there before.
    fn request<'b>(&self, old: Option<&'b Value>) -> Request<'b>
    where
        Self: 'b,
    {
        let (operation, kind) = match self.verb {
            Verb::Create => (Operation::Create, "CreateOptions"),
            Verb::Delete => (Operation::Delete, "DeleteOptions"),
            _ => (Operation::Update, "UpdateOptions"),
        };
        Request {
            operation,
            served: self.served,
            subresource: self.subresource,
            namespace: self.namespace,
            name: self.name,
            generated: self.generated,
            identity: self.identity,
            dry_run: self.dry_run,
            options: match self.options {
                Options::Write(options) => options.to_document(kind),
                Options::Delete(options) => options.to_document(self.dry_run),
            },
            old,
        }
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
    extensions: Extensions,
    pod_security: PodSecurity,
    meters: Meters,
}

impl Admission {
    pub(crate) fn new(
        random: Random,
        ledger: Arc<Ledger>,
        authorizer: Arc<Authorizer>,
        extensions: Extensions,
        pod_security: PodSecurity,
        metrics: &Metrics,
    ) -> Self {
        let meters = Meters::new(metrics);
        Self { random, ledger, authorizer, extensions, pod_security, meters }
    }

    /// What is used of every quota.
    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Lets every plugin change the object, then webhooks; an object that was changed needs its defaults again.
    pub(crate) async fn admit(
        &self,
        catalog: &Catalog,
        attributes: &mut Attributes<'_>,
    ) -> Result<Changes, ApiError> {
        let started = Instant::now();
        let outcome = self.admit_unmeasured(catalog, attributes).await;
        self.meters.step(Part::Admit, attributes.verb, started, &outcome);
        outcome
    }

    async fn admit_unmeasured(
        &self,
        catalog: &Catalog,
        attributes: &mut Attributes<'_>,
    ) -> Result<Changes, ApiError> {
        service_account::await_default(catalog, attributes).await;
        let changed = self.plug_in(catalog, attributes).await?;
        let changes = Changes { changed, ..Changes::default() };
        if !self.extensions.any() {
            return Ok(changes);
        }
        let tools = Tools { catalog, random: &self.random };
        Box::pin(self.extend(&tools, attributes, changes)).await
    }

    async fn plug_in(
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
        permission::may_create(&self.authorizer, attributes).await?;
        let mut laps = self.meters.laps(Part::Admit, attributes.verb);
        let found = namespace_lifecycle::admit(catalog, attributes);
        laps.of(Plugin::NamespaceLifecycle, found)?;
        let own = limit_ranger::admit(&tools, attributes);
        let mut changed = laps.of_change(Plugin::LimitRanger, own);
        changed |= laps.of(Plugin::ServiceAccount, service_account::admit(&tools, attributes))?;
        laps.of(Plugin::NodeRestriction, node_restriction::admit(&tools, attributes))?;
        let own = taint_new_nodes::admit(attributes);
        changed |= laps.of_change(Plugin::TaintNodesByCondition, own);
        changed |= laps.of(Plugin::Priority, priority::admit(&tools, attributes))?;
        let own = default_toleration_seconds::admit(attributes);
        changed |= laps.of_change(Plugin::DefaultTolerationSeconds, own);
        let own = default_storage_class::admit(&tools, attributes);
        changed |= laps.of_change(Plugin::DefaultStorageClass, own);
        let own = storage_protection::admit(attributes);
        changed |= laps.of_change(Plugin::StorageObjectInUseProtection, own);
        changed |= laps.of(Plugin::RuntimeClass, runtime_class::admit(&tools, attributes))?;
        let own = default_ingress_class::admit(&tools, attributes);
        changed |= laps.of_change(Plugin::DefaultIngressClass, own);
        let own = pod_topology_labels::admit(&tools, attributes);
        changed |= laps.of_change(Plugin::PodTopologyLabels, own);
        permission::may_grant(&self.authorizer, attributes).await?;
        Ok(changed)
    }

    /// Whether an object may be created in its namespace, as things are now.
    pub(crate) fn check_namespace(
        catalog: &Catalog,
        attributes: &Attributes<'_>,
    ) -> Result<(), ApiError> {
        namespace_lifecycle::admit(catalog, attributes)
    }

    /// Lets every plugin refuse the write, which is valid otherwise. Quotas come last: they count it.
    pub(crate) async fn check(
        &self,
        catalog: &Catalog,
        attributes: &Attributes<'_>,
    ) -> Result<Admitted, ApiError> {
        let started = Instant::now();
        let outcome = self.check_unmeasured(catalog, attributes).await;
        self.meters.step(Part::Validate, attributes.verb, started, &outcome);
        outcome
    }

    async fn check_unmeasured(
        &self,
        catalog: &Catalog,
        attributes: &Attributes<'_>,
    ) -> Result<Admitted, ApiError> {
        let tools = Tools { catalog, random: &self.random };
        if self.extensions.any() {
            // Webhooks take their time.
            Self::check_namespace(catalog, attributes)?;
        }
        let mut laps = self.meters.laps(Part::Validate, attributes.verb);
        laps.of(Plugin::LimitRanger, limit_ranger::check(&tools, attributes))?;
        laps.of(Plugin::ServiceAccount, service_account::check(attributes))?;
        let judged = pod_security::check(&self.pod_security, &tools, attributes);
        let mut warnings = laps.of(Plugin::PodSecurity, judged)?;
        laps.of(Plugin::Priority, priority::check(&tools, attributes))?;
        let resized = claim_resize::check(&tools, attributes);
        laps.of(Plugin::PersistentVolumeClaimResize, resized)?;
        certificates::check(&self.authorizer, attributes).await?;
        if self.extensions.any() {
            warnings.extend(Box::pin(self.check_extensions(&tools, attributes)).await?);
        }
        laps.skip();
        let counted = resource_quota::check(&self.ledger, attributes);
        let reservation = laps.of(Plugin::ResourceQuota, counted)?;
        Ok(Admitted { warnings, reservation })
    }

    /// Whether a write that changes nothing is to be checked all the same.
    pub(crate) fn is_extended(&self) -> bool {
        self.extensions.any()
    }

    /// Lets webhooks and policies change an object, and the plugins see what became of it.
    async fn extend(
        &self,
        tools: &Tools<'_>,
        attributes: &mut Attributes<'_>,
        mut changes: Changes,
    ) -> Result<Changes, ApiError> {
        if let Shown::Scale(paths) = attributes.shown {
            let old = attributes.old.map(|old| paths.read(old));
            let mut scale = paths.read(attributes.object);
            let request = attributes.request(old.as_ref());
            let made = self.extensions.mutate(tools, &request, &mut scale).await?;
            if made.changed {
                paths.write(attributes.object, &scale);
            }
            changes.add(made);
            return Ok(changes);
        }
        if matches!(attributes.shown, Shown::Nothing) {
            return Ok(changes);
        }
        let request = attributes.request(attributes.old);
        let Some(mut mutation) = self.extensions.mutation(tools, &request) else {
            return Ok(changes);
        };
        let own = identity::Own::of(attributes.object);
        let first = mutation.first(attributes.object).await?;
        let made = first.changed;
        changes.add(first);
        if made {
            own.keep(attributes.object);
            self.plug_in(tools.catalog, attributes).await?;
        }
        let second = mutation.second(attributes.object).await?;
        if second.changed {
            own.keep(attributes.object);
            permission::may_grant(&self.authorizer, attributes).await?;
        }
        changes.add(second);
        Ok(changes)
    }

    async fn check_extensions(
        &self,
        tools: &Tools<'_>,
        attributes: &Attributes<'_>,
    ) -> Result<Vec<String>, ApiError> {
        match attributes.shown {
            Shown::Nothing => Ok(Vec::new()),
            Shown::Object => {
                let request = attributes.request(attributes.old);
                self.extensions.validate(tools, &request, attributes.object).await
            }
            Shown::Scale(paths) => {
                let old = attributes.old.map(|old| paths.read(old));
                let request = attributes.request(old.as_ref());
                self.extensions.validate(tools, &request, &paths.read(attributes.object)).await
            }
        }
    }

    /// Refuses an eviction that is not its author's business.
    pub(crate) fn check_eviction(identity: &Identity, pod: &Value) -> Result<(), ApiError> {
        node_restriction::check_eviction(identity, pod)
    }

    /// Lets webhooks and policies see a request that writes no object of the kind: a binding, an eviction, a
    /// connection. They may change its document unless it connects.
    pub(crate) async fn admit_document<'a>(
        &self,
        catalog: &Catalog,
        request: impl FnOnce() -> Request<'a>,
        document: impl FnOnce() -> Value,
    ) -> Result<Option<Value>, ApiError> {
        if !self.extensions.any() {
            return Ok(None);
        }
        let tools = Tools { catalog, random: &self.random };
        let (request, mut document) = (request(), document());
        let seen = async {
            self.extensions.mutate(&tools, &request, &mut document).await?;
            self.extensions.validate(&tools, &request, &document).await
        };
        Box::pin(seen).await?;
        Ok(Some(document))
    }
}

#[cfg(test)]
pub(crate) mod tests;
