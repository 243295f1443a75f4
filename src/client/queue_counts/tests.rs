use std::time::Duration;

use base::Metrics;

use super::{QueueCounts, UnderWay};

#[tokio::test(start_paused = true)]
async fn what_is_worked_on_is_told_of_before_it_ends() {
    let metrics = Metrics::default();
    let under_way = UnderWay::new(&metrics);
    let counts = QueueCounts::new(&metrics, &under_way, "pods");
    let told = || {
        let text = metrics.encode();
        let value = |name: &str| {
            let series = format!("{name}{{name=\"pods\"}} ");
            let line = text.lines().find_map(|line| line.strip_prefix(&series));
            line.map(str::to_owned).unwrap_or_default()
        };
        [
            "workqueue_unfinished_work_seconds",
            "workqueue_longest_running_processor_seconds",
            "workqueue_work_duration_seconds_count",
        ]
        .map(value)
    };
    let first = counts.work();
    tokio::time::advance(Duration::from_secs(3)).await;
    let second = counts.work();
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(told(), ["5", "4", "0"]);
    drop(first);
    assert_eq!(told(), ["1", "1", "1"]);
    drop(second);
    assert_eq!(told(), ["0", "0", "2"]);
}
