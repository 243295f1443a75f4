//! The quotas of one namespace, and what counts towards them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kinds::demand::raise;
use machinery::Quantity;
use tokio::time::Instant;

use super::{Excess, Request};
use crate::admission::read::Amounts;
use crate::admission::resource_quota::rules::{self, Rules};
use crate::admission::resource_quota::usage::Charge;

/// Resource and name of an object.
type Key = (String, String);

/// The account of one namespace.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) quotas: BTreeMap<String, Quota>,
    entries: BTreeMap<Key, Entry>,
}

/// One quota.
#[derive(Debug, Default)]
pub(super) struct Quota {
    pub(super) rules: Rules,
    /// The sum of what the entries count. Amounts are exact, so adding and taking away leaves no trace.
    used: Amounts,
}

/// One object: as it is stored, and as writes under way would make it.
///
/// One of these it is or will be, so it counts for the most of them, and never for less than it uses.
#[derive(Debug, Default)]
pub(super) struct Entry {
    stored: Option<Charge>,
    pub(super) pending: Vec<Pending>,
}

/// A write under way.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) id: u64,
    pub(super) charge: Charge,
    /// When its caller went away without knowing what became of it.
    pub(super) abandoned: Option<Instant>,
}

impl Entry {
    fn counted(&self, rules: &Rules) -> Amounts {
        let mut most = Amounts::new();
        let pending = self.pending.iter().map(|pending| &pending.charge);
        for charge in self.stored.iter().chain(pending) {
            raise(&mut most, &rules.counted(charge));
        }
        most
    }
}

impl Quota {
    /// What is used of everything that is limited.
    pub(super) fn used(&self) -> Amounts {
        let used = |name: &String| self.used.get(name).copied().unwrap_or(Quantity::ZERO);
        self.rules.hard.keys().map(|name| (name.clone(), used(name))).collect()
    }

    fn count(&mut self, before: &Amounts, after: &Amounts) {
        for (name, amount) in after {
            let sum = self.used.entry(name.clone()).or_insert(Quantity::ZERO);
            *sum = *sum + *amount;
        }
        for (name, amount) in before {
            let sum = self.used.entry(name.clone()).or_insert(Quantity::ZERO);
            *sum = *sum - *amount;
        }
    }
}

impl Account {
    /// Whether any quota limits something that objects of a resource use.
    pub(super) fn counts(&self, resource: &str) -> bool {
        let mut names = self.quotas.values().flat_map(|quota| quota.rules.hard.keys());
        names.any(|name| rules::counts(name, resource))
    }

    /// A charge without what no quota limits, which is not worth remembering.
    pub(super) fn relevant(&self, mut charge: Charge) -> Charge {
        let limited =
            |name: &str| self.quotas.values().any(|quota| quota.rules.hard.contains_key(name));
        charge.usage.retain(|name, _| limited(name));
        charge
    }

    /// Sets the rules of a quota; what is used has to be counted again.
    pub(super) fn set_quota(&mut self, name: &str, rules: Rules) {
        self.quotas.insert(name.to_owned(), Quota { rules, used: Amounts::new() });
    }

    /// Forgets a quota. Writes it has let in stay known until they are over: it may be made anew before that.
    pub(super) fn remove_quota(&mut self, name: &str) {
        self.quotas.remove(name);
        if self.quotas.is_empty() {
            self.replace_stored(BTreeMap::new());
        }
    }

    /// Whether there is no quota, nor a write under way.
    pub(super) fn is_idle(&self) -> bool {
        self.quotas.is_empty() && self.entries.is_empty()
    }

    /// Whether a write fits into every quota.
    pub(super) fn check(&self, request: &Request<'_>, charge: &Charge) -> Result<(), Excess> {
        let key = (request.resource.to_owned(), request.name.to_owned());
        for (name, quota) in &self.quotas {
            let wanted = quota.rules.counted(charge);
            let before = request.before.as_ref().map(|before| quota.rules.counted(before));
            let before = before.unwrap_or_default();
            // What the object counts for already, as it is stored or through another write of it.
            let counted = self.entries.get(&key).map(|entry| entry.counted(&quota.rules));
            let counted = counted.unwrap_or_default();
            let used = quota.used();
            let amount = |of: &Amounts, name: &str| of.get(name).copied().unwrap_or(Quantity::ZERO);
            let exceeded = |name: &str| {
                let (now, after) = (amount(&counted, name), amount(&wanted, name));
                let grows = after > amount(&before, name) && after > now;
                grows && amount(&used, name) - now + after > amount(&quota.rules.hard, name)
            };
            let names: Vec<&String> = wanted.keys().filter(|name| exceeded(name)).collect();
            if names.is_empty() {
                continue;
            }
            let of = |value: &dyn Fn(&str) -> Quantity| -> Amounts {
                names.iter().map(|name| ((*name).clone(), value(name))).collect()
            };
            return Err(Excess {
                quota: name.clone(),
                requested: of(&|name| amount(&wanted, name) - amount(&before, name)),
                used: of(&|name| amount(&used, name)),
                limited: of(&|name| amount(&quota.rules.hard, name)),
            });
        }
        Ok(())
    }

    /// Changes one entry; returns the quotas whose sums changed with it.
    pub(super) fn change(&mut self, key: &Key, change: impl FnOnce(&mut Entry)) -> Vec<String> {
        let entry = self.entries.entry(key.clone()).or_default();
        let before: Vec<Amounts> =
            self.quotas.values().map(|quota| entry.counted(&quota.rules)).collect();
        change(entry);
        let mut changed = Vec::new();
        for ((name, quota), before) in self.quotas.iter_mut().zip(before) {
            let after = entry.counted(&quota.rules);
            if before != after {
                quota.count(&before, &after);
                changed.push(name.clone());
            }
        }
        if entry.stored.is_none() && entry.pending.is_empty() {
            self.entries.remove(key);
        }
        changed
    }

    /// Takes in what is stored under a key now; returns the quotas that count it.
    pub(super) fn store(&mut self, key: &Key, charge: Option<Charge>) -> Vec<String> {
        let known = self.entries.get(key).and_then(|entry| entry.stored.as_ref());
        let counted = |quota: &Quota| {
            [known, charge.as_ref()]
                .into_iter()
                .flatten()
                .any(|charge| !quota.rules.counted(charge).is_empty())
        };
        let touched =
            self.quotas.iter().filter(|(_, quota)| counted(quota) && known != charge.as_ref());
        let touched: Vec<String> = touched.map(|(name, _)| name.clone()).collect();
        self.change(key, |entry| {
            entry.stored = charge;
            // The write whose outcome was in doubt is most likely this one; another would find its own.
            entry.pending.retain(|pending| pending.abandoned.is_none());
        });
        touched
    }

    /// Replaces everything that is stored and counts anew; writes under way stay.
    pub(super) fn replace_stored(&mut self, stored: BTreeMap<Key, Charge>) {
        for entry in self.entries.values_mut() {
            entry.stored = None;
        }
        for (key, charge) in stored {
            self.entries.entry(key).or_default().stored = Some(charge);
        }
        self.entries.retain(|_, entry| entry.stored.is_some() || !entry.pending.is_empty());
        for quota in self.quotas.values_mut() {
            quota.used.clear();
            for entry in self.entries.values() {
                let counted = entry.counted(&quota.rules);
                quota.count(&Amounts::new(), &counted);
            }
        }
    }

    /// Gives back what pods use that should be gone; returns the quotas whose sums changed with it.
    pub(super) fn lapse(&mut self, now: Timestamp) -> Vec<String> {
        let is_overdue =
            |entry: &Entry| entry.stored.as_ref().is_some_and(|charge| charge.is_overdue(now));
        let overdue = self.entries.iter().filter(|(_, entry)| is_overdue(entry));
        let keys: Vec<Key> = overdue.map(|(key, _)| key.clone()).collect();
        let mut changed = Vec::new();
        for key in keys {
            changed.extend(self.change(&key, |entry| {
                entry.stored.iter_mut().for_each(Charge::lapse);
            }));
        }
        changed
    }

    /// Forgets writes that were abandoned at a time that is long enough ago.
    pub(super) fn forget(&mut self, is_over: impl Fn(Instant) -> bool) -> Vec<String> {
        let over = |pending: &Pending| pending.abandoned.is_some_and(&is_over);
        let keys: Vec<Key> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.pending.iter().any(over))
            .map(|(key, _)| key.clone())
            .collect();
        let mut changed = Vec::new();
        for key in keys {
            changed
                .extend(self.change(&key, |entry| entry.pending.retain(|pending| !over(pending))));
        }
        changed
    }
}

#[cfg(test)]
mod tests;
