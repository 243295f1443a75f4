//! What a kind is called: in paths, in documents and by users in a hurry.

use std::borrow::Cow;

/// Words for one thing: fixed for a built-in kind, read from a definition otherwise.
#[derive(Debug, Clone)]
pub enum Words {
    /// Known when the program is compiled.
    Fixed(&'static [&'static str]),
    /// Made at run time.
    Owned(Vec<String>),
}

impl Words {
    /// The words, in the order they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (fixed, owned) = match self {
            Self::Fixed(words) => (*words, &[][..]),
            Self::Owned(words) => (&[][..], words.as_slice()),
        };
        fixed.iter().copied().chain(owned.iter().map(String::as_str))
    }
}

/// The names of a kind.
#[derive(Debug, Clone)]
pub struct Names {
    /// The API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// The version, such as `v1`.
    pub version: Cow<'static, str>,
    /// What documents say in `kind`.
    pub kind: Cow<'static, str>,
    /// What lists say in `kind`; the kind and `List` when empty.
    pub list: Cow<'static, str>,
    /// What paths say, in lower case.
    pub plural: Cow<'static, str>,
    /// The singular users may type.
    pub singular: Cow<'static, str>,
    /// Abbreviations users may type.
    pub short: Words,
    /// Groups of kinds users may ask for at once, such as `all`.
    pub categories: Words,
}

/// The names of a kind that is known when the program is compiled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BuiltIn {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) short: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
}

impl BuiltIn {
    pub(crate) const fn names(self) -> Names {
        Names {
            group: Cow::Borrowed(self.group),
            version: Cow::Borrowed(self.version),
            kind: Cow::Borrowed(self.kind),
            list: Cow::Borrowed(""),
            plural: Cow::Borrowed(self.plural),
            singular: Cow::Borrowed(self.singular),
            short: Words::Fixed(self.short),
            categories: Words::Fixed(self.categories),
        }
    }
}

impl Names {
    /// `v1` or `apps/v1`, as documents write it.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone().into_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The kind of a document that lists objects of this kind.
    pub fn list_kind(&self) -> String {
        if self.list.is_empty() { format!("{}List", self.kind) } else { self.list.to_string() }
    }

    /// The prefix of this kind's keys in the store, unless the kind says otherwise.
    pub fn storage_prefix(&self) -> String {
        if self.group.is_empty() {
            format!("/registry/{}", self.plural)
        } else {
            format!("/registry/{}/{}", self.group, self.plural)
        }
    }
}
