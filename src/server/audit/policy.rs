//! What is to be written down of which request: `Policy` of `audit.k8s.io/v1`. Pure.

use std::path::Path;

use serde::Deserialize;

use crate::BoxError;
use crate::identity::User;
use crate::record::Record;
use crate::request::Target;

/// Bytes of the file; long policies have some thousands.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// How much is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) enum Level {
    None,
    Metadata,
    Request,
    RequestResponse,
}

impl Level {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Metadata => "Metadata",
            Self::Request => "Request",
            Self::RequestResponse => "RequestResponse",
        }
    }
}

/// Where a request is. A panic ends the server, so that its stage is never reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Stage {
    RequestReceived,
    ResponseStarted,
    ResponseComplete,
    Panic,
}

impl Stage {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::RequestReceived => "RequestReceived",
            Self::ResponseStarted => "ResponseStarted",
            Self::ResponseComplete => "ResponseComplete",
            Self::Panic => "Panic",
        }
    }
}

/// The rules; the first that matches decides.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Policy {
    api_version: String,
    kind: String,
    #[serde(default)]
    #[expect(dead_code, reason = "accepted as everywhere, and of no use")]
    metadata: Option<serde_json::Value>,
    rules: Vec<Rule>,
    #[serde(default)]
    omit_stages: Vec<Stage>,
    #[serde(default)]
    omit_managed_fields: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    level: Level,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    user_groups: Vec<String>,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    resources: Vec<Resources>,
    #[serde(default)]
    namespaces: Vec<String>,
    #[serde(default, rename = "nonResourceURLs")]
    urls: Vec<String>,
    #[serde(default)]
    omit_stages: Vec<Stage>,
    omit_managed_fields: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Resources {
    #[serde(default)]
    group: String,
    #[serde(default, rename = "resources")]
    plurals: Vec<String>,
    #[serde(default)]
    resource_names: Vec<String>,
}

/// What the policy wants of one request.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) level: Level,
    pub(super) omit_stages: Vec<Stage>,
    pub(super) omit_managed_fields: bool,
}

impl Policy {
    pub(super) fn load(file: &Path) -> Result<Self, BoxError> {
        if std::fs::metadata(file)?.len() > FILE_BYTES_MAX {
            return Err(format!("the file is longer than {FILE_BYTES_MAX} bytes").into());
        }
        Self::parse(&std::fs::read_to_string(file)?)
    }

    pub(super) fn parse(text: &str) -> Result<Self, BoxError> {
        let policy: Self = serde_saphyr::from_str(text)?;
        let found = (policy.api_version.as_str(), policy.kind.as_str());
        if found != ("audit.k8s.io/v1", "Policy") {
            let (version, kind) = found;
            return Err(format!("it is {version} {kind}, expected audit.k8s.io/v1 Policy").into());
        }
        if policy.rules.is_empty() {
            return Err("it has no rules".into());
        }
        for (place, rule) in policy.rules.iter().enumerate() {
            if let Some(fault) = rule.fault() {
                return Err(format!("rules[{place}]: {fault}").into());
            }
        }
        Ok(policy)
    }

    /// What is wanted of a request.
    pub(super) fn rule(&self, record: &Record<'_>) -> Wanted {
        let Some(rule) = self.rules.iter().find(|rule| rule.matches(record)) else {
            return Wanted {
                level: Level::None,
                omit_stages: Vec::new(),
                omit_managed_fields: false,
            };
        };
        Wanted {
            level: rule.level,
            omit_stages: [self.omit_stages.as_slice(), &rule.omit_stages].concat(),
            omit_managed_fields: rule.omit_managed_fields.unwrap_or(self.omit_managed_fields),
        }
    }
}

impl Rule {
    /// Why it makes no sense.
    fn fault(&self) -> Option<String> {
        let about_objects = !self.resources.is_empty() || !self.namespaces.is_empty();
        if about_objects && !self.urls.is_empty() {
            return Some("nonResourceURLs go with neither resources nor namespaces".to_owned());
        }
        let is_url = |url: &String| {
            let plain = url.strip_suffix('*').unwrap_or(url);
            url == "*" || (plain.starts_with('/') && !plain.contains('*'))
        };
        if let Some(url) = self.urls.iter().find(|url| !is_url(url)) {
            return Some(format!(
                "nonResourceURLs: {url:?} does not begin with / or has a * inside"
            ));
        }
        let group = self.resources.iter().find(|resources| resources.group.contains('/'));
        if let Some(Resources { group, .. }) = group {
            return Some(format!("group: {group:?} has a version, which a group has not"));
        }
        let nameless = |own: &Resources| own.plurals.is_empty() && !own.resource_names.is_empty();
        let nameless = self.resources.iter().any(nameless);
        nameless.then(|| "resourceNames need resources that they are names of".to_owned())
    }

    fn matches(&self, record: &Record<'_>) -> bool {
        let user = record.caller.as_ref().map(|caller| &caller.user);
        self.is_by(user)
            && (self.verbs.is_empty() || has(&self.verbs, &super::event::verb(record)))
            && self.is_about(record)
    }

    fn is_by(&self, user: Option<&User>) -> bool {
        let named = |user: &User| has(&self.users, &user.name);
        let grouped = |user: &User| self.user_groups.iter().any(|group| user.is_in(group));
        (self.users.is_empty() || user.is_some_and(named))
            && (self.user_groups.is_empty() || user.is_some_and(grouped))
    }

    fn is_about(&self, record: &Record<'_>) -> bool {
        let Some(target) = &record.target else {
            let path = record.parts.uri.path();
            return self.resources.is_empty()
                && self.namespaces.is_empty()
                && (self.urls.is_empty() || self.urls.iter().any(|own| is_path(own, path)));
        };
        let namespace = target.namespace.as_deref().unwrap_or_default();
        self.urls.is_empty()
            && (self.namespaces.is_empty() || has(&self.namespaces, namespace))
            && (self.resources.is_empty() || self.resources.iter().any(|own| own.matches(target)))
    }
}

impl Resources {
    fn matches(&self, target: &Target<'_>) -> bool {
        let name = target.name.as_deref().unwrap_or_default();
        self.group == target.group
            && (self.plurals.is_empty() || self.plurals.iter().any(|own| names(own, target)))
            && (self.resource_names.is_empty() || has(&self.resource_names, name))
    }
}

/// Whether `pods`, `pods/log`, `pods/*`, `*/status` or `*` is what is asked for.
fn names(own: &str, target: &Target<'_>) -> bool {
    if own == "*" {
        return true;
    }
    match (own.split_once('/'), target.subresource) {
        (None, None) => own == target.resource,
        (Some((resource, part)), Some(subresource)) => {
            (resource == "*" || resource == target.resource) && (part == "*" || part == subresource)
        }
        // As in Kubernetes, the object itself is one of its parts here.
        (Some((resource, "*")), None) => resource == target.resource,
        _ => false,
    }
}

fn is_path(own: &str, path: &str) -> bool {
    match own.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => own == path,
    }
}

fn has(own: &[String], wanted: &str) -> bool {
    own.iter().any(|own| own == wanted)
}
