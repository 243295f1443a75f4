//! What is wrong with a policy about the kinds it names (KEP-3488): fields that they do not have, values of other types.
//!
//! That refuses nothing: a kind may change after the policy is written. It is told in the policy's status.

use std::collections::BTreeSet;
use std::sync::Arc;

use kinds::expression::{Declarations, Expression, Reader, Refusal, Type, Wanted};
use machinery::{Schema, document};
use serde_json::{Value, json};

use super::written::{self, Role, Written};
use crate::admission::extension::declared;
use crate::catalog::{Served, Snapshot};

/// A policy is checked against no more kinds, as in Kubernetes.
const KINDS_MAX: usize = 10;

/// What to warn of, as the status of a `ValidatingAdmissionPolicy` has it.
pub(crate) fn warnings(policy: &Value, kinds: &Snapshot) -> Vec<Value> {
    let spec = &policy["spec"];
    let named = named_kinds(&spec["matchConstraints"], kinds);
    let params = spec["paramKind"].is_object().then(|| Described::of_params(spec, kinds));
    let described: Vec<Described> =
        named.iter().map(|served| Described::new(served.as_ref())).collect();
    let all = written::all("ValidatingAdmissionPolicy", policy);
    let about: Vec<About<'_>> = described
        .iter()
        .map(|kind| About::new(kind, params.as_ref().map(Described::type_of), &all))
        .collect();
    let checked = all.iter().filter(|one| matches!(one.role, Role::Validation | Role::Message));
    let warned = checked.filter_map(|one| {
        let told: Vec<String> = about.iter().filter_map(|about| about.warning(one)).collect();
        (!told.is_empty()).then(|| json!({ "fieldRef": one.place, "warning": told.join("\n") }))
    });
    warned.collect()
}

/// The kinds that rules name by their own names, whole, in order.
fn named_kinds(constraints: &Value, kinds: &Snapshot) -> Vec<Arc<Served>> {
    let mut found = BTreeSet::new();
    for rule in document::list_at(constraints, "/resourceRules") {
        let words = |field: &str| -> Vec<&str> {
            let words: Vec<&str> = document::strs_at(rule, field).collect();
            if words.contains(&"*") { Vec::new() } else { words }
        };
        let (groups, versions) = (words("/apiGroups"), words("/apiVersions"));
        let resources = document::strs_at(rule, "/resources");
        for resource in resources.filter(|resource| !resource.contains(['*', '/'])) {
            let pairs = groups.iter().flat_map(|group| versions.iter().map(move |of| (group, of)));
            found.extend(pairs.map(|(group, version)| (*group, *version, resource)));
        }
    }
    let served = found
        .into_iter()
        .filter_map(|(group, version, plural)| kinds.find(group, version, plural).cloned());
    served.take(KINDS_MAX).collect()
}

/// A kind, and where it is described.
struct Described {
    /// As warnings name it.
    name: String,
    description: Description,
}

enum Description {
    BuiltIn(Type<'static>),
    Made(Value),
    Unknown,
}

impl Described {
    fn new(served: &Served) -> Self {
        let names = served.kind().names();
        let name = format!("{}/{}, Kind={}", names.group, names.version, names.kind);
        let description = match (served.source(), served.schema()) {
            (Some(source), _) => {
                let mut definition = source.object();
                let versions = document::list_at(&definition, "/spec/versions").iter();
                let place = versions.enumerate().find(|(_, one)| one["name"] == *names.version);
                let place = place.map_or(0, |(index, _)| index);
                Description::Made(
                    definition["spec"]["versions"][place]["schema"]["openAPIV3Schema"].take(),
                )
            }
            (None, Some(Schema::Definition(definition))) => {
                let own = kinds::schemas().definition(&definition.name);
                own.map_or(Description::Unknown, |own| {
                    Description::BuiltIn(Type::of_definition(own))
                })
            }
            _ => Description::Unknown,
        };
        Self { name, description }
    }

    fn of_params(spec: &Value, kinds: &Snapshot) -> Self {
        let kind = &spec["paramKind"];
        let (api_version, name) = (document::api_version(kind), document::kind(kind));
        let found = kinds
            .iter()
            .find(|served| served.api_version() == api_version && served.kind_name() == name);
        let unknown = || Self { name: String::new(), description: Description::Unknown };
        found.map_or_else(unknown, |served| Self::new(served.as_ref()))
    }

    fn type_of(&self) -> Type<'_> {
        match &self.description {
            Description::BuiltIn(known) => known.clone(),
            Description::Made(schema) => Type::of_schema(schema, true, &self.name, Reader::Policy),
            Description::Unknown => Type::Dyn,
        }
    }
}

/// Objects of one kind, and what expressions may name about them.
struct About<'a> {
    kind: &'a str,
    declared: Declarations<'a>,
}

impl<'a> About<'a> {
    fn new(kind: &'a Described, params: Option<Type<'a>>, all: &[Written<'_>]) -> Self {
        let mut declared = declared::by_policies(kind.type_of(), params, true);
        for one in all {
            let Role::Variable(name) = one.role else { continue };
            let checked = Expression::check(one.source, &declared, Wanted::Anything);
            let found = checked.map_or(Type::Dyn, |(_, found)| found);
            declared.variables.push((name.to_owned(), found));
        }
        Self { kind: &kind.name, declared }
    }

    fn warning(&self, one: &Written<'_>) -> Option<String> {
        match Expression::check(one.source, &self.declared, Wanted::Anything) {
            Err(Refusal::Wrong(why)) => Some(format!("{}: {why}", self.kind)),
            _ => None,
        }
    }
}
