//! What the operator says for the whole cluster: a `PodSecurityConfiguration` of
//! pod-security.admission.config.k8s.io/v1, in an `AdmissionConfiguration` of apiserver.config.k8s.io/v1 or in a file
//! that this names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use machinery::names;
use serde::Deserialize;
use serde_json::Value;

use super::policy::{Level, Mode, Policy, Version};
use crate::BoxError;
use crate::authenticate::read_file;

/// The plugin that can be configured.
const PLUGIN: &str = "PodSecurity";

/// What holds where a namespace says nothing, and whom nothing is asked of.
#[derive(Debug, Default)]
pub(crate) struct PodSecurity {
    pub(super) defaults: Policy,
    pub(super) exemptions: Exemptions,
}

/// Whom nothing is asked of.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Exemptions {
    pub(super) usernames: Vec<String>,
    pub(super) runtime_classes: Vec<String>,
    pub(super) namespaces: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AdmissionConfiguration {
    api_version: String,
    kind: String,
    #[serde(default)]
    plugins: Vec<Plugin>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Plugin {
    name: String,
    path: Option<PathBuf>,
    configuration: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PodSecurityConfiguration {
    api_version: String,
    kind: String,
    #[serde(default)]
    defaults: Defaults,
    #[serde(default)]
    exemptions: Exemptions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Defaults {
    enforce: String,
    enforce_version: String,
    audit: String,
    audit_version: String,
    warn: String,
    warn_version: String,
}

impl PodSecurity {
    /// Reads an admission configuration.
    pub(crate) fn load(file: &Path) -> Result<Self, BoxError> {
        let whole: AdmissionConfiguration = serde_saphyr::from_str(&read_file(file)?)?;
        check_head(
            (&whole.api_version, &whole.kind),
            &["apiserver.config.k8s.io/v1"],
            "AdmissionConfiguration",
        )?;
        let mut found = Self::default();
        for plugin in whole.plugins {
            if plugin.name != PLUGIN {
                return Err(format!("the plugin {:?} takes no configuration", plugin.name).into());
            }
            found = match (plugin.configuration, plugin.path) {
                (Some(own), _) => Self::read(serde_json::from_value(own)?)?,
                (None, Some(path)) => {
                    let beside = file.parent().unwrap_or(Path::new("")).join(path);
                    Self::read(serde_saphyr::from_str(&read_file(&beside)?)?)?
                }
                (None, None) => Self::default(),
            };
        }
        Ok(found)
    }

    fn read(own: PodSecurityConfiguration) -> Result<Self, BoxError> {
        check_head(
            (&own.api_version, &own.kind),
            &[
                "pod-security.admission.config.k8s.io/v1",
                "pod-security.admission.config.k8s.io/v1beta1",
            ],
            "PodSecurityConfiguration",
        )?;
        own.exemptions.check()?;
        let Defaults { enforce, enforce_version, audit, audit_version, warn, warn_version } =
            own.defaults;
        let defaults = Policy {
            enforce: mode("enforce", &enforce, &enforce_version)?,
            audit: mode("audit", &audit, &audit_version)?,
            warn: mode("warn", &warn, &warn_version)?,
        };
        Ok(Self { defaults, exemptions: own.exemptions })
    }
}

impl Exemptions {
    /// A name that is empty would exempt every pod that says nothing.
    fn check(&self) -> Result<(), BoxError> {
        let namespace = |name: &str| names::dns1123_label(name);
        let class = |name: &str| names::dns1123_subdomain(name);
        let user = |name: &str| name.is_empty().then(|| "must not be empty".to_owned());
        check_names("namespaces", &self.namespaces, namespace)?;
        check_names("runtimeClasses", &self.runtime_classes, class)?;
        check_names("usernames", &self.usernames, user)
    }
}

fn check_names(
    list: &str,
    names: &[String],
    problem: impl Fn(&str) -> Option<String>,
) -> Result<(), BoxError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if let Some(problem) = problem(name) {
            return Err(format!("exemptions.{list}: {name:?}: {problem}").into());
        }
        if !seen.insert(name) {
            return Err(format!("exemptions.{list}: {name:?} is there twice").into());
        }
    }
    Ok(())
}

fn check_head(
    (api_version, kind): (&str, &str),
    versions: &[&str],
    wanted: &str,
) -> Result<(), BoxError> {
    if versions.contains(&api_version) && kind == wanted {
        return Ok(());
    }
    Err(format!("it is \"{api_version} {kind}\", expected {} {wanted}", versions[0]).into())
}

/// What is not said asks for nothing.
fn mode(name: &str, level: &str, version: &str) -> Result<Mode, BoxError> {
    let wrong =
        |field: &str, text: &str| format!("defaults.{name}{field}: {text:?} is no such thing");
    let mut mode = Mode::default();
    if !level.is_empty() {
        mode.level = Level::parse(level).ok_or_else(|| wrong("", level))?;
    }
    if !version.is_empty() {
        mode.version = Version::parse(version).ok_or_else(|| wrong("-version", version))?;
    }
    Ok(mode)
}

#[cfg(test)]
mod tests;
