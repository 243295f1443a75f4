//! What the claims of a verified token make of its bearer.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use kinds::expression::Expression;
use serde_json::{Value, json};

use super::expression::{self, Evaluation, Kind};
use crate::BoxError;
use crate::authenticate::configuration::{ClaimRule, EMAIL, Mapping, Provider, UidMapping};
use crate::identity::{CREDENTIAL_ID, User};

/// How far the provider's clock may be ahead of ours, as for other clients of such tokens.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// Groups of one user, as many as of one whom somebody impersonates; more come from a provider that lists everything.
const GROUPS_MAX: usize = 1_000;
/// The names that expressions know.
const CLAIMS: &str = "claims";
const USER: &str = "user";

/// What must be true of claims, and what becomes of them.
#[derive(Debug)]
pub(super) struct Claims {
    audiences: Vec<String>,
    username: Source,
    groups: Option<Source>,
    uid: Option<Source>,
    extra: Vec<(String, Expression)>,
    required: Vec<(String, String)>,
    claim_rules: Vec<Rule>,
    user_rules: Vec<Rule>,
}

/// Where something comes from.
#[derive(Debug)]
enum Source {
    Claim { name: String, prefix: String },
    Expression(Expression),
}

/// What must be true.
#[derive(Debug)]
struct Rule {
    expression: Expression,
    message: String,
}

impl Claims {
    pub(super) fn new(provider: Provider) -> Result<Self, BoxError> {
        let mappings = provider.claim_mappings;
        let username = Source::of(mappings.username)?;
        let (required, claim_rules): (Vec<_>, Vec<_>) =
            provider.claim_validation_rules.into_iter().partition(|rule| !rule.claim.is_empty());
        let required = required
            .into_iter()
            .map(|ClaimRule { claim, required_value, .. }| (claim, required_value));
        let claim_rules = claim_rules
            .into_iter()
            .map(|rule| Rule::new(&rule.expression, rule.message, Kind::ClaimRule));
        let user_rules = provider
            .user_validation_rules
            .into_iter()
            .map(|rule| Rule::new(&rule.expression, rule.message, Kind::UserRule));
        let extra = mappings.extra.into_iter().map(|one| {
            Ok::<_, String>((one.key, expression::compile(&one.value_expression, Kind::Mapping)?))
        });
        let UidMapping { claim, expression } = mappings.uid;
        let uid = Mapping { claim, expression, prefix: None };
        Ok(Self {
            audiences: provider.issuer.audiences,
            username: username.ok_or("nothing says what the user's name is")?,
            groups: Source::of(mappings.groups)?,
            uid: Source::of(uid)?,
            extra: extra.collect::<Result<_, _>>()?,
            required: required.collect(),
            claim_rules: claim_rules.collect::<Result<_, _>>()?,
            user_rules: user_rules.collect::<Result<_, _>>()?,
        })
    }

    /// The user, or why there is none.
    pub(super) fn user(&self, claims: &Value, now: Timestamp) -> Result<User, String> {
        check_times(claims, now)?;
        if !self.audiences.iter().any(|audience| is_for(claims, audience)) {
            let expected = &self.audiences;
            return Err(format!("oidc: verify token: expected audience in {expected:?}"));
        }
        let evaluation = Evaluation::default();
        let user = User {
            name: self.username(claims, &evaluation)?,
            groups: self.groups(claims, &evaluation)?,
            uid: self.uid(claims, &evaluation)?,
            extra: self.extra(claims, &evaluation)?,
        };
        for (claim, wanted) in &self.required {
            match claims[claim].as_str() {
                Some(found) if found == wanted => {}
                Some(_) => {
                    return Err(format!("oidc: required claim {claim} value does not match"));
                }
                None => {
                    return Err(format!("oidc: required claim {claim} not present in ID token"));
                }
            }
        }
        for rule in &self.claim_rules {
            rule.check(&evaluation, CLAIMS, claims).map_err(|why| {
                format!("oidc: error evaluating claim validation expression: {why}")
            })?;
        }
        if !self.user_rules.is_empty() {
            let User { name, uid, groups, extra } = &user;
            let about = json!({"username": name, "uid": uid, "groups": groups, "extra": extra});
            for rule in &self.user_rules {
                rule.check(&evaluation, USER, &about).map_err(|why| {
                    format!("oidc: error evaluating user info validation rule: {why}")
                })?;
            }
        }
        Ok(user)
    }

    fn username(&self, claims: &Value, evaluation: &Evaluation) -> Result<String, String> {
        match &self.username {
            Source::Claim { name, prefix } => Ok(format!("{prefix}{}", username(claims, name)?)),
            Source::Expression(expression) => {
                match evaluation.value(expression, CLAIMS, claims).map(text) {
                    Ok(Some(name)) if !name.is_empty() => Ok(name),
                    Ok(_) => Err("oidc: username claim expression gave no text".to_owned()),
                    Err(why) => {
                        Err(format!("oidc: error evaluating username claim expression: {why}"))
                    }
                }
            }
        }
    }

    fn groups(&self, claims: &Value, evaluation: &Evaluation) -> Result<Vec<String>, String> {
        let (groups, what, prefix) = match &self.groups {
            None => return Ok(Vec::new()),
            Some(Source::Claim { name, prefix }) => {
                let groups = texts(claims[name].clone());
                (groups, format!("groups claim {name:?}"), prefix.as_str())
            }
            Some(Source::Expression(expression)) => {
                let found = evaluation.value(expression, CLAIMS, claims);
                let found = found.map_err(|why| {
                    format!("oidc: error evaluating group claim expression: {why}")
                })?;
                (texts_made(found), "group claim expression".to_owned(), "")
            }
        };
        let groups = groups
            .ok_or_else(|| format!("oidc: parse {what}: a text or a list of texts is wanted"))?;
        if groups.len() > GROUPS_MAX {
            let most = format!("a user may be in {GROUPS_MAX} groups at most");
            return Err(format!("oidc: parse {what}: {most}"));
        }
        Ok(groups.into_iter().map(|group| format!("{prefix}{group}")).collect())
    }

    fn uid(&self, claims: &Value, evaluation: &Evaluation) -> Result<String, String> {
        let found = match &self.uid {
            None => return Ok(String::new()),
            Some(Source::Claim { name, .. }) => Ok(claims[name].clone()),
            Some(Source::Expression(expression)) => evaluation.value(expression, CLAIMS, claims),
        };
        let found = found.map_err(|why| format!("oidc: error evaluating uid claim: {why}"))?;
        text(found).ok_or_else(|| "oidc: error parsing uid claim: a text is wanted".to_owned())
    }

    fn extra(
        &self,
        claims: &Value,
        evaluation: &Evaluation,
    ) -> Result<BTreeMap<String, Vec<String>>, String> {
        let mut extra = BTreeMap::new();
        if let Some(id) = claims["jti"].as_str().filter(|id| !id.is_empty()) {
            extra.insert(CREDENTIAL_ID.to_owned(), vec![format!("JTI={id}")]);
        }
        for (key, expression) in &self.extra {
            let found = evaluation.value(expression, CLAIMS, claims);
            let found = found
                .map_err(|why| format!("oidc: error evaluating extra claim expression: {why}"))?;
            let texts = texts_made(found)
                .ok_or_else(|| format!("oidc: extra {key}: a text or a list of texts is wanted"))?;
            if !texts.is_empty() {
                extra.insert(key.clone(), texts);
            }
        }
        Ok(extra)
    }
}

impl Source {
    /// `None` when nothing is said.
    fn of(mapping: Mapping) -> Result<Option<Self>, String> {
        let Mapping { claim: name, prefix, expression } = mapping;
        if !expression.is_empty() {
            return expression::compile(&expression, Kind::Mapping).map(Self::Expression).map(Some);
        }
        let prefix = prefix.unwrap_or_default();
        Ok((!name.is_empty()).then_some(Self::Claim { name, prefix }))
    }
}

impl Rule {
    fn new(source: &str, message: String, kind: Kind) -> Result<Self, String> {
        Ok(Self { expression: expression::compile(source, kind)?, message })
    }

    fn check(&self, evaluation: &Evaluation, name: &str, about: &Value) -> Result<(), String> {
        let source = self.expression.source();
        match evaluation.value(&self.expression, name, about)? {
            Value::Bool(true) => Ok(()),
            Value::Bool(false) if self.message.is_empty() => {
                Err(format!("validation expression '{source}' failed"))
            }
            Value::Bool(false) => {
                Err(format!("validation expression '{source}' failed: {}", self.message))
            }
            _ => Err(format!("validation expression '{source}' must return a boolean")),
        }
    }
}

fn check_times(claims: &Value, now: Timestamp) -> Result<(), String> {
    // Some providers write fractions.
    let time = |claim: &str| {
        let seconds = &claims[claim];
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fractions and what no clock shows are cut"
        )]
        let seconds = seconds.as_i64().or_else(|| seconds.as_f64().map(|number| number as i64));
        seconds.and_then(|seconds| Timestamp::from_second(seconds).ok())
    };
    match time("exp") {
        Some(end) if now < end => {}
        _ => return Err("oidc: verify token: token is expired".to_owned()),
    }
    match time("nbf") {
        Some(start) if now + AHEAD < start => {
            Err("oidc: verify token: current time is before the nbf (not before) time".to_owned())
        }
        _ => Ok(()),
    }
}

fn is_for(claims: &Value, audience: &str) -> bool {
    match &claims["aud"] {
        Value::String(only) => only == audience,
        Value::Array(several) => several.iter().any(|one| one == audience),
        _ => false,
    }
}

fn username<'a>(claims: &'a Value, claim: &str) -> Result<&'a str, String> {
    let name = claims[claim].as_str().filter(|name| !name.is_empty());
    let name =
        name.ok_or_else(|| format!("oidc: parse username claims {claim:?}: claim not present"))?;
    // A provider that lets people choose their address says so by this claim.
    if claim == EMAIL && claims.get("email_verified").is_some_and(|verified| verified != true) {
        return Err("oidc: email not verified".to_owned());
    }
    Ok(name)
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// One text or several; no text at all is none of them.
fn texts(value: Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::String(one) => Some(vec![one]),
        Value::Array(several) => several.into_iter().map(text).collect(),
        _ => None,
    }
}

/// What an expression made: empty texts are none.
fn texts_made(value: Value) -> Option<Vec<String>> {
    let mut texts = texts(value)?;
    texts.retain(|text| !text.is_empty());
    Some(texts)
}

#[cfg(test)]
mod tests;
