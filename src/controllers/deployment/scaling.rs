//! Following a change of the Deployment's size while several sets are in use.

use super::annotations::{DESIRED_REPLICAS, MAX_REPLICAS};
use super::draft::Draft;
use super::rollout::Work;

impl Work<'_> {
    /// One set in use takes the whole size; a finished rollout empties what is left; else every set gets its share.
    pub(super) fn scale(&mut self) {
        let (wanted, limits) = (self.wanted, self.limits);
        if let Some(index) = self.only_or_latest() {
            if let Some(set) = self.sets.all_mut().nth(index)
                && set.replicas != wanted
            {
                set.resize(wanted, wanted, limits);
            }
            return;
        }
        if self.sets.new.as_ref().is_some_and(|new| is_saturated(new, wanted)) {
            for set in self.sets.old.iter_mut().filter(|set| set.replicas > 0) {
                set.resize(0, wanted, limits);
            }
            return;
        }
        if !self.recreates() {
            self.share_out();
        }
    }

    /// The position (in the order of `all`) of the only set in use, or of the newest when none is; none when several are.
    fn only_or_latest(&self) -> Option<usize> {
        let in_use: Vec<usize> = self
            .sets
            .all()
            .enumerate()
            .filter(|(_, set)| set.replicas > 0)
            .map(|(index, _)| index)
            .collect();
        match in_use[..] {
            [] => (self.sets.old.len() + usize::from(self.sets.new.is_some())).checked_sub(1),
            [only] => Some(only),
            _ => None,
        }
    }

    /// Larger sets first; what rounding leaves goes to the largest.
    fn share_out(&mut self) {
        let (wanted, limits) = (self.wanted, self.limits);
        let allowed = if wanted > 0 { wanted.saturating_add(limits.surge) } else { 0 };
        let change = allowed - self.sets.replicas();
        let shown = self.status.replicas.unwrap_or(0);
        let mut in_use: Vec<&mut Draft> =
            self.sets.all_mut().filter(|set| set.replicas > 0).collect();
        in_use.sort_by(|left, right| {
            let younger = if change > 0 {
                right.created().cmp(&left.created())
            } else {
                left.created().cmp(&right.created())
            };
            right.replicas.cmp(&left.replicas).then(younger)
        });
        let mut sizes: Vec<i32> = Vec::with_capacity(in_use.len());
        let mut left = change;
        for set in &in_use {
            let share = share(set, wanted, allowed, shown);
            let share =
                if change > 0 { share.clamp(0, left.max(0)) } else { share.clamp(left.min(0), 0) };
            left -= share;
            sizes.push(set.replicas + share);
        }
        if let Some(first) = sizes.first_mut() {
            *first = (*first + left).max(0);
        }
        for (set, size) in in_use.into_iter().zip(sizes) {
            set.resize(size, wanted, limits);
        }
    }
}

/// By how much a set grows or shrinks so that it keeps its part of the whole.
fn share(set: &Draft, wanted: i32, allowed: i32, shown: i32) -> i32 {
    if wanted == 0 {
        return -set.replicas;
    }
    let before = set.number(MAX_REPLICAS).filter(|max| *max > 0).unwrap_or(shown);
    if before <= 0 {
        return 0;
    }
    // Rounded to the nearest, halves away from zero, as the sizes are never negative.
    let (size, allowed, before) = (i64::from(set.replicas), i64::from(allowed), i64::from(before));
    let size = (2 * size * allowed + before) / (2 * before);
    i32::try_from(size).unwrap_or(i32::MAX) - set.replicas
}

fn is_saturated(new: &Draft, wanted: i32) -> bool {
    new.replicas == wanted
        && new.number(DESIRED_REPLICAS) == Some(wanted)
        && new.available() == wanted
}
