//! What others add to admission: webhooks and policies.
//!
//! Configurations are compiled once per revision and kept in step with the cache (`compiled`). A write when nobody
//! has added anything costs a few atomic loads. What is asked about is a [`Request`]; `constraints` decides whether
//! somebody's rules are about it, in which version of its kind; `review` speaks with webhooks, `policy` evaluates
//! what is written in CEL (`language`).

mod authorizer;
mod compiled;
mod condition;
mod constraints;
mod declared;
mod facts;
mod language;
mod meters;
mod notes;
mod policy;
mod request;
mod review;
mod rule;
mod webhook;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use machinery::{ApiError, FieldErrors};
use serde_json::Value;
use tokio::time::Instant;

pub(crate) use compiled::Extensions;
use compiled::{Mutator, Set};
pub(crate) use policy::warnings;
pub(crate) use request::{Operation, Request};

use super::Tools;

/// For all webhooks asked about one write together, like Kubernetes' limit for a whole request.
const TIME_MAX: Duration = Duration::from_mins(1);

/// What admission made of an object.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) changed: bool,
    pub(crate) warnings: Vec<String>,
}

impl Changes {
    pub(super) fn add(&mut self, more: Self) {
        self.changed |= more.changed;
        self.warnings.extend(more.warnings);
    }
}

/// The mutating half of what others add, for one write: a first round, and a second for those that want to see
/// what others changed after them.
#[derive(Debug)]
pub(super) struct Mutation<'a> {
    extensions: &'a Extensions,
    set: Arc<Set>,
    request: &'a Request<'a>,
    tools: &'a Tools<'a>,
    end: Instant,
    /// For each that may be asked again, the object as it left it.
    left: Vec<(usize, Value)>,
}

impl Extensions {
    /// Begins with the mutating half; `None` when there is none.
    pub(super) fn mutation<'a>(
        &'a self,
        tools: &'a Tools<'a>,
        request: &'a Request<'a>,
    ) -> Option<Mutation<'a>> {
        let set = self.current().filter(|set| set.mutates() && !request.is_exempt())?;
        let end = Instant::now() + TIME_MAX;
        Some(Mutation { extensions: self, set, request, tools, end, left: Vec::new() })
    }

    /// Lets everything change a document that no plugin knows.
    pub(super) async fn mutate(
        &self,
        tools: &Tools<'_>,
        request: &Request<'_>,
        document: &mut Value,
    ) -> Result<Changes, ApiError> {
        let Some(mut mutation) = self.mutation(tools, request) else {
            return Ok(Changes::default());
        };
        let mut changes = mutation.first(document).await?;
        changes.add(mutation.second(document).await?);
        Ok(changes)
    }

    /// Asks everything that may refuse a write; returns what the writer is to be told.
    pub(super) async fn validate(
        &self,
        tools: &Tools<'_>,
        request: &Request<'_>,
        object: &Value,
    ) -> Result<Vec<String>, ApiError> {
        let Some(set) = self.current().filter(|set| set.validates() && !request.is_exempt()) else {
            return Ok(Vec::new());
        };
        let language = self.language();
        let policies = policy::validate(&set.policies, self, tools, request, object);
        let mut warnings = policies.await?;
        let end = Instant::now() + TIME_MAX;
        let hooks = webhooks::validate(&set.validating, language, tools, request, object, end);
        warnings.extend(hooks.await?);
        Ok(warnings)
    }
}

/// Checks the expressions of a configuration or a policy. They are a part of what the kind checks, but only here it is
/// known what they may name.
pub(crate) fn check_expressions(
    served: &crate::catalog::Served,
    object: &Value,
    old: Option<&Value>,
    errors: &FieldErrors,
) {
    if served.resource().group == request::GROUP {
        policy::check(served, object, old, errors);
    }
}

impl Mutation<'_> {
    /// Asks each in turn.
    pub(super) async fn first(&mut self, object: &mut Value) -> Result<Changes, ApiError> {
        let mut changes = Changes::default();
        let set = Arc::clone(&self.set);
        for (index, mutator) in set.mutating.iter().enumerate() {
            let asked = self.ask(0, mutator, object, &mut changes).await?;
            if asked && mutator.again() {
                self.left.push((index, object.clone()));
            }
        }
        Ok(changes)
    }

    /// Asks those again that want it and whose object somebody has changed since.
    pub(super) async fn second(&mut self, object: &mut Value) -> Result<Changes, ApiError> {
        let mut changes = Changes::default();
        let set = Arc::clone(&self.set);
        for (index, left) in std::mem::take(&mut self.left) {
            if left != *object {
                self.ask(1, &set.mutating[index], object, &mut changes).await?;
            }
        }
        Ok(changes)
    }

    /// Asks one; false when it is not about the request.
    async fn ask(
        &self,
        round: usize,
        mutator: &Mutator,
        object: &mut Value,
        changes: &mut Changes,
    ) -> Result<bool, ApiError> {
        let language = self.extensions.language();
        match mutator {
            Mutator::Policy(bound) => {
                let (asked, changed) =
                    policy::mutate(bound, language, self.tools, self.request, object).await?;
                changes.changed |= changed;
                Ok(asked)
            }
            Mutator::Webhook(index, hook) => {
                let (tools, request, end) = (self.tools, self.request, self.end);
                let asked = webhooks::mutate(hook, language, tools, request, object, end).await?;
                notes::note_mutation(hook, (round, *index), &asked);
                let webhooks::Asked::Answered(answered) = asked else {
                    return Ok(matches!(asked, webhooks::Asked::Ignored));
                };
                changes.changed |= answered.mutated;
                changes.warnings.extend(answered.warnings);
                Ok(true)
            }
        }
    }
}

#[cfg(test)]
mod tests;
