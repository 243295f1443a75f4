//! What a rule of a role allows, and which rules it covers: pure functions.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Action;

/// Combinations of verb, group, resource and name that are looked at one by one in rules somebody grants.
/// The largest default role has some hundred; a hostile one, made of three long lists, would have billions.
const COMBINATIONS_MAX: usize = 10_000;
/// Stands for everything in any of the lists.
const ALL: &str = "*";

type Words = Box<[Box<str>]>;

/// One rule of a role: all of these verbs on all of these resources, or on all of these paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) verbs: Words,
    #[serde(skip_serializing_if = "is_empty")]
    pub(crate) api_groups: Words,
    #[serde(skip_serializing_if = "is_empty")]
    pub(crate) resources: Words,
    /// Without any, every name is meant.
    #[serde(skip_serializing_if = "is_empty")]
    pub(crate) resource_names: Words,
    #[serde(rename = "nonResourceURLs", skip_serializing_if = "is_empty")]
    pub(crate) paths: Words,
}

fn is_empty(words: &Words) -> bool {
    words.is_empty()
}

impl Rule {
    /// Everything that can be done to resources.
    pub(crate) fn everything() -> [Self; 2] {
        let all = || Words::from([ALL.into()]);
        let resources =
            Self { verbs: all(), api_groups: all(), resources: all(), ..Self::default() };
        [resources, Self { verbs: all(), paths: all(), ..Self::default() }]
    }

    /// Whether it allows an action.
    pub(crate) fn allows(&self, action: &Action<'_>) -> bool {
        has(&self.verbs, action.verb)
            && has(&self.api_groups, action.group)
            && self.resources.iter().any(|own| is_resource(own, action))
            && (self.resource_names.is_empty() || contains(&self.resource_names, action.name))
    }

    /// Whether it allows a verb on a path that is no resource's.
    pub(crate) fn allows_path(&self, verb: &str, path: &str) -> bool {
        has(&self.verbs, verb) && self.paths.iter().any(|own| covers_path(own, path))
    }

    /// Whether everything that another rule allows is allowed by this one alone.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let names = self.resource_names.is_empty()
            || (!other.resource_names.is_empty()
                && has_all(&self.resource_names, &other.resource_names));
        names
            && has_all(&self.verbs, &other.verbs)
            && has_all(&self.api_groups, &other.api_groups)
            && covers_resources(&self.resources, &other.resources)
            && other.paths.iter().all(|path| self.paths.iter().any(|own| covers_path(own, path)))
    }

    /// How many combinations it has.
    fn combinations(&self) -> usize {
        let names = self.resource_names.len().max(1);
        let resources = [self.api_groups.len(), self.resources.len(), names];
        let resources = resources.into_iter().fold(1, usize::saturating_mul);
        self.verbs.len().saturating_mul(resources.saturating_add(self.paths.len()))
    }

    /// The same as rules of one combination each.
    fn singles(&self) -> Vec<Self> {
        let one = |word: &str| Words::from([word.into()]);
        let mut singles = Vec::new();
        for group in &self.api_groups {
            for resource in &self.resources {
                for verb in &self.verbs {
                    let single = Self {
                        verbs: one(verb),
                        api_groups: one(group),
                        resources: one(resource),
                        ..Self::default()
                    };
                    let names = self.resource_names.iter();
                    singles.extend(
                        names.map(|name| Self { resource_names: one(name), ..single.clone() }),
                    );
                    if self.resource_names.is_empty() {
                        singles.push(single);
                    }
                }
            }
        }
        for path in &self.paths {
            for verb in &self.verbs {
                singles.push(Self { verbs: one(verb), paths: one(path), ..Self::default() });
            }
        }
        singles
    }
}

/// What of the wanted rules is not covered by the held ones, put together as far as verbs go.
pub(crate) fn missing(held: &[Rule], wanted: &[Rule]) -> Vec<Rule> {
    let mut missing: Vec<Rule> = Vec::new();
    let mut combinations = 0usize;
    for rule in wanted {
        if held.iter().any(|own| own.covers(rule)) {
            continue;
        }
        combinations = combinations.saturating_add(rule.combinations());
        if combinations > COMBINATIONS_MAX {
            missing.push(rule.clone());
            continue;
        }
        let singles = rule.singles().into_iter();
        for single in singles.filter(|single| !held.iter().any(|own| own.covers(single))) {
            let same = |other: &&mut Rule| {
                other.paths.is_empty()
                    && other.api_groups == single.api_groups
                    && other.resources == single.resources
                    && other.resource_names == single.resource_names
            };
            match missing.iter_mut().find(same) {
                Some(_) if !single.paths.is_empty() => missing.push(single),
                Some(other) if contains(&other.verbs, &single.verbs[0]) => {}
                Some(other) => {
                    let verbs = other.verbs.iter().chain(&single.verbs);
                    other.verbs = verbs.cloned().collect();
                }
                None => missing.push(single),
            }
        }
    }
    missing
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("APIGroups", &self.api_groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.paths),
            ("ResourceNames", &self.resource_names),
            ("Verbs", &self.verbs),
        ];
        let mut before = "{";
        for (name, words) in parts.into_iter().filter(|(_, words)| !words.is_empty()) {
            write!(f, "{before}{name}:{}", Quoted(words))?;
            before = ", ";
        }
        f.write_str("}")
    }
}

/// Words as Go prints a list of them: `["a" "b"]`.
pub(crate) struct Quoted<'a, T>(pub(crate) &'a [T]);

impl<T: AsRef<str>> fmt::Display for Quoted<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (index, word) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{:?}", word.as_ref())?;
        }
        f.write_str("]")
    }
}

fn contains(words: &[Box<str>], word: &str) -> bool {
    words.iter().any(|own| **own == *word)
}

/// Whether a list names a word or everything.
fn has(words: &[Box<str>], word: &str) -> bool {
    words.iter().any(|own| **own == *word || **own == *ALL)
}

fn has_all(words: &[Box<str>], wanted: &[Box<str>]) -> bool {
    let words = Known::new(words);
    words.has(ALL) || wanted.iter().all(|word| words.has(word))
}

/// Words to look up, by hash where there are many: whoever writes a role may write a hundred thousand.
enum Known<'a> {
    Few(&'a [Box<str>]),
    Many(HashSet<&'a str>),
}

impl<'a> Known<'a> {
    const FEW: usize = 32;

    fn new(words: &'a [Box<str>]) -> Self {
        if words.len() <= Self::FEW {
            return Self::Few(words);
        }
        Self::Many(words.iter().map(AsRef::as_ref).collect())
    }

    fn has(&self, word: &str) -> bool {
        match self {
            Self::Few(words) => contains(words, word),
            Self::Many(words) => words.contains(word),
        }
    }
}

/// `*`, `pods`, `pods/log` or `*/scale`.
fn is_resource(own: &str, action: &Action<'_>) -> bool {
    if own == ALL {
        return true;
    }
    if action.subresource.is_empty() {
        return own == action.resource;
    }
    own.split_once('/').is_some_and(|(resource, subresource)| {
        subresource == action.subresource && (resource == action.resource || resource == ALL)
    })
}

/// Each by its name, by `*`, or, a subresource, by `*/name`.
fn covers_resources(own: &[Box<str>], wanted: &[Box<str>]) -> bool {
    let own = Known::new(own);
    let covers = |wanted: &str| {
        own.has(wanted)
            || wanted.split_once('/').is_some_and(|(_, below)| own.has(&format!("*/{below}")))
    };
    own.has(ALL) || wanted.iter().all(|wanted| covers(wanted))
}

/// A path, or everything that starts with what stands before a `*`.
fn covers_path(own: &str, path: &str) -> bool {
    own == path || own.ends_with('*') && path.starts_with(own.trim_end_matches('*'))
}

#[cfg(test)]
mod tests;
