//! A container's environment, command and arguments, as its spec composes them.

mod expand;
mod fields;
mod services;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvFromSource, EnvVar, EnvVarSource, Service};

pub(crate) use expand::expand;
pub(crate) use fields::Fields;
pub(crate) use services::variables as service_variables;

use crate::lifecycle::Setback;
use crate::sources::{Source, Sources};

/// Names with their values, in the order they were first set.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    pairs: Vec<(String, String)>,
    index: BTreeMap<String, usize>,
}

impl Environment {
    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.index.get(name).map(|place| self.pairs[*place].1.as_str())
    }

    /// All variables.
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.pairs
    }

    fn set(&mut self, name: String, value: String) {
        if let Some(place) = self.index.get(&name) {
            self.pairs[*place].1 = value;
        } else {
            self.index.insert(name.clone(), self.pairs.len());
            self.pairs.push((name, value));
        }
    }
}

/// The sources a container's environment reads.
pub(crate) fn sources(container: &Container) -> Vec<Source> {
    let whole = container.env_from.iter().flatten().flat_map(|from| {
        let map = from.config_map_ref.as_ref().map(|one| Source::ConfigMap(one.name.clone()));
        let secret = from.secret_ref.as_ref().map(|one| Source::Secret(one.name.clone()));
        map.into_iter().chain(secret)
    });
    let single = container.env.iter().flatten().filter_map(|one| one.value_from.as_ref());
    let single = single.flat_map(|from| {
        let map = from.config_map_key_ref.as_ref().map(|one| Source::ConfigMap(one.name.clone()));
        let secret = from.secret_key_ref.as_ref().map(|one| Source::Secret(one.name.clone()));
        map.into_iter().chain(secret)
    });
    whole.chain(single).collect()
}

/// Composes the environment: services first, then whole sources, then single variables; what comes
/// later wins.
pub(crate) fn compose(
    container: &Container,
    fields: &Fields<'_>,
    sources: &Sources,
    services: &[std::sync::Arc<Service>],
) -> Result<Environment, Setback> {
    let mut environment = Environment::default();
    for (name, value) in service_variables(fields.pod, services) {
        environment.set(name, value);
    }
    for from in container.env_from.iter().flatten() {
        add_whole(&mut environment, from, sources)?;
    }
    for variable in container.env.iter().flatten() {
        add_single(&mut environment, variable, container, fields, sources)?;
    }
    Ok(environment)
}

fn add_whole(
    environment: &mut Environment,
    from: &EnvFromSource,
    sources: &Sources,
) -> Result<(), Setback> {
    let prefix = from.prefix.as_deref().unwrap_or_default();
    let (source, optional) = match (&from.config_map_ref, &from.secret_ref) {
        (Some(map), _) => (Source::ConfigMap(map.name.clone()), map.optional),
        (None, Some(secret)) => (Source::Secret(secret.name.clone()), secret.optional),
        (None, None) => return Ok(()),
    };
    let Some(data) = sources.get(&source, optional == Some(true))? else { return Ok(()) };
    for (key, value) in data {
        environment.set(format!("{prefix}{key}"), String::from_utf8_lossy(value).into_owned());
    }
    Ok(())
}

fn add_single(
    environment: &mut Environment,
    variable: &EnvVar,
    container: &Container,
    fields: &Fields<'_>,
    sources: &Sources,
) -> Result<(), Setback> {
    let value = match (&variable.value, &variable.value_from) {
        (Some(value), _) if !value.is_empty() => Some(expand(value, |name| environment.get(name))),
        (_, Some(from)) => referenced(from, container, fields, sources)?,
        _ => Some(String::new()),
    };
    if let Some(value) = value {
        environment.set(variable.name.clone(), value);
    }
    Ok(())
}

/// The value a reference stands for; none when it is optional and there is nothing.
fn referenced(
    from: &EnvVarSource,
    container: &Container,
    fields: &Fields<'_>,
    sources: &Sources,
) -> Result<Option<String>, Setback> {
    if let Some(field) = &from.field_ref {
        return fields.field(&field.field_path).map(Some);
    }
    if let Some(resource) = &from.resource_field_ref {
        return fields.resource(resource, Some(container)).map(Some);
    }
    let (source, key, optional) = match (&from.config_map_key_ref, &from.secret_key_ref) {
        (Some(map), _) => (Source::ConfigMap(map.name.clone()), &map.key, map.optional),
        (None, Some(secret)) => (Source::Secret(secret.name.clone()), &secret.key, secret.optional),
        (None, None) => {
            return Err(Setback::new(
                "CreateContainerConfigError",
                "a variable takes its value from a source that this node does not know",
            ));
        }
    };
    let optional = optional == Some(true);
    let Some(data) = sources.get(&source, optional)? else { return Ok(None) };
    match data.get(key) {
        Some(value) => Ok(Some(String::from_utf8_lossy(value).into_owned())),
        None if optional => Ok(None),
        None => Err(Setback::new(
            "CreateContainerConfigError",
            format!("couldn't find key {key} in {}", sources.describe(&source)),
        )),
    }
}

/// What follows the program's name: a command's tail (its head names the program) and the arguments.
pub(crate) fn arguments(container: &Container, environment: &Environment) -> Vec<String> {
    let command = container.command.iter().flatten().skip(1);
    command
        .chain(container.args.iter().flatten())
        .map(|one| expand(one, |name| environment.get(name)))
        .collect()
}

#[cfg(test)]
mod tests;
