//! Files of projected volumes that hide a token.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::read::{items, text};

/// Sources with files of their own, and how they are named to people.
const SOURCES: [(&str, &str); 3] =
    [("configMap", "configMap"), ("secret", "secrets"), ("downwardAPI", "downwardAPI")];

pub(super) fn of_projections(spec: &Value, path: &str, told: &mut Vec<String>) {
    let sources = || items(spec, "volumes").flat_map(|one| items(&one["projected"], "sources"));
    let tokens = sources().map(|source| &source["serviceAccountToken"]);
    let tokens: BTreeSet<&str> =
        tokens.filter(|token| !token.is_null()).map(|token| text(token, "path")).collect();
    for (index, volume) in items(spec, "volumes").enumerate() {
        let path = format!("{path}.volumes[{index}].projected.sources");
        for source in items(&volume["projected"], "sources") {
            for (field, shown) in SOURCES {
                for (at, item) in items(&source[field], "items").enumerate() {
                    of_one(&tokens, text(item, "path"), &format!("{path}.{shown}[{at}]"), told);
                }
            }
            let bundle = &source["clusterTrustBundle"];
            if !bundle.is_null() {
                let path = format!("{path}.ClusterTrustBundle");
                of_one(&tokens, text(bundle, "path"), &path, told);
            }
        }
    }
}

fn of_one(tokens: &BTreeSet<&str>, file: &str, path: &str, told: &mut Vec<String>) {
    if tokens.contains(file) {
        told.push(format!("{path}: has duplicated path with ServiceAccountToken {file:?}"));
    }
}
