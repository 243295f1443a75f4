//! An object in other versions of its kind, once somebody has had it converted.

use std::sync::{Mutex, OnceLock, PoisonError};

use bytes::Bytes;

/// Forms of an object besides the stored one; none for most objects, which costs two words.
#[derive(Debug, Default)]
pub(crate) struct Forms(OnceLock<Box<Mutex<Vec<Form>>>>);

#[derive(Debug)]
struct Form {
    api_version: Box<str>,
    bytes: Bytes,
}

impl Forms {
    /// The bytes of a version.
    pub(crate) fn get(&self, api_version: &str) -> Option<Bytes> {
        let forms = self.0.get()?.lock().unwrap_or_else(PoisonError::into_inner);
        let found = forms.iter().find(|form| form.api_version.as_ref() == api_version);
        found.map(|form| form.bytes.clone())
    }

    /// Keeps the bytes of a version; the first to come stay.
    pub(crate) fn put(&self, api_version: &str, bytes: Bytes) {
        let forms = self.0.get_or_init(Box::default);
        let mut forms = forms.lock().unwrap_or_else(PoisonError::into_inner);
        if forms.iter().all(|form| form.api_version.as_ref() != api_version) {
            forms.push(Form { api_version: api_version.into(), bytes });
        }
    }
}
