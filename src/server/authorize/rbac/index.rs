//! Bindings by who has them, and roles by name, in step with the cache.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tracing::error;

use super::binding::{Binding, Grant, RoleKey, Subject};
use super::role::Role;
use super::{Aggregate, GROUP};
use crate::authorize::rules::Rule;
use crate::cache::{Cached, Follower, News};
use crate::catalog::Catalog;
use crate::identity::User;

/// All roles and bindings.
#[derive(Debug)]
pub(super) struct Index {
    cluster_roles: Kept<Role>,
    roles: Kept<Role>,
    cluster_bindings: Kept<Binding>,
    bindings: Kept<Binding>,
    /// The rules of the cluster roles that gather those of others.
    gathered: BTreeMap<Arc<str>, Box<[Rule]>>,
    /// By the names of users, those of service accounts included.
    users: HashMap<Box<str>, Held>,
    groups: HashMap<Box<str>, Held>,
}

/// The parsed objects of one kind, by key; none if the kind is not served.
#[derive(Debug)]
struct Kept<T> {
    follower: Option<Follower>,
    objects: HashMap<Arc<str>, Arc<T>>,
}

/// What an object was and what it is.
struct Replaced<T> {
    before: Option<Arc<T>>,
    after: Option<Arc<T>>,
}

/// What one subject has.
#[derive(Debug, Default)]
struct Held {
    cluster: Vec<Grant>,
    namespaced: HashMap<Box<str>, Vec<Grant>>,
}

impl Index {
    pub(super) fn new(catalog: &Catalog) -> Self {
        Self {
            cluster_roles: Kept::new(catalog, "clusterroles"),
            roles: Kept::new(catalog, "roles"),
            cluster_bindings: Kept::new(catalog, "clusterrolebindings"),
            bindings: Kept::new(catalog, "rolebindings"),
            gathered: BTreeMap::new(),
            users: HashMap::new(),
            groups: HashMap::new(),
        }
    }

    /// What a user has in a namespace, by name and through groups; what holds everywhere comes first.
    pub(super) fn grants<'a>(
        &'a self,
        user: &'a User,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Grant> {
        let held = move || {
            let groups = user.groups.iter().filter_map(|group| self.groups.get(group.as_str()));
            self.users.get(user.name.as_str()).into_iter().chain(groups)
        };
        let there = (!namespace.is_empty()).then(held).into_iter().flatten();
        let there = there.filter_map(move |held| held.namespaced.get(namespace)).flatten();
        held().flat_map(|held| &held.cluster).chain(there)
    }

    /// What a grant allows; a binding may be to a role that does not exist.
    pub(super) fn rules(&self, grant: &Grant) -> &[Rule] {
        self.find(&grant.binding.role).unwrap_or_default()
    }

    /// The rules of a role, if it exists.
    pub(super) fn find(&self, role: &RoleKey) -> Option<&[Rule]> {
        match role {
            RoleKey::Namespaced(key) => self.roles.objects.get(&**key).map(|role| &*role.rules),
            RoleKey::Cluster(key) => {
                let role = self.cluster_roles.objects.get(&**key)?;
                match role.gathers {
                    None => Some(&role.rules),
                    Some(_) => self.gathered.get(&**key).map(|rules| &**rules),
                }
            }
        }
    }

    /// The cluster roles whose written rules are not those they gather.
    pub(super) fn stale_aggregates(&self) -> Vec<Aggregate> {
        let written = |key: &Arc<str>| self.cluster_roles.objects.get(key).map(|role| &role.rules);
        let stale = self.gathered.iter().filter(|(key, rules)| written(key) != Some(rules));
        stale
            .map(|(key, rules)| Aggregate { name: key.to_string(), rules: rules.to_vec() })
            .collect()
    }

    pub(super) fn is_behind(&self) -> bool {
        self.cluster_bindings.is_behind()
            || self.bindings.is_behind()
            || self.cluster_roles.is_behind()
            || self.roles.is_behind()
    }

    /// Takes in what has changed.
    pub(super) fn catch_up(&mut self) {
        if !self.cluster_roles.catch_up(Role::read).is_empty() {
            self.gather();
        }
        drop(self.roles.catch_up(Role::read));
        let mut replaced = self.cluster_bindings.catch_up(Binding::read);
        replaced.extend(self.bindings.catch_up(Binding::read));
        for Replaced { before, after } in replaced {
            if let Some(binding) = before {
                self.forget(&binding);
            }
            if let Some(binding) = after {
                self.note(&binding);
            }
        }
    }

    fn note(&mut self, binding: &Arc<Binding>) {
        for (index, subject) in binding.subjects.iter().enumerate() {
            let (map, name) = self.place(subject);
            let held = map.entry(name.into()).or_default();
            let grants = match &binding.namespace {
                None => &mut held.cluster,
                Some(namespace) => held.namespaced.entry(namespace.clone()).or_default(),
            };
            grants.push(Grant { binding: Arc::clone(binding), subject: index });
        }
    }

    fn forget(&mut self, binding: &Arc<Binding>) {
        for subject in &binding.subjects {
            let (map, name) = self.place(subject);
            let Some(held) = map.get_mut(name) else { continue };
            held.forget(binding);
            if held.cluster.is_empty() && held.namespaced.is_empty() {
                map.remove(name);
            }
        }
    }

    fn place<'a>(&mut self, subject: &'a Subject) -> (&mut HashMap<Box<str>, Held>, &'a str) {
        match subject {
            Subject::User(name) | Subject::Account(name) => (&mut self.users, name),
            Subject::Group(name) => (&mut self.groups, name),
        }
    }

    /// Works out the rules of the roles that gather.
    fn gather(&mut self) {
        let roles = &self.cluster_roles.objects;
        let gatherers = roles.iter().filter(|(_, role)| role.gathers.is_some());
        self.gathered = gatherers.map(|(key, _)| (Arc::clone(key), gathered(roles, key))).collect();
    }
}

/// The rules that a role gathers, in the order of the names of those that have them, each once. Roles may gather
/// from roles that gather, even in circles.
fn gathered(roles: &HashMap<Arc<str>, Arc<Role>>, key: &Arc<str>) -> Box<[Rule]> {
    let mut found = BTreeSet::from([key]);
    let mut open = vec![key];
    while let Some(key) = open.pop() {
        let Some(selectors) = roles.get(key).and_then(|role| role.gathers.as_ref()) else {
            continue;
        };
        for (other, role) in roles {
            let selected = selectors.iter().any(|selector| selector.matches(&role.labels));
            if selected && found.insert(other) {
                open.push(other);
            }
        }
    }
    let sources = found.into_iter().filter_map(|key| roles.get(key));
    let rules = sources.filter(|role| role.gathers.is_none()).flat_map(|role| &role.rules);
    let mut seen = BTreeSet::new();
    rules.filter(|rule| seen.insert(*rule)).cloned().collect()
}

impl Held {
    fn forget(&mut self, binding: &Arc<Binding>) {
        let others = |grant: &Grant| !Arc::ptr_eq(&grant.binding, binding);
        let Some(namespace) = &binding.namespace else { return self.cluster.retain(others) };
        let Some(grants) = self.namespaced.get_mut(namespace) else { return };
        grants.retain(others);
        if grants.is_empty() {
            self.namespaced.remove(namespace);
        }
    }
}

impl<T> Kept<T> {
    fn new(catalog: &Catalog, plural: &str) -> Self {
        let follower = catalog.shelf(GROUP, "v1", plural).map(Follower::new);
        Self { follower, objects: HashMap::new() }
    }

    fn is_behind(&self) -> bool {
        self.follower.as_ref().is_some_and(Follower::is_behind)
    }

    /// Parses what has changed.
    fn catch_up(
        &mut self,
        read: impl Fn(&Cached) -> Result<T, serde_json::Error>,
    ) -> Vec<Replaced<T>> {
        let Some(follower) = self.follower.as_mut().filter(|follower| follower.is_behind()) else {
            return Vec::new();
        };
        // What cannot be read grants nothing.
        let read = |object: &Arc<Cached>| match read(object) {
            Ok(parsed) => Some(Arc::new(parsed)),
            Err(error) => {
                error!(key = %object.key, %error, "a role or binding cannot be read");
                None
            }
        };
        match follower.catch_up() {
            News::Everything(objects) => {
                let old = std::mem::take(&mut self.objects).into_values();
                let mut replaced: Vec<Replaced<T>> =
                    old.map(|old| Replaced { before: Some(old), after: None }).collect();
                replaced.extend(objects.iter().map(|object| self.put(&object.key, read(object))));
                replaced
            }
            News::Changes(changes) => {
                let current =
                    |change: &crate::cache::Change| change.current.as_ref().and_then(read);
                changes.iter().map(|change| self.put(change.key(), current(change))).collect()
            }
        }
    }

    fn put(&mut self, key: &Arc<str>, after: Option<Arc<T>>) -> Replaced<T> {
        let before = match &after {
            Some(object) => self.objects.insert(Arc::clone(key), Arc::clone(object)),
            None => self.objects.remove(key),
        };
        Replaced { before, after }
    }
}

#[cfg(test)]
mod tests;
