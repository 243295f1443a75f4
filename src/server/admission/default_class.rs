//! Finds the class that is marked as the default of its kind.

use std::cmp::Reverse;

use super::Tools;
use super::read::text;

/// The name of the class with one of these marks. Of several the newest counts, as on Kubernetes, so that a
/// default can be replaced without a moment of none.
pub(super) fn newest_default(
    tools: &Tools<'_>,
    group: &str,
    plural: &str,
    marks: &[&str],
) -> Option<String> {
    let classes = tools.list(group, plural, None).into_iter().map(|class| class.object());
    let marked = classes.filter(|class| {
        let annotations = &class["metadata"]["annotations"];
        marks.iter().any(|mark| text(annotations, mark) == "true")
    });
    let newest = marked.min_by_key(|class| {
        let metadata = &class["metadata"];
        let made = text(metadata, "creationTimestamp").to_owned();
        (Reverse(made), text(metadata, "name").to_owned())
    })?;
    Some(text(&newest["metadata"], "name").to_owned())
}
