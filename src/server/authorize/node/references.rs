//! What a pod refers to, and so what the kubelet of its node has to read.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::Referent;
use crate::cache::Cached;

/// The names a pod refers to in its namespace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct References {
    pub(super) node: Box<str>,
    /// Sorted, each once.
    names: Box<[(Referent, Box<str>)]>,
}

/// What kinds of things a pod refers to.
pub(crate) fn referents(pod: &Value) -> Result<BTreeSet<Referent>, serde_json::Error> {
    let mut found = BTreeSet::new();
    let document = Document::deserialize(pod)?;
    document.spec.collect("", &mut |referent, _| {
        found.insert(referent);
    });
    Ok(found)
}

impl References {
    /// `None` for a pod without a node.
    pub(super) fn read(pod: &Cached) -> Option<Self> {
        Self::parse(pod.name(), &pod.bytes)
    }

    fn parse(pod: &str, bytes: &[u8]) -> Option<Self> {
        let document: Document<'_> = serde_json::from_slice(bytes).ok()?;
        let spec = document.spec;
        let node = spec.node_name.filter(|node| !node.is_empty())?.into();
        let mut names = Vec::new();
        spec.collect(pod, &mut |referent, name| names.push((referent, name.into())));
        names.sort();
        names.dedup();
        Some(Self { node, names: names.into() })
    }

    pub(super) fn has(&self, referent: Referent, name: &str) -> bool {
        let wanted = |(own, text): &(Referent, Box<str>)| (*own, &**text).cmp(&(referent, name));
        self.names.binary_search_by(wanted).is_ok()
    }
}

impl Spec<'_> {
    fn collect(&self, pod: &str, note: &mut impl FnMut(Referent, &str)) {
        // Admission names one for every pod but mirror pods, which have none.
        if let Some(account) = self.service_account_name.filter(|account| !account.is_empty()) {
            note(Referent::Account, account);
        }
        for secret in &self.image_pull_secrets {
            tell(Some(secret), Referent::Secret, note);
        }
        for volume in &self.volumes {
            volume.collect(pod, note);
        }
        let containers = [&self.init_containers, &self.containers, &self.ephemeral_containers];
        for container in containers.into_iter().flatten() {
            let variables = container.env.iter().filter_map(|one| one.value_from.as_ref());
            variables.chain(container.env_from.iter()).for_each(|source| source.collect(note));
        }
    }
}

impl Volume<'_> {
    fn collect(&self, pod: &str, note: &mut impl FnMut(Referent, &str)) {
        tell(self.secret.as_ref(), Referent::Secret, note);
        tell(self.config_map.as_ref(), Referent::ConfigMap, note);
        tell(self.persistent_volume_claim.as_ref(), Referent::Claim, note);
        if self.ephemeral.is_some() {
            note(Referent::Claim, &format!("{pod}-{}", self.name));
        }
        if let Some(driver) = &self.csi {
            tell(driver.node_publish_secret_ref.as_ref(), Referent::Secret, note);
        }
        for source in self.projected.iter().flat_map(|projected| projected.sources.iter()) {
            source.collect(note);
        }
    }
}

impl Source<'_> {
    fn collect(&self, note: &mut impl FnMut(Referent, &str)) {
        tell(self.secret.as_ref(), Referent::Secret, note);
        tell(self.config_map.as_ref(), Referent::ConfigMap, note);
    }
}

/// Notes a name if there is one.
fn tell(named: Option<&Named<'_>>, referent: Referent, note: &mut impl FnMut(Referent, &str)) {
    if let Some(name) = named.and_then(|named| named.name) {
        note(referent, name);
    }
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    spec: Spec<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    node_name: Option<&'a str>,
    service_account_name: Option<&'a str>,
    #[serde(default)]
    image_pull_secrets: Vec<Named<'a>>,
    #[serde(default)]
    volumes: Vec<Volume<'a>>,
    #[serde(default)]
    init_containers: Vec<Container<'a>>,
    #[serde(default)]
    containers: Vec<Container<'a>>,
    #[serde(default)]
    ephemeral_containers: Vec<Container<'a>>,
}

/// A reference, under whichever of its names.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, alias = "secretName", alias = "claimName")]
    name: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume<'a> {
    #[serde(borrow)]
    name: &'a str,
    secret: Option<Named<'a>>,
    config_map: Option<Named<'a>>,
    persistent_volume_claim: Option<Named<'a>>,
    ephemeral: Option<IgnoredAny>,
    csi: Option<Driver<'a>>,
    projected: Option<Projected<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    #[serde(borrow)]
    node_publish_secret_ref: Option<Named<'a>>,
}

#[derive(Deserialize)]
struct Projected<'a> {
    #[serde(borrow, default)]
    sources: Vec<Source<'a>>,
}

/// An object whose entries become files or variables.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source<'a> {
    #[serde(borrow, alias = "secretRef", alias = "secretKeyRef")]
    secret: Option<Named<'a>>,
    #[serde(alias = "configMapRef", alias = "configMapKeyRef")]
    config_map: Option<Named<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container<'a> {
    #[serde(borrow, default)]
    env: Vec<Variable<'a>>,
    #[serde(default)]
    env_from: Vec<Source<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variable<'a> {
    #[serde(borrow)]
    value_from: Option<Source<'a>>,
}

#[cfg(test)]
mod tests;
