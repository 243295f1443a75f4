//! Who may use a volume at a time.

use machinery::FieldPath;
use serde_json::Value;

use crate::read::items;

const ONE_POD: &str = "ReadWriteOncePod";

/// Each mode with what tables call it, in the order they list them.
const MODES: &[(&str, &str)] = &[
    ("ReadWriteOnce", "RWO"),
    ("ReadOnlyMany", "ROX"),
    ("ReadWriteMany", "RWX"),
    (ONE_POD, "RWOP"),
];

/// Checks the modes of a spec.
pub(crate) fn validate(spec: &Value, path: &FieldPath<'_>) {
    let modes: Vec<&str> = items(spec, "accessModes").filter_map(Value::as_str).collect();
    let known = names();
    for mode in modes.iter().filter(|mode| !known.contains(mode)) {
        path.not_supported("accessModes", *mode, &known);
    }
    if modes.contains(&ONE_POD) && modes.iter().any(|mode| *mode != ONE_POD) {
        let detail = "may not use ReadWriteOncePod with other access modes";
        path.forbidden("accessModes", detail);
    }
}

/// The modes at `parent.accessModes` as tables show them.
pub(crate) fn short(parent: &Value) -> String {
    let has = |name: &str| items(parent, "accessModes").any(|mode| mode == name);
    let shown = MODES.iter().filter(|(name, _)| has(name)).map(|(_, short)| *short);
    shown.collect::<Vec<_>>().join(",")
}

fn names() -> Vec<&'static str> {
    MODES.iter().map(|(name, _)| *name).collect()
}
