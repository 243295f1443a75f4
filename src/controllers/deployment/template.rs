//! Pod templates: when two are the same, and the hash that tells their pods apart.

use k8s_openapi::api::core::v1::PodTemplateSpec;

/// The label on sets, their selectors and their pods.
pub(super) const HASH_LABEL: &str = "pod-template-hash";

/// Digits of a hash: no vowels, so no words.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Whether two templates make the same pods; the hash label does not count.
pub(super) fn same(left: &PodTemplateSpec, right: &PodTemplateSpec) -> bool {
    without_hash(left) == without_hash(right)
}

fn without_hash(template: &PodTemplateSpec) -> PodTemplateSpec {
    let mut template = template.clone();
    let meta = template.metadata.get_or_insert_default();
    if let Some(labels) = &mut meta.labels {
        labels.remove(HASH_LABEL);
        if labels.is_empty() {
            meta.labels = None;
        }
    }
    template
}

/// A short name for a template; `collisions` makes another one when a set with the first already exists.
pub(super) fn hash(template: &PodTemplateSpec, collisions: Option<i32>) -> String {
    let mut bytes = serde_json::to_vec(template).expect("a template is plain data with text keys");
    if let Some(collisions) = collisions {
        bytes.extend(collisions.to_le_bytes());
    }
    fnv(&bytes)
        .to_string()
        .bytes()
        .map(|digit| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()]))
        .collect()
}

/// FNV-1a in 32 bits: short, stable over releases, and no one's security rests on it.
fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
