//! What a `FlowSchema` says about requests, and whether one is meant. Pure.

use serde::Deserialize;

use crate::identity::User;
use crate::request::Target;

/// What schemas look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) user: &'a User,
    /// The resource asked for; without it, `path` is.
    pub(crate) target: Option<&'a Target<'a>>,
    pub(crate) method: &'a http::Method,
    pub(crate) path: &'a str,
}

/// The part of a `FlowSchema` that its writer decides.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SchemaSpec {
    pub(super) priority_level_configuration: LevelName,
    #[serde(default)]
    pub(super) matching_precedence: i64,
    pub(super) distinguisher_method: Option<Distinguisher>,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct LevelName {
    pub(super) name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Distinguisher {
    #[serde(rename = "type")]
    pub(super) method: Method,
}

/// What tells the flows of a schema apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Method {
    ByUser,
    ByNamespace,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Rule {
    subjects: Vec<Subject>,
    resource_rules: Vec<ResourceRule>,
    non_resource_rules: Vec<PathRule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subject {
    user: Option<Named>,
    group: Option<Named>,
    service_account: Option<Account>,
}

#[derive(Debug, Clone, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Account {
    namespace: String,
    name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResourceRule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    cluster_scope: bool,
    namespaces: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct PathRule {
    verbs: Vec<String>,
    #[serde(rename = "nonResourceURLs")]
    urls: Vec<String>,
}

impl SchemaSpec {
    pub(super) fn matches(&self, request: &Request<'_>) -> bool {
        self.rules.iter().any(|rule| rule.matches(request))
    }
}

impl Rule {
    fn matches(&self, request: &Request<'_>) -> bool {
        self.subjects.iter().any(|subject| subject.matches(request.user))
            && match request.target {
                Some(target) => self.resource_rules.iter().any(|rule| rule.matches(target)),
                None => self.non_resource_rules.iter().any(|rule| rule.matches(request)),
            }
    }
}

impl Subject {
    fn matches(&self, user: &User) -> bool {
        let is_user = |named: &Named| named.name == "*" || named.name == user.name;
        let is_in = |named: &Named| named.name == "*" || user.is_in(&named.name);
        self.user.as_ref().is_some_and(is_user)
            || self.group.as_ref().is_some_and(is_in)
            || self.service_account.as_ref().is_some_and(|account| account.is(user))
    }
}

impl Account {
    fn is(&self, user: &User) -> bool {
        let rest = user.name.strip_prefix("system:serviceaccount:");
        let Some((namespace, name)) = rest.and_then(|rest| rest.split_once(':')) else {
            return false;
        };
        namespace == self.namespace && (self.name == "*" || self.name == name)
    }
}

impl ResourceRule {
    fn matches(&self, target: &Target<'_>) -> bool {
        has(&self.verbs, target.verb.as_str())
            && has(&self.api_groups, target.group)
            && self.resources.iter().any(|own| names(own, target))
            && match target.namespace.as_deref() {
                Some(namespace) => has(&self.namespaces, namespace),
                None => self.cluster_scope,
            }
    }
}

impl PathRule {
    fn matches(&self, request: &Request<'_>) -> bool {
        let method = request.method.as_str();
        let verb = |own: &String| own == "*" || own.eq_ignore_ascii_case(method);
        let path = |own: &String| match own.strip_suffix('*') {
            Some(start) => request.path.starts_with(start),
            None => own == request.path,
        };
        self.verbs.iter().any(verb) && self.urls.iter().any(path)
    }
}

fn has(own: &[String], wanted: &str) -> bool {
    own.iter().any(|own| own == "*" || own == wanted)
}

/// Whether `pods` or `pods/log` is what is asked for.
fn names(own: &str, target: &Target<'_>) -> bool {
    if own == "*" {
        return true;
    }
    match (own.split_once('/'), target.subresource) {
        (None, None) => own == target.resource,
        (Some((resource, part)), Some(subresource)) => {
            (resource == "*" || resource == target.resource) && part == subresource
        }
        _ => false,
    }
}
