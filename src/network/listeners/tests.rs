use std::cell::RefCell;

use super::*;

/// What is open, each with what it was last told; the name 0 cannot be had.
#[derive(Default)]
struct Fixture {
    told: RefCell<BTreeMap<u16, watch::Receiver<&'static str>>>,
}

impl Fixture {
    async fn set(
        &self,
        listeners: &mut Listeners<u16, &'static str>,
        wanted: &[(u16, &'static str)],
    ) -> Vec<u16> {
        let open = async |key, value, tasks: Tasks| {
            if key == 0 {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            self.told.borrow_mut().insert(key, value);
            tasks.spawn("listener", |stop| async move { stop.cancelled().await });
            Ok(())
        };
        let failures = listeners.set(wanted.iter().copied().collect(), open).await;
        failures.into_iter().map(|(key, _)| key).collect()
    }

    /// What those hear that are open.
    fn heard(&self) -> Vec<(u16, &'static str)> {
        let told = self.told.borrow();
        let open = told.iter().filter(|(_, value)| value.has_changed().is_ok());
        open.map(|(key, value)| (*key, *value.borrow())).collect()
    }
}

#[tokio::test]
async fn exactly_what_is_wanted_is_open_and_told() {
    let (fixture, mut listeners) = (Fixture::default(), Listeners::new(Tasks::new()));
    assert!(fixture.set(&mut listeners, &[(1, "a"), (2, "b")]).await.is_empty());
    assert_eq!(fixture.heard(), [(1, "a"), (2, "b")]);
    assert!(fixture.set(&mut listeners, &[(2, "c"), (3, "d")]).await.is_empty());
    assert_eq!(fixture.heard(), [(2, "c"), (3, "d")]);
}

#[tokio::test]
async fn what_cannot_be_opened_keeps_nothing_else_from_it() {
    let (fixture, mut listeners) = (Fixture::default(), Listeners::new(Tasks::new()));
    for _ in 0..2 {
        assert_eq!(fixture.set(&mut listeners, &[(0, "a"), (1, "b")]).await, [0]);
        assert_eq!(fixture.heard(), [(1, "b")]);
    }
}
