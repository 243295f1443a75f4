//! Acting as somebody else: the headers `Impersonate-*`, each a permission of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::HeaderMap;
use machinery::ApiError;

use super::{Action, Authorizer};
use crate::identity::{ANONYMOUS, AUTHENTICATED, Identity, UNAUTHENTICATED, User};
use crate::query;

/// The group whose resources are what a user has besides name and groups.
const GROUP: &str = "authentication.k8s.io";
const USER: &str = "impersonate-user";
const GROUPS: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";
/// Values one request may ask to be seen with; each is a decision, and a string that authorisation compares. As many
/// groups may a proxy in front or a provider of identities name.
const VALUES_MAX: usize = 1_000;
const ACCOUNT: &str = "system:serviceaccount:";

/// Whoever the request is to be seen as: the caller, unless headers say otherwise and the caller may do that.
pub(crate) async fn impersonate(
    authorizer: &Authorizer,
    headers: &HeaderMap,
    caller: Arc<Identity>,
) -> Result<Arc<Identity>, ApiError> {
    if !headers.keys().any(|name| name.as_str().starts_with("impersonate-")) {
        return Ok(caller);
    }
    let Some(wanted) = Wanted::read(headers)? else { return Ok(caller) };
    // On the heap, since few requests come here.
    Box::pin(wanted.check(authorizer, &caller)).await?;
    Ok(Arc::new(wanted.identity()))
}

/// Whom the headers name.
#[derive(Debug, Default)]
struct Wanted {
    user: User,
}

impl Wanted {
    fn read(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        let mut user = User::default();
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut values = 0;
        for (header, value) in headers {
            let header = header.as_str();
            let key = header.strip_prefix(EXTRA);
            if key.is_none() && ![USER, GROUPS, UID].contains(&header) {
                continue;
            }
            values += 1;
            let Ok(value) = value.to_str().map(str::to_owned) else {
                return Err(ApiError::bad_request(format!("the header {header} is not text")));
            };
            match (header, key) {
                (USER, _) => user.name = value,
                (GROUPS, _) => user.groups.push(value),
                (UID, _) => user.uid = value,
                (_, Some(key)) => {
                    let key = query::decode(key, false).unwrap_or(key.into()).into_owned();
                    extra.entry(key).or_default().push(value);
                }
                _ => {}
            }
        }
        user.extra = extra;
        if values > VALUES_MAX {
            return Err(ApiError::bad_request(format!(
                "at most {VALUES_MAX} values may be impersonated"
            )));
        }
        match (user.name.is_empty(), values) {
            (_, 0) => Ok(None),
            (true, _) => Err(ApiError::bad_request(
                "groups, uid and extra cannot be impersonated without impersonating a user",
            )),
            (false, _) => Ok(Some(Self { user })),
        }
    }

    /// Asks about every part.
    async fn check(&self, authorizer: &Authorizer, caller: &Identity) -> Result<(), ApiError> {
        let user = &self.user;
        let base = Action { verb: "impersonate", ..Action::default() };
        let named = match self.account() {
            Some((namespace, name)) => {
                Action { resource: "serviceaccounts", namespace, name, ..base }
            }
            None => Action { resource: "users", name: &user.name, ..base },
        };
        authorizer.require(caller, &named).await?;
        // A group that is named twice is one decision.
        for name in user.groups.iter().collect::<BTreeSet<_>>() {
            authorizer.require(caller, &Action { resource: "groups", name, ..base }).await?;
        }
        let base = Action { group: GROUP, version: "v1", ..base };
        if !user.uid.is_empty() {
            authorizer
                .require(caller, &Action { resource: "uids", name: &user.uid, ..base })
                .await?;
        }
        for (key, values) in &user.extra {
            for name in values.iter().collect::<BTreeSet<_>>() {
                let action = Action { resource: "userextras", subresource: key, name, ..base };
                authorizer.require(caller, &action).await?;
            }
        }
        Ok(())
    }

    /// Namespace and name, if the user is a service account.
    fn account(&self) -> Option<(&str, &str)> {
        let (namespace, name) = self.user.name.strip_prefix(ACCOUNT)?.split_once(':')?;
        (!namespace.is_empty() && !name.is_empty() && !name.contains(':'))
            .then_some((namespace, name))
    }

    /// The user with the groups that nobody has to be asked for.
    fn identity(mut self) -> Identity {
        if self.user.groups.is_empty()
            && let Some((namespace, _)) = self.account()
        {
            self.user.groups = User::groups_of_account(namespace);
        }
        let anonymous = self.user.name == ANONYMOUS;
        let known = |group: &str| group == AUTHENTICATED || group == UNAUTHENTICATED;
        if !self.user.groups.iter().any(|group| known(group)) {
            let group = if anonymous { UNAUTHENTICATED } else { AUTHENTICATED };
            self.user.groups.push(group.to_owned());
        }
        Identity::exactly(self.user)
    }
}
