//! Who uses how much of each quota.

mod account;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::rules::Rules;
use super::usage::Charge;
use crate::admission::read::Amounts;
use crate::cache::{Cached, ListQuery, Listener, Scope};
use crate::catalog::Catalog;
use account::{Account, Pending};

/// Where quotas are kept.
const QUOTAS: &str = "resourcequotas";
/// How long a write counts whose caller went away before it was over. By then the store has long decided.
const DOUBT: Duration = Duration::from_mins(1);

/// What every quota limits and what is used of it.
#[derive(Debug)]
pub(crate) struct Ledger {
    catalog: Arc<Catalog>,
    state: Mutex<State>,
    news: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Namespaces with at least one quota, or with writes under way that one has let in.
    accounts: BTreeMap<String, Account>,
    /// Quotas, by namespace and name, whose figures may have changed.
    changed: BTreeSet<(String, String)>,
    reservations: u64,
}

/// The object a write makes or changes.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) namespace: &'a str,
    pub(super) resource: &'a str,
    pub(super) name: &'a str,
    /// What it used before.
    pub(super) before: Option<Charge>,
}

/// What a quota says, for its status.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figures {
    pub(crate) hard: Amounts,
    pub(crate) used: Amounts,
}

/// A write that wants more than is left.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Excess {
    quota: String,
    requested: Amounts,
    used: Amounts,
    limited: Amounts,
}

/// Room for one write. Dropped before [`Self::begin`] or after [`Self::end`] it is free again; what was stored
/// is by then counted as such. Dropped in between, the write may still happen, and the room stays taken until
/// that is known.
#[derive(Debug)]
#[must_use]
pub(crate) struct Reservation {
    ledger: Arc<Ledger>,
    namespace: String,
    key: (String, String),
    id: u64,
    under_way: bool,
}

impl Reservation {
    /// The write goes to the store now.
    pub(crate) fn begin(&mut self) {
        self.under_way = true;
    }

    /// The store has answered, and what it stored is in the cache.
    pub(crate) fn end(&mut self) {
        self.under_way = false;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut state = self.ledger.lock();
        let Some(account) = state.accounts.get_mut(&self.namespace) else { return };
        let id = self.id;
        let mut changed = account.change(&self.key, |entry| {
            if self.under_way {
                let since = Instant::now();
                let own = entry.pending.iter_mut().filter(|pending| pending.id == id);
                own.for_each(|pending| pending.abandoned = Some(since));
            } else {
                entry.pending.retain(|pending| pending.id != id);
            }
        });
        let over = account.is_idle();
        let namespace = self.namespace.clone();
        state.changed.extend(changed.drain(..).map(|quota| (namespace.clone(), quota)));
        if over {
            state.accounts.remove(&self.namespace);
        }
        drop(state);
        self.ledger.news.notify_one();
    }
}

impl Ledger {
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, state: Mutex::default(), news: Notify::new() }
    }

    /// Whether a quota of a namespace is about objects of a resource.
    pub(super) fn limits(&self, namespace: &str, resource: &str) -> bool {
        let state = self.lock();
        state.accounts.get(namespace).is_some_and(|account| account.counts(resource))
    }

    /// What a new pod leaves unsaid though a quota limits it.
    pub(super) fn find_unspecified(
        &self,
        namespace: &str,
        charge: &Charge,
        object: &Value,
    ) -> Option<String> {
        let state = self.lock();
        state.accounts.get(namespace)?.quotas.iter().find_map(|(name, quota)| {
            let missing = quota.rules.unspecified(charge, object)?;
            Some(format!("failed quota: {name}: must specify {missing}"))
        })
    }

    /// Says whether there is room, and takes none.
    pub(super) fn check(&self, request: &Request<'_>, charge: Charge) -> Result<(), Excess> {
        let state = self.lock();
        let account = state.accounts.get(request.namespace);
        account.map_or(Ok(()), |account| account.check(request, &charge))
    }

    /// Takes room for a write.
    pub(super) fn reserve(
        self: &Arc<Self>,
        request: &Request<'_>,
        charge: Charge,
    ) -> Result<Reservation, Excess> {
        let key = (request.resource.to_owned(), request.name.to_owned());
        let mut guard = self.lock();
        let state = &mut *guard;
        state.reservations += 1;
        let id = state.reservations;
        if let Some(account) = state.accounts.get_mut(request.namespace) {
            account.check(request, &charge)?;
            // All of it: another quota may take the place of those there are before the write is over.
            let pending = Pending { id, charge, abandoned: None };
            account.change(&key, |entry| entry.pending.push(pending));
        }
        drop(guard);
        let namespace = request.namespace.to_owned();
        Ok(Reservation { ledger: Arc::clone(self), namespace, key, id, under_way: false })
    }

    /// Waits for quotas whose figures may have changed, and names them.
    pub(crate) async fn changed(&self) -> BTreeSet<(String, String)> {
        loop {
            let changed = std::mem::take(&mut self.lock().changed);
            if !changed.is_empty() {
                return changed;
            }
            self.news.notified().await;
        }
    }

    /// The present figures of a quota.
    pub(crate) fn figures(&self, namespace: &str, quota: &str) -> Option<Figures> {
        let state = self.lock();
        let quota = state.accounts.get(namespace)?.quotas.get(quota)?;
        Some(Figures { hard: quota.rules.hard.clone(), used: quota.used() })
    }

    /// Gives back what writes took that nobody waits for and that have not happened in all this time, and what pods use
    /// that should be gone.
    pub(crate) fn settle(&self, now: Timestamp) {
        let mut guard = self.lock();
        let state = &mut *guard;
        for (namespace, account) in &mut state.accounts {
            let mut changed = account.forget(|since| since.elapsed() > DOUBT);
            changed.extend(account.lapse(now));
            state.changed.extend(changed.into_iter().map(|quota| (namespace.clone(), quota)));
        }
        state.accounts.retain(|_, account| !account.is_idle());
        drop(guard);
        self.news.notify_one();
    }

    fn quota_changed(&self, namespace: &str, name: &str, current: Option<&Cached>) {
        let rules = current.map(|quota| Rules::read(&quota.object()));
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(rules) = rules else {
            if let Some(account) = state.accounts.get_mut(namespace) {
                account.remove_quota(name);
                if account.is_idle() {
                    state.accounts.remove(namespace);
                }
            }
            return;
        };
        let account = state.accounts.entry(namespace.to_owned()).or_default();
        // A write of its status, ours included, may have replaced the figures.
        state.changed.insert((namespace.to_owned(), name.to_owned()));
        if account.quotas.get(name).is_some_and(|quota| quota.rules == rules) {
            return;
        }
        account.set_quota(name, rules);
        self.recount(namespace, account);
        let quotas = account.quotas.keys().cloned();
        state.changed.extend(quotas.map(|quota| (namespace.to_owned(), quota)));
    }

    /// Counts everything stored in a namespace that its quotas limit.
    fn recount(&self, namespace: &str, account: &mut Account) {
        let mut stored = BTreeMap::new();
        for shelf in self.catalog.load().shelves() {
            let resource = resource_of(shelf.prefix());
            if !account.counts(&resource) {
                continue;
            }
            let scope = Scope { namespace: Some(namespace.to_owned()) };
            let query = ListQuery { scope, ..ListQuery::default() };
            for object in shelf.list(&query).into_iter().flat_map(|listed| listed.items) {
                let charge = account.relevant(Charge::of(&resource, &object.object()));
                stored.insert((resource.clone(), object.name().to_owned()), charge);
            }
        }
        account.replace_stored(stored);
    }

    /// Counts objects that were there before their kind was known.
    pub(crate) fn recount_kind(&self, prefix: &str) {
        let resource = resource_of(prefix);
        let mut guard = self.lock();
        let state = &mut *guard;
        for (namespace, account) in &mut state.accounts {
            if account.counts(&resource) {
                self.recount(namespace, account);
                let quotas = account.quotas.keys().cloned();
                state.changed.extend(quotas.map(|quota| (namespace.clone(), quota)));
            }
        }
        drop(guard);
        self.news.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the ledger")
    }
}

impl Listener for Ledger {
    fn changed(&self, prefix: &str, key: &str, current: Option<&Cached>) {
        let Some((namespace, name)) = key.split_once('/') else { return };
        let resource = resource_of(prefix);
        if resource == QUOTAS {
            self.quota_changed(namespace, name, current);
            self.news.notify_one();
        }
        if self.limits(namespace, &resource) {
            let charge = current.map(|object| Charge::of(&resource, &object.object()));
            let mut guard = self.lock();
            let state = &mut *guard;
            if let Some(account) = state.accounts.get_mut(namespace) {
                let charge = charge.map(|charge| account.relevant(charge));
                let touched = account.store(&(resource, name.to_owned()), charge);
                state
                    .changed
                    .extend(touched.into_iter().map(|quota| (namespace.to_owned(), quota)));
            }
            drop(guard);
            self.news.notify_one();
        }
    }

    fn restarted(&self) {
        let mut guard = self.lock();
        let state = &mut *guard;
        state.accounts.values_mut().for_each(|account| account.quotas.clear());
        let quotas = self.catalog.shelf("", "v1", QUOTAS);
        for quota in quotas.into_iter().flat_map(|shelf| shelf.all()) {
            let namespace = quota.namespace().unwrap_or_default().to_owned();
            let account = state.accounts.entry(namespace.clone()).or_default();
            account.set_quota(quota.name(), Rules::read(&quota.object()));
            state.changed.insert((namespace, quota.name().to_owned()));
        }
        for (namespace, account) in &mut state.accounts {
            self.recount(namespace, account);
        }
        state.accounts.retain(|_, account| !account.is_idle());
        drop(guard);
        self.news.notify_one();
    }
}

/// `/registry/pods` holds `pods`, `/registry/apps/deployments` holds `deployments.apps`.
fn resource_of(prefix: &str) -> String {
    let path = prefix.strip_prefix("/registry/").unwrap_or(prefix);
    path.split_once('/')
        .map_or_else(|| path.to_owned(), |(group, plural)| format!("{plural}.{group}"))
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |amounts: &Amounts| {
            let pairs = amounts.iter().map(|(name, amount)| format!("{name}={amount}"));
            pairs.collect::<Vec<_>>().join(",")
        };
        write!(
            f,
            "exceeded quota: {}, requested: {}, used: {}, limited: {}",
            self.quota,
            listed(&self.requested),
            listed(&self.used),
            listed(&self.limited)
        )
    }
}
