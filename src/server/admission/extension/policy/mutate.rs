//! Policies that change objects.

use machinery::managed::{self, Shape};
use machinery::{ApiError, Reason, document, patch};
use serde_json::Value;
use tracing::warn;

use super::binding::Binding;
use super::{Bound, Mutation, Policy, parameters};
use crate::admission::Tools;
use crate::admission::extension::facts::{Evaluation, Facts};
use crate::admission::extension::language::Language;
use crate::admission::extension::request::Request;
use crate::admission::extension::webhooks::{in_version, old_in_version, settled};
use crate::catalog::Served;
use kinds::expression::to_json;

/// Lets a policy change the object; says whether it was about the request, and whether it changed something.
pub(in crate::admission::extension) async fn mutate(
    bound: &Bound,
    language: &Language,
    tools: &Tools<'_>,
    request: &Request<'_>,
    object: &mut Value,
) -> Result<(bool, bool), ApiError> {
    let (mut asked, mut changed) = (false, false);
    let policy = &bound.policy;
    for binding in &bound.bindings {
        let Some(served) = policy.applies(binding, tools, request, object) else { continue };
        asked = true;
        let made = mutated(policy, binding, language, tools, request, &served, object).await;
        match made {
            Ok(made) => {
                changed |= made != *object;
                *object = made;
            }
            Err(why) if policy.ignores_failure => {
                warn!(policy = %policy.name, why, "a policy failed and is ignored");
            }
            Err(why) => return Err(policy.denial(binding, request, Reason::Invalid, &why)),
        }
    }
    Ok((asked, changed))
}

async fn mutated(
    policy: &Policy,
    binding: &Binding,
    language: &Language,
    tools: &Tools<'_>,
    request: &Request<'_>,
    served: &Served,
    object: &Value,
) -> Result<Value, String> {
    let body = policy.body.as_ref().map_err(|why| format!("failed to configure policy: {why}"))?;
    let old = old_in_version(request, served).await.map_err(|error| error.message)?;
    let mut object = object.clone();
    for params in parameters::find(body, binding, tools, request).await? {
        for mutation in std::iter::once(None).chain(body.mutations.iter().map(Some)) {
            // Each sees what those before it made.
            let shown =
                in_version(request, served, &object).await.map_err(|error| error.message)?;
            let made = {
                let facts = Facts { request, served, object: &shown, old: &old };
                let reads = |name: &str| body.reads(name);
                let mut evaluation =
                    Evaluation::new(language, tools, &facts, &params, &body.variables, &reads);
                let Some(mutation) = mutation else {
                    if !body.conditions.hold(&mut evaluation)? {
                        break;
                    }
                    continue;
                };
                applied(mutation, &mut evaluation, served, &shown)?
            };
            let made = settled(request, served, &shown, made).await;
            object = made.map_err(|error| error.message)?;
        }
    }
    Ok(object)
}

/// What a mutation makes of an object.
fn applied(
    mutation: &Mutation,
    evaluation: &mut Evaluation<'_>,
    served: &Served,
    shown: &Value,
) -> Result<Value, String> {
    match mutation {
        Mutation::Patch(expression) => {
            let patch = to_json(&evaluation.value(expression)?)?;
            patch::json::apply(shown.clone(), &patch).map_err(|error| error.message)
        }
        Mutation::Apply(expression) => {
            let wanted = to_json(&evaluation.value(expression)?)?;
            if !wanted.is_object() {
                return Err("the expression makes no object".to_owned());
            }
            let own = document::kind(shown) == served.kind_name();
            let shape = if own { served.shape() } else { Shape::DEDUCED };
            Ok(managed::merge(shape, shown.clone(), &wanted))
        }
    }
}
