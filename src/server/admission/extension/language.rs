//! What expressions of policies and match conditions may call and name.

use std::sync::Arc;

use kinds::expression::{Budget, Functions, Scope};
use kube_cel::cel::Value as CelValue;

use super::authorizer::{self, Check};
use crate::authorize::Authorizer;
use crate::identity::Identity;

/// The functions that every expression may call.
#[derive(Debug)]
pub(super) struct Language {
    functions: Functions,
    authorizer: Arc<Authorizer>,
}

impl Language {
    pub(super) fn new(authorizer: Arc<Authorizer>) -> Self {
        Self { functions: Functions::new(authorizer::register), authorizer }
    }

    /// Names without values yet, for expressions about one request.
    pub(super) fn scope(&self, budget: &Arc<Budget>) -> Scope<'_> {
        self.functions.scope(budget)
    }

    /// Lets expressions ask what a user may do, in general and to what the request is about.
    pub(super) fn set_authorizer(
        &self,
        scope: &mut Scope<'_>,
        identity: &Identity,
        check: impl FnOnce(Check) -> Check,
    ) {
        let own = Check::new(&self.authorizer, identity);
        scope.set("authorizer", CelValue::Opaque(Arc::new(own.clone())));
        scope.set("authorizer.requestResource", CelValue::Opaque(Arc::new(check(own))));
    }
}
