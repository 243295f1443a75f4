//! A pod or a template of one, as the checks see it, and how they name its parts.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::admission::read::{items, text};

/// What is checked.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) annotations: &'a Value,
    pub(super) spec: &'a Value,
    /// Every container, those that start first first.
    pub(super) containers: Vec<&'a Value>,
}

impl<'a> Subject<'a> {
    /// Reads a pod or a template.
    pub(super) fn read(pod: &'a Value) -> Self {
        let spec = &pod["spec"];
        let lists = ["initContainers", "containers", "ephemeralContainers"];
        let containers = lists.iter().flat_map(|list| items(spec, list)).collect();
        Self { annotations: &pod["metadata"]["annotations"], spec, containers }
    }

    pub(super) fn pod_context(&self) -> &'a Value {
        &self.spec["securityContext"]
    }

    /// Whether the pod says it is for Windows, which knows some of the settings not at all.
    pub(super) fn is_windows(&self) -> bool {
        text(&self.spec["os"], "name") == "windows"
    }

    /// The names of the containers of which something holds.
    pub(super) fn containers_that(&self, holds: impl Fn(&Value) -> bool) -> Vec<&'a str> {
        let found = self.containers.iter().filter(|container| holds(container));
        found.map(|container| text(container, "name")).collect()
    }
}

/// `"a", "b"`.
pub(super) fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("\"{word}\"")).collect();
    words.join(", ")
}

/// `"a", "b"` in order, each once.
pub(super) fn quoted_set<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    quoted(words.into_iter().collect::<BTreeSet<_>>())
}

/// `word` for one, `words` for several.
pub(super) fn plural(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// `container "a"` or `containers "a", "b"`.
pub(super) fn containers(names: &[&str]) -> String {
    format!("{} {}", plural("container", names.len()), quoted(names.iter().copied()))
}

/// `pod`, `container "a"`, or both, joined by a word.
pub(super) fn setters(pod: bool, names: &[&str], word: &str) -> String {
    match (pod, names) {
        (true, []) => "pod".to_owned(),
        (true, names) => format!("pod {word} {}", containers(names)),
        (false, names) => containers(names),
    }
}
