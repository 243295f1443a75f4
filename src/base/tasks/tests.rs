use super::*;

#[tokio::test]
async fn shutdown_waits_for_the_tasks() {
    let tasks = Tasks::new();
    tasks.spawn("waits", |stop| async move { stop.cancelled().await });
    assert!(tasks.shutdown(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn a_panic_stops_the_set() {
    let tasks = Tasks::new();
    let stop = tasks.stop_token();
    tasks.spawn("fails", |_| async { panic!("as the test wants") });
    stop.cancelled().await;
}

#[tokio::test]
async fn a_panic_stops_the_sets_around_it_and_beside_it() {
    let outer = Tasks::new();
    let (inner, beside) = (outer.child().child(), outer.child());
    inner.spawn("fails", |_| async { panic!("as the test wants") });
    outer.stop_token().cancelled().await;
    assert!(inner.stop_token().is_cancelled() && beside.stop_token().is_cancelled());
}

#[tokio::test]
async fn a_set_that_is_stopped_leaves_the_one_around_it() {
    let outer = Tasks::new();
    assert!(outer.child().shutdown(Duration::from_secs(5)).await);
    assert!(!outer.stop_token().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_task_that_will_not_stop_is_reported() {
    let tasks = Tasks::new();
    tasks.spawn("stays", |_| std::future::pending());
    assert!(!tasks.shutdown(Duration::from_secs(1)).await);
}

#[tokio::test]
async fn a_set_apart_does_not_stop_with_the_one_it_was_made_from_but_stops_it_by_a_panic() {
    let tasks = Tasks::new();
    let apart = tasks.apart();
    assert!(tasks.shutdown(Duration::from_secs(5)).await);
    assert!(!apart.stop_token().is_cancelled());
    let tasks = Tasks::new();
    tasks.apart().spawn("fails", |_| async { panic!("as the test wants") });
    tasks.stop_token().cancelled().await;
}
