//! An object in other versions of its kind, once somebody has had it converted.

use std::sync::OnceLock;

use super::Cached;

/// Forms of an object besides the stored one; none for most objects, which costs two words.
///
/// Each is followed by the next, and none is ever taken away, so that they are read without a lock.
#[derive(Debug, Default)]
pub(crate) struct Forms(OnceLock<Box<Form>>);

#[derive(Debug)]
struct Form {
    api_version: Box<str>,
    object: Cached,
    others: Forms,
}

impl Forms {
    /// The object in a version.
    pub(crate) fn get(&self, api_version: &str) -> Option<&Cached> {
        let form = self.0.get()?;
        if form.api_version.as_ref() == api_version {
            return Some(&form.object);
        }
        form.others.get(api_version)
    }

    /// Keeps the object in a version; the first to come stays.
    pub(crate) fn put(&self, api_version: &str, object: Cached) {
        if self.get(api_version).is_some() {
            return;
        }
        let (api_version, others) = (api_version.into(), Self::default());
        let mut form = Box::new(Form { api_version, object, others });
        let mut place = self;
        while let Err(taken) = place.0.set(form) {
            form = taken;
            let other = place.0.get().expect("it is taken");
            if other.api_version == form.api_version {
                return;
            }
            place = &other.others;
        }
    }
}

#[cfg(test)]
mod tests;
