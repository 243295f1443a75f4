use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::expression::{Expression, Functions, Names, from_json};

/// One that has been used for more than is always allowed.
fn begun() -> Budget {
    let budget = Budget::new();
    for _ in 0..=STEPS_SMALL {
        budget.step().unwrap();
    }
    budget
}

/// Computes for so long.
fn compute(time: Duration) {
    let end = thread_time() + time;
    while thread_time() < end {}
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_processor_costs_nothing() {
    let budget = begun();
    tokio::time::advance(10 * TIME_MAX).await;
    budget.spend(|| budget.step()).unwrap();
}

#[test]
fn what_threads_compute_adds_up_until_it_is_too_much() {
    let budget = begun();
    let compute = || compute(TIME_MAX / 4);
    std::thread::scope(|scope| scope.spawn(|| budget.spend(compute)).join().unwrap());
    budget.spend(|| budget.spend(compute));
    // This is for others.
    compute();
    let enough = budget.spend(|| {
        compute();
        let enough = budget.step();
        compute();
        enough
    });
    enough.unwrap();
    budget.spend(|| budget.step()).unwrap_err();
    assert!(budget.is_spent());
}

#[test]
fn an_expression_ends_in_time_however_few_its_steps() {
    let names = Names { roots: &["object"], variables: &[] };
    // The second is deep enough for a thread of its own.
    for more in [String::new(), format!(" && 0{} > 0", " + 1".repeat(200))] {
        let source = format!("lists.range(100000).all(i, !object.contains('y')){more}");
        let expression = Expression::compile(&source, &names).unwrap();
        let (budget, functions) = (Arc::new(Budget::new()), Functions::new(|_| ()));
        let mut scope = functions.scope(&budget);
        scope.set("object", from_json(&json!("x".repeat(1 << 20))));
        assert_eq!(scope.evaluate(&expression).unwrap_err(), EXHAUSTED);
        let left = |of: &AtomicU64| of.load(Ordering::Relaxed);
        assert!(left(&budget.steps) > 1_000 && left(&budget.bytes) > 2 << 20, "{budget:?}");
    }
}
