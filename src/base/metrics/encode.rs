//! Prometheus' text format, version 0.0.4.

use std::fmt::Write;

use super::series::Metric;
use super::{Computed, Family, Histogram, Sort, Values};

/// One metric with all its series; nothing while it has none.
pub(super) fn family(text: &mut String, name: &str, help: &str, values: &Values) {
    match values {
        Values::Counter(family) => {
            plain(text, name, help, "counter", family, |counter| counter.get().to_string());
        }
        Values::Gauge(family) => {
            plain(text, name, help, "gauge", family, |gauge| gauge.get().to_string());
        }
        Values::Histogram(family) => histograms(text, name, help, family),
        Values::Computed(computed) => samples(text, name, help, computed),
    }
}

fn plain<M: Metric>(
    text: &mut String,
    name: &str,
    help: &str,
    sort: &str,
    family: &Family<M>,
    value: impl Fn(&M) -> String,
) {
    let series = family.sorted();
    if series.is_empty() {
        return;
    }
    head(text, name, help, sort);
    for (values, metric) in series {
        text.push_str(name);
        labels(text, family.labels(), &values, None);
        line_end(text, &value(&metric));
    }
}

fn histograms(text: &mut String, name: &str, help: &str, family: &Family<Histogram>) {
    let series = family.sorted();
    if series.is_empty() {
        return;
    }
    head(text, name, help, "histogram");
    for (values, histogram) in series {
        let (buckets, total, sum) = histogram.totals();
        let infinite = std::iter::once((f64::INFINITY, total));
        for (bound, count) in buckets.into_iter().chain(infinite) {
            text.push_str(name);
            text.push_str("_bucket");
            labels(text, family.labels(), &values, Some(&number(bound)));
            line_end(text, &count.to_string());
        }
        for (suffix, value) in [("_sum", number(sum)), ("_count", total.to_string())] {
            text.push_str(name);
            text.push_str(suffix);
            labels(text, family.labels(), &values, None);
            line_end(text, &value);
        }
    }
}

fn samples(text: &mut String, name: &str, help: &str, computed: &Computed) {
    let mut samples = (computed.samples)();
    if samples.is_empty() {
        return;
    }
    samples.sort_by(|(a, _), (b, _)| a.cmp(b));
    let sort = match computed.sort {
        Sort::Counter => "counter",
        Sort::Gauge => "gauge",
    };
    head(text, name, help, sort);
    for (values, value) in samples {
        text.push_str(name);
        labels(text, computed.labels, &values, None);
        line_end(text, &number(value));
    }
}

fn head(text: &mut String, name: &str, help: &str, sort: &str) {
    let help = help.replace('\\', r"\\").replace('\n', r"\n");
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {sort}")
        .expect("a string takes everything");
}

fn labels(text: &mut String, names: &[&str], values: &[impl AsRef<str>], bound: Option<&str>) {
    let own = names.iter().copied().zip(values.iter().map(AsRef::as_ref));
    let mut first = true;
    for (name, value) in own.chain(bound.map(|bound| ("le", bound))) {
        text.push(if first { '{' } else { ',' });
        first = false;
        let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
        write!(text, "{name}=\"{value}\"").expect("a string takes everything");
    }
    if !first {
        text.push('}');
    }
}

fn line_end(text: &mut String, value: &str) {
    text.push(' ');
    text.push_str(value);
    text.push('\n');
}

fn number(value: f64) -> String {
    if value == f64::INFINITY { "+Inf".to_owned() } else { value.to_string() }
}
