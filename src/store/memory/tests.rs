//! Holds memory to the suite and to the model.

use super::Memory;
use crate::conformance::conforms;
use crate::model::{self, Step};
use crate::{Change, Error, Expect, Revision, Store, everything};

#[tokio::test]
async fn memory_conforms() {
    conforms(&Memory::new()).await;
}

proptest::proptest! {
    #[test]
    fn memory_behaves_as_the_model(steps in model::steps()) {
        model::run(&Memory::new(), &steps);
    }
}

#[tokio::test]
async fn memory_forgets_by_itself() {
    let store = Memory::with_history(10);
    for _ in 0..30 {
        store.write("a", Expect::Anything, Change::Put("x".into())).await.unwrap();
    }
    let forgotten = store.list(everything(), Some(Revision(20)), 0).await;
    assert!(matches!(forgotten, Err(Error::Compacted(Revision(21)))), "{forgotten:?}");
    assert_eq!(store.list(everything(), Some(Revision(21)), 0).await.unwrap().entries.len(), 1);
}

#[test]
fn the_model_sees_a_delete() {
    let steps =
        [Step::Put { key: 0, value: 1 }, Step::Delete { key: 0 }, Step::Compact { back: 0 }];
    model::run(&Memory::new(), &steps);
}
