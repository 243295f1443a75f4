//! RBAC: the roles and bindings of the cluster, and what they allow a user.
//!
//! An index by subject is kept beside the cache: each role and each binding is parsed once per revision, when
//! the first request after its change asks. A request looks up its user and groups and walks their rules.

mod binding;
mod index;
mod role;

use std::sync::{RwLock, RwLockReadGuard};

pub(super) use binding::RoleKey;
use index::Index;

use super::Action;
use super::rules::Rule;
use crate::catalog::Catalog;
use crate::identity::User;

/// The API group of roles and bindings.
pub(crate) const GROUP: &str = "rbac.authorization.k8s.io";

/// Decides by roles and bindings.
#[derive(Debug)]
pub(crate) struct Rbac {
    index: RwLock<Index>,
}

/// A `ClusterRole` whose rules are those of others.
#[derive(Debug)]
pub(crate) struct Aggregate {
    pub(crate) name: String,
    pub(crate) rules: Vec<Rule>,
}

impl Rbac {
    pub(super) fn new(catalog: &Catalog) -> Self {
        Self { index: RwLock::new(Index::new(catalog)) }
    }

    pub(super) fn allows(&self, user: &User, action: &Action<'_>) -> bool {
        let index = self.index();
        let mut grants = index.grants(user, action.namespace);
        grants.any(|grant| index.rules(grant).iter().any(|rule| rule.allows(action)))
    }

    pub(super) fn allows_path(&self, user: &User, verb: &str, path: &str) -> bool {
        let index = self.index();
        let mut grants = index.grants(user, "");
        grants.any(|grant| index.rules(grant).iter().any(|rule| rule.allows_path(verb, path)))
    }

    /// By which binding something is allowed.
    pub(super) fn reason(
        &self,
        user: &User,
        namespace: &str,
        allows: impl Fn(&Rule) -> bool,
    ) -> Option<String> {
        let index = self.index();
        let mut grants = index.grants(user, namespace);
        let grant = grants.find(|grant| index.rules(grant).iter().any(&allows))?;
        Some(format!("RBAC: allowed by {grant}"))
    }

    /// Every rule that holds for a user in a namespace, or, without one, in the cluster as a whole.
    pub(super) fn rules_of(&self, user: &User, namespace: &str) -> Vec<Rule> {
        let index = self.index();
        let grants = index.grants(user, namespace);
        grants.flat_map(|grant| index.rules(grant)).cloned().collect()
    }

    /// The rules of one role, if it exists.
    pub(super) fn rules_of_role(&self, role: &RoleKey) -> Option<Vec<Rule>> {
        self.index().find(role).map(<[Rule]>::to_vec)
    }

    /// Whose written rules are not what the roles they gather have.
    pub(crate) fn stale_aggregates(&self) -> Vec<Aggregate> {
        self.index().stale_aggregates()
    }

    /// The index, in step with everything that was written before this call.
    fn index(&self) -> RwLockReadGuard<'_, Index> {
        let index = self.read();
        if !index.is_behind() {
            return index;
        }
        drop(index);
        self.index.write().expect("nothing panics while it holds the index").catch_up();
        self.read()
    }

    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().expect("nothing panics while it holds the index")
    }
}
