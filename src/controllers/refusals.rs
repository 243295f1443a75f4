//! What the server said when it refused the last plan for an object.

use std::collections::BTreeMap;
use std::sync::Mutex;

use client::{Cache, Cached, Key};

/// The words of refusals, of one incarnation of each object. Bounded by the objects whose last plan was refused.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<BTreeMap<Key, Refusal>>);

#[derive(Debug)]
struct Refusal {
    uid: Option<String>,
    words: String,
}

impl Refusals {
    /// What was said of the object under a key; forgotten when there is none, or another than then.
    pub(crate) fn of<K: Cached>(&self, key: &Key, object: Option<&K>) -> Option<String> {
        let mut refusals = self.0.lock().expect("only single operations");
        let refusal = refusals.get(key)?;
        if object.is_some_and(|object| object.meta().uid == refusal.uid) {
            return Some(refusal.words.clone());
        }
        refusals.remove(key);
        None
    }

    /// Remembers how the last plan for an object ended.
    pub(crate) fn note<K: Cached>(&self, objects: &Cache<K>, key: &Key, refusal: Option<&str>) {
        let object = objects.get(key);
        let mut refusals = self.0.lock().expect("only single operations");
        match (refusal, object) {
            (Some(words), Some(object)) => {
                let (uid, words) = (object.meta().uid.clone(), words.to_owned());
                refusals.insert(key.clone(), Refusal { uid, words });
            }
            _ => _ = refusals.remove(key),
        }
    }
}

#[cfg(test)]
mod tests;
