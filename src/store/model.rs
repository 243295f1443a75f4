//! A store as a map per revision: the plainest thing that could be right, to compare the others with.

use std::collections::BTreeMap;

use futures::StreamExt;
use proptest::prelude::*;

use crate::{Change, Entry, Error, Event, EventChange, Expect, Revision, Store, everything};

/// One call of a random program; `pick` chooses among what is there.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Put { key: u8, value: u8 },
    PutIfAbsent { key: u8, value: u8 },
    PutIfUnchanged { key: u8, value: u8, back: u8 },
    Delete { key: u8 },
    ListAt { back: u8, limit: u8 },
    WatchFrom { back: u8 },
    Compact { back: u8 },
}

/// Random programs over few keys, so that they meet.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = 0..6u8;
    let step = prop_oneof![
        4 => (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::Put { key, value }),
        2 => (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::PutIfAbsent { key, value }),
        2 => (key.clone(), any::<u8>(), 0..4u8)
            .prop_map(|(key, value, back)| Step::PutIfUnchanged { key, value, back }),
        3 => key.prop_map(|key| Step::Delete { key }),
        2 => (0..12u8, 0..4u8).prop_map(|(back, limit)| Step::ListAt { back, limit }),
        2 => (0..12u8).prop_map(|back| Step::WatchFrom { back }),
        1 => (0..8u8).prop_map(|back| Step::Compact { back }),
    ];
    prop::collection::vec(step, 0..60)
}

/// Runs a program against a store and the model, and compares every answer.
pub(crate) fn run(store: &dyn Store, steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut model = Model::new();
        for step in steps {
            model.step(store, step).await;
            assert_eq!(store.revision().await.unwrap(), model.revision());
        }
    });
}

struct Model {
    /// The whole store at each revision from the first on.
    states: Vec<BTreeMap<String, Entry>>,
    events: Vec<Event>,
    compacted: Revision,
}

impl Model {
    fn new() -> Self {
        Self { states: vec![BTreeMap::new()], events: Vec::new(), compacted: Revision::FIRST }
    }

    fn revision(&self) -> Revision {
        Revision(self.states.len() as u64)
    }

    fn back(&self, back: u8) -> Revision {
        Revision(self.revision().0.saturating_sub(back.into()).max(1))
    }

    async fn step(&mut self, store: &dyn Store, step: &Step) {
        let put = |value: u8| Change::Put(vec![value].into());
        match *step {
            Step::Put { key, value } => self.write(store, key, Expect::Anything, put(value)).await,
            Step::PutIfAbsent { key, value } => {
                self.write(store, key, Expect::Absent, put(value)).await;
            }
            Step::PutIfUnchanged { key, value, back } => {
                let expect = Expect::Unchanged(self.back(back));
                self.write(store, key, expect, put(value)).await;
            }
            Step::Delete { key } => {
                self.write(store, key, Expect::Anything, Change::Delete).await;
            }
            Step::ListAt { back, limit } => self.list(store, self.back(back), limit.into()).await,
            Step::WatchFrom { back } => self.watch(store, self.back(back)).await,
            Step::Compact { back } => {
                store.compact(self.back(back)).await.unwrap();
                self.compacted = self.compacted.max(self.back(back));
            }
        }
    }

    async fn write(&mut self, store: &dyn Store, key: u8, expect: Expect, change: Change) {
        let key = format!("/{key}");
        let answer = store.write(&key, expect, change.clone()).await;
        let state = self.states.last().unwrap();
        let old = state.get(&key);
        let allowed = match expect {
            Expect::Absent => old.is_none(),
            Expect::Unchanged(revision) => old.is_some_and(|old| old.revision == revision),
            Expect::Anything => old.is_some() || change != Change::Delete,
        };
        if !allowed {
            let found = old.map(|old| old.revision);
            assert!(
                matches!(&answer, Err(Error::Conflict { found: other, .. }) if *other == found),
                "{answer:?}"
            );
            return;
        }
        let revision = self.revision().next();
        assert_eq!(answer.unwrap(), revision);
        let created = old.map_or(revision, |old| old.created);
        let change_seen = match &change {
            Change::Put(value) => {
                EventChange::Put { value: value.clone(), created: created == revision }
            }
            Change::Delete => EventChange::Delete,
        };
        let mut state = state.clone();
        match change {
            Change::Put(value) => {
                state.insert(key.clone(), Entry { key: key.clone(), value, revision, created });
            }
            Change::Delete => {
                state.remove(&key);
            }
        }
        self.states.push(state);
        self.events.push(Event { key, revision, change: change_seen });
    }

    async fn list(&self, store: &dyn Store, at: Revision, limit: usize) {
        let answer = store.list(everything(), Some(at), limit).await;
        if at < self.compacted {
            assert!(matches!(answer, Err(Error::Compacted(_))), "{answer:?}");
            return;
        }
        let state = &self.states[usize::try_from(at.0).unwrap() - 1];
        let wanted = if limit == 0 { state.len() } else { limit };
        let page = answer.unwrap();
        assert_eq!(page.entries, state.values().take(wanted).cloned().collect::<Vec<_>>());
        assert_eq!((page.more, page.revision), (state.len() > wanted, at));
    }

    async fn watch(&self, store: &dyn Store, after: Revision) {
        let answer = store.watch(everything(), after).await;
        if after < self.compacted {
            assert!(matches!(answer, Err(Error::Compacted(_))));
            return;
        }
        let expected: Vec<_> =
            self.events.iter().filter(|event| event.revision > after).cloned().collect();
        let events = answer.unwrap().take(expected.len()).map(Result::unwrap);
        assert_eq!(events.collect::<Vec<_>>().await, expected);
    }
}
