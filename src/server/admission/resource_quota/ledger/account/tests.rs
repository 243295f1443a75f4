use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// The most there may be, in units of what [`object`] uses.
const HARD: i64 = 7;

#[derive(Debug, Clone)]
enum Step {
    /// A write of an object of this size asks for room.
    Begin { name: u8, size: i64 },
    /// The store takes the write, or refuses it.
    End { write: usize, stored: bool },
    /// The caller of a write goes away.
    Abandon { write: usize },
    /// An object is deleted.
    Delete { name: u8 },
    /// The quota's rules are read anew.
    Recount,
}

/// An object as the store has it.
struct Stored {
    size: i64,
    /// Counts writes.
    revision: u64,
}

struct Write {
    id: u64,
    name: u8,
    size: i64,
    /// The revision it was let in over: the store refuses it if the object has another by then, also of the same size.
    over: Option<u64>,
    abandoned: bool,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6_u8, 1..4_i64).prop_map(|(name, size)| Step::Begin { name, size }),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(write, stored)| Step::End { write, stored }),
        1 => any::<usize>().prop_map(|write| Step::Abandon { write }),
        1 => (0..6_u8).prop_map(|name| Step::Delete { name }),
        1 => Just(Step::Recount),
    ]
}

fn key(name: u8) -> Key {
    ("persistentvolumeclaims".to_owned(), format!("o{name}"))
}

fn charge(size: i64) -> Charge {
    let claim: Value = json!({"spec": {"resources": {"requests": {"storage": size.to_string()}}}});
    Charge::of("persistentvolumeclaims", &claim)
}

fn account() -> Account {
    let mut account = Account::default();
    let quota = json!({"spec": {"hard": {"requests.storage": HARD.to_string()}}});
    account.set_quota("q", Rules::read(&quota));
    account
}

fn used(account: &Account) -> i64 {
    account.quotas["q"].used()["requests.storage"].value()
}

/// Plays the store: objects by name, and writes under way.
fn play(steps: Vec<Step>) {
    let mut account = account();
    let mut stored: BTreeMap<u8, Stored> = BTreeMap::new();
    let mut writes: Vec<Write> = Vec::new();
    for (id, step) in (0_u64..).zip(steps) {
        match step {
            Step::Begin { name, size } => {
                let over = stored.get(&name);
                let (resource, object) = key(name);
                let request = Request {
                    namespace: "n",
                    resource: &resource,
                    name: &object,
                    before: over.map(|stored| charge(stored.size)),
                };
                if account.check(&request, &charge(size)).is_ok() {
                    let pending = Pending { id, charge: charge(size), abandoned: None };
                    account.change(&key(name), |entry| entry.pending.push(pending));
                    let over = over.map(|stored| stored.revision);
                    writes.push(Write { id, name, size, over, abandoned: false });
                }
            }
            Step::End { write, stored: wanted } if !writes.is_empty() => {
                let write = writes.remove(write % writes.len());
                if wanted && stored.get(&write.name).map(|stored| stored.revision) == write.over {
                    stored.insert(write.name, Stored { size: write.size, revision: id });
                    account.store(&key(write.name), Some(charge(write.size)));
                }
                account.change(&key(write.name), |entry| {
                    entry.pending.retain(|pending| pending.id != write.id);
                });
            }
            Step::Abandon { write } if !writes.is_empty() => {
                let at = write % writes.len();
                let write = &mut writes[at];
                write.abandoned = true;
                account.change(&key(write.name), |entry| {
                    for pending in entry.pending.iter_mut().filter(|one| one.id == write.id) {
                        pending.abandoned = Some(Instant::now());
                    }
                });
            }
            Step::Delete { name } => {
                stored.remove(&name);
                // Whoever was in doubt learns here that it is over.
                writes.retain(|write| !(write.abandoned && write.name == name));
                account.store(&key(name), None);
            }
            Step::Recount => {
                let all = stored.iter().map(|(name, stored)| (key(*name), charge(stored.size)));
                account.replace_stored(all.collect());
            }
            Step::End { .. } | Step::Abandon { .. } => {}
        }
        let total: i64 = stored.values().map(|stored| stored.size).sum();
        assert!(total <= HARD, "{total} is stored");
        assert!(used(&account) >= total, "{} of {total} is counted", used(&account));
    }
    for write in writes {
        account.change(&key(write.name), |entry| {
            entry.pending.retain(|pending| pending.id != write.id);
        });
    }
    account.forget(|_| true);
    let total: i64 = stored.values().map(|stored| stored.size).sum();
    assert_eq!(used(&account), total, "nothing is left behind");
    assert_eq!(account.entries.len(), stored.len());
}

proptest! {
    #[test]
    fn however_writes_end_no_more_is_stored_than_may_be(
        steps in prop::collection::vec(step(), 0..80)
    ) {
        play(steps);
    }
}
