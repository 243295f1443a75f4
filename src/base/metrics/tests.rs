use super::{Metrics, Sort};

#[test]
fn counters_are_found_by_their_labels() {
    let metrics = Metrics::default();
    let requests = metrics.counters("requests_total", "Requests.", &["verb", "code"]);
    requests.with(&["GET", "200"]).inc();
    requests.with(&["GET", "200"]).add(2);
    requests.with(&["GET", "404"]).inc();
    assert_eq!(
        metrics.encode(),
        "# HELP requests_total Requests.\n# TYPE requests_total counter\n\
         requests_total{verb=\"GET\",code=\"200\"} 3\nrequests_total{verb=\"GET\",code=\"404\"} 1\n"
    );
}

#[test]
fn a_histogram_counts_up_to_each_bound() {
    let metrics = Metrics::default();
    let seconds = metrics.histograms("seconds", "Time.", &[], &[0.1, 1.0]).with(&[]);
    for value in [0.1, 0.5, 4.0] {
        seconds.observe(value);
    }
    assert_eq!(
        metrics.encode(),
        "# HELP seconds Time.\n# TYPE seconds histogram\nseconds_bucket{le=\"0.1\"} 1\n\
         seconds_bucket{le=\"1\"} 2\nseconds_bucket{le=\"+Inf\"} 3\nseconds_sum 4.6\nseconds_count 3\n"
    );
}

#[test]
fn label_values_are_escaped() {
    let metrics = Metrics::default();
    metrics.gauges("g", "One\nline.", &["l"]).with(&["a\"b\\c\nd"]).set(-1);
    assert_eq!(
        metrics.encode(),
        "# HELP g One\\nline.\n# TYPE g gauge\ng{l=\"a\\\"b\\\\c\\nd\"} -1\n"
    );
}

#[test]
fn what_has_no_series_is_not_shown() {
    let metrics = Metrics::default();
    let _unused = metrics.counters("a_total", "A.", &["x"]);
    metrics.computed("b", "B.", Sort::Gauge, &[], Vec::new);
    assert_eq!(metrics.encode(), "");
}

#[test]
fn a_name_asked_twice_is_one_metric() {
    let metrics = Metrics::default();
    metrics.counters("a_total", "A.", &[]).with(&[]).inc();
    metrics.clone().counters("a_total", "A.", &[]).with(&[]).inc();
    assert!(metrics.encode().ends_with("a_total 2\n"));
}

#[test]
fn computed_metrics_are_asked_at_each_scrape() {
    let metrics = Metrics::default();
    let sample = || vec![(vec!["b".to_owned()], 2.5), (vec!["a".to_owned()], 1.0)];
    metrics.computed("c", "C.", Sort::Gauge, &["l"], sample);
    assert!(metrics.encode().ends_with("c{l=\"a\"} 1\nc{l=\"b\"} 2.5\n"));
}

#[test]
fn a_gauge_counts_what_is_held() {
    let gauge = Metrics::default().gauges("g", "G.", &[]).with(&[]);
    let held = gauge.hold();
    assert_eq!(gauge.get(), 1);
    drop(held);
    assert_eq!(gauge.get(), 0);
}
