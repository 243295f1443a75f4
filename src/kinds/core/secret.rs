//! Secret: data that not everybody may read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use machinery::document::{annotation, scalar_at};
use machinery::{FieldErrors, names};
use serde_json::Value;

use super::config_map::{MAX_DATA_BYTES, decoded_bytes, entries, immutable_data};
use crate::column::Column;
use crate::fill::{default, object, remove, set};
use crate::kind::{FieldLabel, Kind};
use crate::names::{BuiltIn, Names};
use crate::read::{is_unset, text};

/// Data that not everybody may read.
#[derive(Debug)]
pub(crate) struct Secret;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "Secret",
    plural: "secrets",
    singular: "secret",
    short: &[],
    categories: &[],
}
.names();

/// Says which account the token in a secret is for.
const ACCOUNT_ANNOTATION: &str = "kubernetes.io/service-account.name";

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Type", "What the data is for.", |secret, _| text(secret, "type").into()),
    Column::text("Data", "How many keys there are.", |secret, _| {
        entries(secret, "data").count().into()
    }),
    Column::AGE,
];

static SELECTABLE: &[FieldLabel] = &[FieldLabel::new("type", |secret| scalar_at(secret, "/type"))];

impl Kind for Secret {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.Secret"
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn selectable(&self) -> &[FieldLabel] {
        SELECTABLE
    }

    fn set_defaults(&self, secret: &mut Value) {
        fold_text(secret);
        default(secret, "type", "Opaque");
    }

    fn validate(&self, secret: &Value, errors: &FieldErrors) {
        let path = errors.at("data");
        let mut bytes = 0;
        for (key, value) in entries(secret, "data") {
            path.key(key).check("", key, names::config_key(key));
            bytes += decoded_bytes(value.as_str().unwrap_or_default());
        }
        if bytes > MAX_DATA_BYTES {
            path.too_long("", MAX_DATA_BYTES);
        }
        validate_type(secret, errors);
    }

    /// What a secret must hold depends on an annotation, too.
    fn validate_change(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        self.validate(new, errors);
        self.validate_update(new, old, errors);
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        errors.root().immutable("type", new.get("type"), old.get("type"));
        immutable_data(new, old, &["data"], errors);
    }
}

/// Text the writer gave becomes data, and is never stored as text.
fn fold_text(secret: &mut Value) {
    let Some(Value::Object(texts)) = remove(secret, "stringData") else { return };
    if texts.is_empty() {
        return;
    }
    let Some(data) = object(secret, "data") else { return };
    for (key, value) in texts {
        set(data, &key, STANDARD.encode(value.as_str().unwrap_or_default()));
    }
}

fn validate_type(secret: &Value, errors: &FieldErrors) {
    match text(secret, "type") {
        "kubernetes.io/service-account-token"
            if annotation(secret, ACCOUNT_ANNOTATION).is_none_or(str::is_empty) =>
        {
            errors.at("metadata").at("annotations").key(ACCOUNT_ANNOTATION).required("", "");
        }
        "kubernetes.io/dockercfg" => required_json(secret, ".dockercfg", errors),
        "kubernetes.io/dockerconfigjson" => required_json(secret, ".dockerconfigjson", errors),
        "kubernetes.io/basic-auth"
            if ["username", "password"].iter().all(|key| secret["data"][*key].is_null()) =>
        {
            errors.at("data").key("username").required("", "");
            errors.at("data").key("password").required("", "");
        }
        "kubernetes.io/ssh-auth" => required(secret, "ssh-privatekey", errors),
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                if secret["data"][key].is_null() {
                    errors.at("data").key(key).required("", "");
                }
            }
        }
        _ => {}
    }
}

fn required(secret: &Value, key: &str, errors: &FieldErrors) {
    if is_unset(&secret["data"][key]) {
        errors.at("data").key(key).required("", "");
    }
}

/// Checks that the data at `key` is an object in JSON, or nothing.
fn required_json(secret: &Value, key: &str, errors: &FieldErrors) {
    let path = errors.at("data").key(key);
    let Some(text) = secret["data"][key].as_str() else {
        path.required("", "");
        return;
    };
    let json = STANDARD.decode(text).unwrap_or_default();
    let problem = match serde_json::from_slice::<Value>(&json) {
        Ok(Value::Object(_) | Value::Null) => return,
        Ok(other) => format!(
            "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            go_type(&other)
        ),
        Err(problem) if problem.is_eof() => "unexpected end of JSON input".to_owned(),
        Err(problem) => problem.to_string(),
    };
    path.invalid("", "<secret contents redacted>", &problem);
}

/// What Go calls a value that is no object.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        _ => "number",
    }
}

#[cfg(test)]
mod tests;
