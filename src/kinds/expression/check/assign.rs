//! Whether a value of one type may stand where another is wanted, and what that says about types that are open.

use super::types::{Type, WEIGHT_MAX};

/// What is known of the types that are open.
#[derive(Debug, Default)]
pub(super) struct Assignment<'s> {
    /// What each stands for, if that is known.
    meanings: Vec<Option<Type<'s>>>,
    /// What was known before, so that an attempt can be taken back.
    trail: Vec<(usize, Option<Type<'s>>)>,
}

/// A moment to go back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    opened: usize,
    changes: usize,
}

impl<'s> Assignment<'s> {
    /// One more type that is open.
    pub(super) fn open(&mut self) -> Type<'s> {
        self.open_all(1);
        Type::Open(self.meanings.len() - 1)
    }

    /// Some more that are; tells the first.
    pub(super) fn open_all(&mut self, count: usize) -> usize {
        let first = self.meanings.len();
        self.meanings.resize(first + count, None);
        first
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { opened: self.meanings.len(), changes: self.trail.len() }
    }

    /// Forgets everything since.
    pub(super) fn go_back(&mut self, mark: Mark) {
        for (open, before) in self.trail.drain(mark.changes..).rev() {
            self.meanings[open] = before;
        }
        self.meanings.truncate(mark.opened);
    }

    /// A type with what is known of those that are open.
    pub(super) fn resolve(&self, of: &Type<'s>) -> Type<'s> {
        if of.is_open() { self.resolved(of, &mut WEIGHT_MAX.clone()) } else { of.clone() }
    }

    /// `left` types more, and it is too much to say. An open type that means something of itself never ends otherwise.
    fn resolved(&self, of: &Type<'s>, left: &mut usize) -> Type<'s> {
        let Some(less) = left.checked_sub(1) else { return Type::Dyn };
        *left = less;
        match of {
            Type::Open(open) => match &self.meanings[*open] {
                Some(meaning) => self.resolved(&meaning.clone(), left),
                None => of.clone(),
            },
            Type::List(inner) => Type::list(self.resolved(inner, left)),
            Type::Optional(inner) => Type::optional(self.resolved(inner, left)),
            Type::Map(inner) => {
                Type::map(self.resolved(&inner.0, left), self.resolved(&inner.1, left))
            }
            other => other.clone(),
        }
    }

    /// Whether all of these may stand for all of those. If not, nothing is learnt of it.
    pub(super) fn all_assignable(&mut self, given: &[Type<'s>], wanted: &[Type<'s>]) -> bool {
        let mark = self.mark();
        let mut left = WEIGHT_MAX;
        let fits = given.len() == wanted.len()
            && given.iter().zip(wanted).all(|(given, wanted)| self.fits(given, wanted, &mut left));
        if !fits {
            self.go_back(mark);
        }
        fits
    }

    /// Whether a value of one type may stand where the other is wanted.
    pub(super) fn is_assignable(&mut self, given: &Type<'s>, wanted: &Type<'s>) -> bool {
        self.all_assignable(std::slice::from_ref(given), std::slice::from_ref(wanted))
    }

    /// What takes too long to compare is let be: evaluating it tells.
    fn fits(&mut self, one: &Type<'s>, other: &Type<'s>, left: &mut usize) -> bool {
        let Some(less) = left.checked_sub(1) else { return true };
        *left = less;
        match (one, other) {
            (Type::Open(one), Type::Open(other)) if one == other => true,
            (_, Type::Open(open)) => self.means(*open, one, left),
            (Type::Open(open), _) => self.means(*open, other, left),
            (Type::Dyn, _) | (_, Type::Dyn) => true,
            (Type::Null, other) | (other, Type::Null) => other.has_null(),
            (Type::List(one), Type::List(other)) | (Type::Optional(one), Type::Optional(other)) => {
                self.fits(one, other, left)
            }
            (Type::Map(one), Type::Map(other)) => {
                self.fits(&one.0, &other.0, left) && self.fits(&one.1, &other.1, left)
            }
            (one, other) => one == other,
        }
    }

    /// Whether an open type may mean another. Of two meanings that fit, the more general one counts.
    fn means(&mut self, open: usize, meaning: &Type<'s>, left: &mut usize) -> bool {
        let Some(known) = self.meanings[open].clone() else {
            if !self.is_within(open, meaning, left) {
                self.set(open, meaning.clone());
            }
            return true;
        };
        if !self.fits(meaning, &known, left) {
            return false;
        }
        if is_less_specific(meaning, &known, left) && !self.is_within(open, meaning, left) {
            self.set(open, meaning.clone());
        }
        true
    }

    fn set(&mut self, open: usize, meaning: Type<'s>) {
        let before = self.meanings[open].replace(meaning);
        self.trail.push((open, before));
    }

    /// Whether an open type is part of another, which it must not mean then.
    fn is_within(&self, open: usize, other: &Type<'s>, left: &mut usize) -> bool {
        let Some(less) = left.checked_sub(1) else { return true };
        *left = less;
        match other {
            Type::Open(other) => {
                *other == open
                    || self.meanings[*other]
                        .as_ref()
                        .is_some_and(|meaning| self.is_within(open, meaning, left))
            }
            Type::List(inner) | Type::Optional(inner) => self.is_within(open, inner, left),
            Type::Map(inner) => {
                self.is_within(open, &inner.0, left) || self.is_within(open, &inner.1, left)
            }
            _ => false,
        }
    }

    /// What both are: the more general of the two, if one may stand for the other.
    pub(super) fn join(&mut self, one: &Type<'s>, other: &Type<'s>) -> Option<Type<'s>> {
        if !self.is_assignable(one, other) {
            return None;
        }
        let less = is_less_specific(one, other, &mut WEIGHT_MAX.clone());
        Some(if less { one.clone() } else { other.clone() })
    }
}

/// Whether one type says less than the other, or as much.
fn is_less_specific(one: &Type<'_>, other: &Type<'_>, left: &mut usize) -> bool {
    let Some(less) = left.checked_sub(1) else { return false };
    *left = less;
    match (one, other) {
        (Type::Dyn | Type::Open(_), _) => true,
        (_, Type::Dyn | Type::Open(_)) => false,
        (one, Type::Null) if one.has_null() => true,
        (Type::List(one), Type::List(other)) | (Type::Optional(one), Type::Optional(other)) => {
            is_less_specific(one, other, left)
        }
        (Type::Map(one), Type::Map(other)) => {
            is_less_specific(&one.0, &other.0, left) && is_less_specific(&one.1, &other.1, left)
        }
        (one, other) => one == other,
    }
}
