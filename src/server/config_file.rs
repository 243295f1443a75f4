//! Configuration files of `apiserver.config.k8s.io`: of any version, which are all read alike, and with nothing in them
//! that is not known.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::BoxError;

/// Bytes of a file; certificates may be in it.
const FILE_BYTES_MAX: u64 = 1 << 20;
const GROUP: &str = "apiserver.config.k8s.io/";
const VERSIONS: [&str; 3] = ["v1", "v1beta1", "v1alpha1"];

/// The text of a file.
pub(crate) fn read(file: &Path) -> Result<String, BoxError> {
    if std::fs::metadata(file)?.len() > FILE_BYTES_MAX {
        return Err(format!("the file is longer than {FILE_BYTES_MAX} bytes").into());
    }
    Ok(std::fs::read_to_string(file)?)
}

/// What a text of this kind says, besides that it is one.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, kind: &str) -> Result<T, BoxError> {
    let mut document: Value = serde_saphyr::from_str(text)?;
    drop_nulls(&mut document);
    let version = document["apiVersion"].as_str().unwrap_or_default();
    let found = document["kind"].as_str().unwrap_or_default();
    if found != kind || !version.strip_prefix(GROUP).is_some_and(|own| VERSIONS.contains(&own)) {
        let wrong = format!("{version} {found}");
        return Err(format!("it is {wrong:?}, expected {GROUP}v1 {kind}").into());
    }
    if let Some(fields) = document.as_object_mut() {
        fields.retain(|field, _| !["apiVersion", "kind", "metadata"].contains(&field.as_str()));
    }
    Ok(serde_json::from_value(document)?)
}

/// What is null is not said.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
