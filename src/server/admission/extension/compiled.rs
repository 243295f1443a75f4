//! Everything that others have added, ready to be asked, in step with the cache.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use base::Metrics;
use machinery::document;
use serde_json::Value;

use super::language::Language;
use super::meters::Meters;
use super::policy::{Binding, Bound, Policy};
use super::request::GROUP;
use super::webhook::{Sort, Webhook};
use crate::authorize::Authorizer;
use crate::cache::{Cached, Shelf};
use crate::catalog::Catalog;
use crate::outgoing::Outgoing;

/// What others have added to admission.
#[derive(Debug)]
pub(crate) struct Extensions {
    outgoing: Arc<Outgoing>,
    meters: Arc<Meters>,
    language: Language,
    mutating: Source<Vec<Arc<Webhook>>>,
    validating: Source<Vec<Arc<Webhook>>>,
    mutating_policies: Source<Policy>,
    mutating_bindings: Source<Binding>,
    validating_policies: Source<Policy>,
    validating_bindings: Source<Binding>,
    /// The revision up to which the set is true.
    seen: AtomicU64,
    /// Whether there is anything in the set.
    any: AtomicBool,
    set: RwLock<Arc<Set>>,
    /// One at a time compiles.
    compiling: Mutex<()>,
}

/// Something that may change an object.
#[derive(Debug)]
pub(super) enum Mutator {
    Policy(Bound),
    /// With its place among the webhooks.
    Webhook(usize, Arc<Webhook>),
}

/// All of it, in the order in which it is asked.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) mutating: Vec<Mutator>,
    pub(super) policies: Vec<Bound>,
    pub(super) validating: Vec<Arc<Webhook>>,
}

/// Something, and the revision it was compiled from.
type Compiled<T> = (u64, Arc<T>);

/// The objects of one kind, each compiled once per revision.
#[derive(Debug)]
struct Source<T> {
    shelf: Option<Arc<Shelf>>,
    compiled: Mutex<HashMap<Arc<str>, Compiled<T>>>,
}

impl Extensions {
    pub(crate) fn new(
        catalog: &Catalog,
        outgoing: Arc<Outgoing>,
        authorizer: Arc<Authorizer>,
        metrics: &Metrics,
    ) -> Self {
        Self {
            outgoing,
            meters: Arc::new(Meters::new(metrics)),
            language: Language::new(authorizer),
            mutating: Source::new(catalog, "mutatingwebhookconfigurations"),
            validating: Source::new(catalog, "validatingwebhookconfigurations"),
            mutating_policies: Source::new(catalog, "mutatingadmissionpolicies"),
            mutating_bindings: Source::new(catalog, "mutatingadmissionpolicybindings"),
            validating_policies: Source::new(catalog, "validatingadmissionpolicies"),
            validating_bindings: Source::new(catalog, "validatingadmissionpolicybindings"),
            seen: AtomicU64::new(0),
            any: AtomicBool::new(false),
            set: RwLock::default(),
            compiling: Mutex::default(),
        }
    }

    pub(super) fn meters(&self) -> &Meters {
        &self.meters
    }

    pub(super) fn language(&self) -> &Language {
        &self.language
    }

    /// Whether there is anything to ask. A configuration counts as soon as its write is answered.
    pub(in crate::admission) fn any(&self) -> bool {
        let changed = self.changed();
        if changed > self.seen.load(Ordering::Acquire) {
            self.compile(changed);
        }
        self.any.load(Ordering::Acquire)
    }

    /// What there is to ask; `None` when nobody has added anything.
    pub(super) fn current(&self) -> Option<Arc<Set>> {
        if !self.any() {
            return None;
        }
        Some(Arc::clone(&self.set.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The revision of the last change to any of it.
    fn changed(&self) -> u64 {
        let webhooks = self.mutating.changed().max(self.validating.changed());
        let mutating = self.mutating_policies.changed().max(self.mutating_bindings.changed());
        let validating = self.validating_policies.changed().max(self.validating_bindings.changed());
        webhooks.max(mutating).max(validating)
    }

    fn compile(&self, changed: u64) {
        let _alone = self.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        if changed <= self.seen.load(Ordering::Acquire) {
            return;
        }
        let set = self.compiled();
        let any = set.mutates() || set.validates();
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
        self.any.store(any, Ordering::Release);
        self.seen.store(changed, Ordering::Release);
    }

    fn compiled(&self) -> Set {
        let hooks = |source: &Source<Vec<Arc<Webhook>>>, sort: Sort| -> Vec<Arc<Webhook>> {
            let configurations = source.compile(|configuration| {
                let hooks = document::list_at(configuration, "/webhooks").iter();
                let name = document::name(configuration);
                let read = |hook| Webhook::read(hook, name, sort, &self.outgoing, &self.meters);
                hooks.map(|hook| Arc::new(read(hook))).collect()
            });
            configurations.iter().flat_map(|hooks| hooks.iter().cloned()).collect()
        };
        let policies = |policies: &Source<Policy>, bindings: &Source<Binding>, sort| {
            let policies = policies.compile(|policy| Policy::read(policy, sort));
            bound(policies, &bindings.compile(Binding::read))
        };
        let mutating =
            policies(&self.mutating_policies, &self.mutating_bindings, "MutatingAdmissionPolicy");
        let mutating = mutating.into_iter().map(Mutator::Policy);
        let webhooks = hooks(&self.mutating, Sort::Mutating).into_iter().enumerate();
        let webhooks = webhooks.map(|(index, hook)| Mutator::Webhook(index, hook));
        Set {
            mutating: mutating.chain(webhooks).collect(),
            policies: policies(
                &self.validating_policies,
                &self.validating_bindings,
                "ValidatingAdmissionPolicy",
            ),
            validating: hooks(&self.validating, Sort::Validating),
        }
    }
}

/// Policies with what puts them to work; the others do nothing.
fn bound(policies: Vec<Arc<Policy>>, bindings: &[Arc<Binding>]) -> Vec<Bound> {
    let with_bindings = policies.into_iter().map(|policy| {
        let own = bindings.iter().filter(|binding| binding.policy == policy.name);
        Bound { bindings: own.cloned().collect(), policy }
    });
    with_bindings.filter(|bound| !bound.bindings.is_empty()).collect()
}

impl Mutator {
    /// Whether it wants to be asked again when others change the object after it.
    pub(super) fn again(&self) -> bool {
        match self {
            Self::Policy(bound) => bound.policy.again,
            Self::Webhook(_, hook) => hook.again,
        }
    }
}

impl Set {
    pub(super) fn mutates(&self) -> bool {
        !self.mutating.is_empty()
    }

    pub(super) fn validates(&self) -> bool {
        !self.policies.is_empty() || !self.validating.is_empty()
    }
}

impl<T> Source<T> {
    fn new(catalog: &Catalog, plural: &str) -> Self {
        let kinds = catalog.load();
        let served = kinds.iter().find(|served| {
            let resource = served.resource();
            resource.group == GROUP && resource.resource == plural
        });
        let shelf = served.and_then(|served| served.shelf()).cloned();
        Self { shelf, compiled: Mutex::default() }
    }

    fn changed(&self) -> u64 {
        self.shelf.as_ref().map_or(0, |shelf| shelf.changed())
    }

    /// Everything there is, in the order of names; what has not changed is not compiled again.
    fn compile(&self, compile: impl Fn(&Value) -> T) -> Vec<Arc<T>> {
        let mut objects: Vec<Arc<Cached>> =
            self.shelf.as_ref().map(|shelf| shelf.all()).unwrap_or_default();
        objects.sort_by(|one, other| one.key.cmp(&other.key));
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = HashMap::new();
        let mut all = Vec::with_capacity(objects.len());
        for object in objects {
            let before = compiled.remove(&object.key);
            let before = before.filter(|(revision, _)| *revision == object.revision);
            let (_, ready) =
                before.unwrap_or_else(|| (object.revision, Arc::new(compile(&object.object()))));
            all.push(Arc::clone(&ready));
            kept.insert(Arc::clone(&object.key), (object.revision, ready));
        }
        *compiled = kept;
        all
    }
}
