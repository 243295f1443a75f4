//! Compares what is asked for with the bounds of one limit, in Kubernetes' words.

use machinery::Quantity;
use serde_json::Value;

use crate::admission::read::{Amounts, amounts};

/// The amounts of one container, pod or claim.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The type, as limits name it.
    pub(super) of: &'a str,
    pub(super) requests: &'a Amounts,
    pub(super) limits: &'a Amounts,
}

impl Asked<'_> {
    /// Everything that is out of bounds.
    pub(super) fn problems(self, limit: &Value) -> Vec<String> {
        let mut problems = self.below(&limit["min"]);
        problems.extend(self.above(&limit["max"]));
        problems.extend(self.too_far_apart(&limit["maxLimitRequestRatio"]));
        problems
    }

    pub(super) fn below(self, min: &Value) -> Vec<String> {
        self.compare(min, |request, limit, bound| match (request, limit) {
            (None, _) => Some(".  No request is specified".to_owned()),
            (Some(request), _) if request < bound => Some(format!(", but request is {request}")),
            (_, Some(limit)) if limit < bound => Some(format!(", but limit is {limit}")),
            _ => None,
        })
        .map(|(name, bound, problem)| {
            format!("minimum {name} usage per {} is {bound}{problem}", self.of)
        })
        .collect()
    }

    fn above(self, max: &Value) -> Vec<String> {
        self.compare(max, |request, limit, bound| match (request, limit) {
            (_, None) => Some(".  No limit is specified".to_owned()),
            (_, Some(limit)) if limit > bound => Some(format!(", but limit is {limit}")),
            (Some(request), _) if request > bound => Some(format!(", but request is {request}")),
            _ => None,
        })
        .map(|(name, bound, problem)| {
            format!("maximum {name} usage per {} is {bound}{problem}", self.of)
        })
        .collect()
    }

    /// For what has no limits of its own.
    pub(super) fn requests_above(self, max: &Value) -> Vec<String> {
        self.compare(max, |request, _, bound| match request {
            None => Some(". No request is specified".to_owned()),
            Some(request) if request > bound => Some(format!(", but request is {request}")),
            Some(_) => None,
        })
        .map(|(name, bound, problem)| {
            format!("maximum {name} usage per {} is {bound}{problem}", self.of)
        })
        .collect()
    }

    fn too_far_apart(self, ratio: &Value) -> Vec<String> {
        self.compare(ratio, |request, limit, bound| {
            let some = |amount: Option<Quantity>| amount.filter(|amount| !amount.is_zero());
            let Some(request) = some(request) else {
                return Some("no request is specified or request is 0".to_owned());
            };
            let Some(limit) = some(limit) else {
                return Some("no limit is specified or limit is 0".to_owned());
            };
            let found = decimal(limit) / decimal(request);
            (found > decimal(bound)).then(|| format!("provided ratio is {found:.6}"))
        })
        .map(|(name, bound, problem)| {
            format!("{name} max limit to request ratio per {} is {bound}, but {problem}", self.of)
        })
        .collect()
    }

    /// Asks a rule about each bound: name, bound and what is wrong.
    fn compare(
        self,
        bounds: &Value,
        rule: impl Fn(Option<Quantity>, Option<Quantity>, Quantity) -> Option<String>,
    ) -> impl Iterator<Item = (String, Quantity, String)> {
        amounts(bounds).into_iter().filter_map(move |(name, bound)| {
            let (request, limit) = (self.requests.get(&name), self.limits.get(&name));
            let problem = rule(request.copied(), limit.copied(), bound)?;
            Some((name, bound, problem))
        })
    }
}

/// A ratio is shown with six digits, so thousandths are exact enough.
#[expect(clippy::cast_precision_loss, reason = "the ratio of two amounts is shown rounded")]
fn decimal(amount: Quantity) -> f64 {
    amount.milli() as f64 / 1000.0
}
