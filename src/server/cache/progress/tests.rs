use std::time::Duration;

use super::Progress;

#[tokio::test(start_paused = true)]
async fn who_gives_up_leaves_nothing_behind() {
    let progress = Progress::default();
    let never = || tokio::time::timeout(Duration::from_secs(3), progress.reached(u64::MAX));
    let (one, two) = futures::join!(never(), never());
    assert!(one.is_err() && two.is_err());
    assert!(progress.lock().is_empty());
    let (reached, ()) =
        futures::join!(tokio::time::timeout(Duration::from_secs(3), progress.reached(5)), async {
            progress.advance(7);
        },);
    assert!(reached.is_ok() && progress.lock().is_empty());
}
