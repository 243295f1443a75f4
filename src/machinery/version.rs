//! Versions of an API, as Kubernetes orders them.

use std::cmp::Ordering;

/// Orders versions, the preferred one last: `v2`, `v1`, `v2beta1`, `v1alpha3`, and after all those whatever is not
/// written so, by its letters.
pub fn compare_versions(left: &str, right: &str) -> Ordering {
    match (parse(left), parse(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (None, None) => right.cmp(left),
    }
}

/// Stability, major and minor, each greater the better.
fn parse(version: &str) -> Option<(u8, u64, u64)> {
    let rest = version.strip_prefix('v')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let major = rest[..digits].parse().ok()?;
    let (stability, minor) = match &rest[digits..] {
        "" => (3, ""),
        rest => match (rest.strip_prefix("beta"), rest.strip_prefix("alpha")) {
            (Some(minor), _) => (2, minor),
            (_, Some(minor)) => (1, minor),
            _ => return None,
        },
    };
    let minor = if stability == 3 { 0 } else { minor.parse().ok()? };
    Some((stability, major, minor))
}

#[cfg(test)]
mod tests {
    use super::compare_versions;

    #[test]
    fn stable_versions_come_before_betas_and_alphas() {
        let mut versions =
            ["v10beta3", "foo1", "v1", "v11alpha2", "v3beta1", "v10", "v2", "foo10", "v12alpha1"];
        versions.sort_by(|left, right| compare_versions(right, left));
        let best =
            ["v10", "v2", "v1", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10"];
        assert_eq!(versions, best);
    }
}
