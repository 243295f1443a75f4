//! Providers of identities and how their claims become users: `AuthenticationConfiguration` of
//! `apiserver.config.k8s.io/v1` (KEP-3331). What flags say of one provider is put into the same form.

mod check;

use serde::Deserialize;

use super::OidcSettings;
use crate::{BoxError, config_file};

const KIND: &str = "AuthenticationConfiguration";
/// What a flag says for no prefix at all.
const NO_PREFIX: &str = "-";
/// Signature algorithms that are accepted where nobody names any.
const ALGORITHMS: [&str; 9] =
    ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];
/// Its value may be anybody's until the provider says it is verified.
pub(super) const EMAIL: &str = "email";

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Configuration {
    #[serde(default)]
    pub(super) jwt: Vec<Provider>,
    /// Without it, the flag decides.
    #[serde(default)]
    pub(super) anonymous: Option<Anonymous>,
}

/// Whether requests may be made by nobody.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Anonymous {
    #[serde(default)]
    pub(super) enabled: bool,
    /// Where; everywhere when empty.
    #[serde(default)]
    pub(super) conditions: Vec<Condition>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    pub(super) path: String,
}

/// Whoever issues tokens, and what is made of them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Provider {
    pub(super) issuer: Issuer,
    #[serde(default)]
    pub(super) claim_validation_rules: Vec<ClaimRule>,
    #[serde(default)]
    pub(super) claim_mappings: Mappings,
    #[serde(default)]
    pub(super) user_validation_rules: Vec<UserRule>,
    /// Only the flags name them.
    #[serde(skip, default = "all_algorithms")]
    pub(super) signing_algs: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Issuer {
    #[serde(default)]
    pub(super) url: String,
    /// Where its discovery document is, if not below its own address.
    #[serde(default, rename = "discoveryURL")]
    pub(super) discovery_url: String,
    /// Who signs its certificate (PEM); the system's authorities when empty.
    #[serde(default)]
    pub(super) certificate_authority: String,
    /// Whom tokens have to be for: one of these.
    #[serde(default)]
    pub(super) audiences: Vec<String>,
    #[serde(default)]
    audience_match_policy: String,
}

/// What must be true of the claims: one has a value, or an expression is true.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ClaimRule {
    pub(super) claim: String,
    pub(super) required_value: String,
    pub(super) expression: String,
    pub(super) message: String,
}

/// What must be true of the user.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UserRule {
    pub(super) expression: String,
    pub(super) message: String,
}

/// What becomes what.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mappings {
    pub(super) username: Mapping,
    pub(super) groups: Mapping,
    pub(super) uid: UidMapping,
    pub(super) extra: Vec<ExtraMapping>,
}

/// A claim with a prefix, or an expression.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mapping {
    pub(super) claim: String,
    pub(super) prefix: Option<String>,
    pub(super) expression: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UidMapping {
    pub(super) claim: String,
    pub(super) expression: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ExtraMapping {
    pub(super) key: String,
    pub(super) value_expression: String,
}

impl Configuration {
    /// Reads a text that may not name any of `reserved` as an issuer.
    pub(super) fn parse(text: &str, reserved: &[String]) -> Result<Self, BoxError> {
        let found: Self = config_file::parse(text, KIND)?;
        check::check(&found, reserved)?;
        Ok(found)
    }
}

impl Provider {
    /// The provider that flags name.
    pub(super) fn of_flags(settings: &OidcSettings) -> Result<Self, BoxError> {
        let url = &settings.issuer_url;
        if !url.starts_with("https://") {
            return Err(format!("the OpenID Connect issuer {url:?} is no https address").into());
        }
        let authority = settings.ca_file.as_deref().map(super::read_file).transpose()?;
        let prefix = match settings.username_prefix.as_deref() {
            Some(NO_PREFIX) => String::new(),
            Some(prefix) => prefix.to_owned(),
            None if settings.username_claim == EMAIL => String::new(),
            None => format!("{url}#"),
        };
        let required = |(claim, value): &(String, String)| ClaimRule {
            claim: claim.clone(),
            required_value: value.clone(),
            ..ClaimRule::default()
        };
        Ok(Self {
            issuer: Issuer {
                url: url.clone(),
                certificate_authority: authority.unwrap_or_default(),
                audiences: vec![settings.client_id.clone()],
                ..Issuer::default()
            },
            claim_validation_rules: settings.required_claims.iter().map(required).collect(),
            claim_mappings: Mappings {
                username: Mapping::of_claim(&settings.username_claim, &prefix),
                groups: match &settings.groups_claim {
                    Some(claim) => Mapping::of_claim(claim, &settings.groups_prefix),
                    None => Mapping::default(),
                },
                ..Mappings::default()
            },
            user_validation_rules: Vec::new(),
            signing_algs: settings.signing_algs.clone(),
        })
    }
}

impl Mapping {
    fn of_claim(claim: &str, prefix: &str) -> Self {
        Self { claim: claim.to_owned(), prefix: Some(prefix.to_owned()), expression: String::new() }
    }
}

fn all_algorithms() -> Vec<String> {
    ALGORITHMS.map(str::to_owned).into()
}

#[cfg(test)]
mod tests;
