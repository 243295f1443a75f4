//! `isopod bench`: measures this machine, in one run, and says what each figure was measured against.
//!
//! The API is measured in child processes of this very binary, started on empty folders; sandbox and network are
//! measured in this process. Everything stays on the loopback interface, and whatever was started is ended.

mod api;
mod baseline;
mod cluster;
mod figures;
mod lists;
mod load;
mod machine;
mod mass;
mod native;
mod node;
mod operations;
mod pods;
mod quotas;
mod report;
mod sandboxes;
mod serving;
mod start;
mod streams;
mod temporary;
mod volume;
mod watch;
mod watchers;
mod web;
mod writes;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::cli::{progress, say};
use report::Section;

/// No topic takes longer than this on a machine that can hold a cluster at all.
const TOPIC_TIMEOUT: Duration = Duration::from_mins(2);

/// What to measure, and how thoroughly.
#[derive(Debug, Args)]
pub struct Bench {
    /// Measure only these [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<Topic>,
    /// Measure less of everything: about half a minute instead of about two
    #[arg(long)]
    quick: bool,
}

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Topic {
    /// Start to ready, memory at rest, restart
    Start,
    /// Creates, gets, patches, applies and deletes of `ConfigMaps` over TLS
    Configmaps,
    /// The same of pods that no node runs
    Podwrites,
    /// Lists of a thousand and of five thousand pods
    Lists,
    /// Delivery of events to a hundred watchers
    Watches,
    /// Delivery of events to ten thousand watchers
    Crowd,
    /// A thousand namespaces with quotas
    Quotas,
    /// Fifty thousand objects
    Volume,
    /// Pods one by one, from their creation to their readiness
    Pods,
    /// Five hundred pods at once
    Mass,
    /// Instances without a cluster: start and kill
    Sandbox,
    /// Streams and round trips between guests
    Network,
    /// HTTP through a Service, a fresh instance for each request
    Http,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effort {
    Full,
    Quick,
}

impl Effort {
    /// One of two amounts.
    fn pick<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

impl Bench {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_name("bench")
            .build()
            .context("start the runtime")?;
        runtime.block_on(async {
            tokio::select! {
                biased;
                interrupted = tokio::signal::ctrl_c() => {
                    interrupted.context("listen for SIGINT")?;
                    bail!("interrupted");
                }
                measured = self.measure() => measured,
            }
        })
    }

    async fn measure(self) -> Result<ExitCode> {
        let effort = if self.quick { Effort::Quick } else { Effort::Full };
        say(&machine::header());
        let mut failures = 0;
        for topic in Topic::value_variants() {
            if !self.only.is_empty() && !self.only.contains(topic) {
                continue;
            }
            let name = topic.to_possible_value().map_or_else(String::new, |v| v.get_name().into());
            progress(&format!("measuring {name} …"));
            let measured = tokio::time::timeout(TOPIC_TIMEOUT, topic.measure(effort)).await;
            let seconds = TOPIC_TIMEOUT.as_secs();
            let measured = measured.unwrap_or_else(|_| bail!("gave up after {seconds} s"));
            match measured {
                Ok(section) => say(&section.to_string()),
                Err(error) => {
                    failures += 1;
                    say(&format!("\n{name}: not measured: {error:#}"));
                }
            }
        }
        say(&format!("\n{}", baseline::SOURCE));
        Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Topic {
    async fn measure(self, effort: Effort) -> Result<Section> {
        match self {
            Self::Start => start::measure(effort).await,
            Self::Configmaps => Box::pin(writes::measure(writes::CONFIG_MAPS, effort)).await,
            Self::Podwrites => Box::pin(writes::measure(writes::PODS, effort)).await,
            Self::Lists => Box::pin(lists::measure(effort)).await,
            Self::Watches => Box::pin(watchers::measure(effort)).await,
            Self::Crowd => Box::pin(watchers::measure_crowd(effort)).await,
            Self::Quotas => Box::pin(quotas::measure(effort)).await,
            Self::Volume => Box::pin(volume::measure(effort)).await,
            Self::Pods => Box::pin(pods::measure(effort)).await,
            Self::Mass => Box::pin(mass::measure(effort)).await,
            Self::Sandbox => sandboxes::measure(effort).await,
            Self::Network => streams::measure(effort).await,
            Self::Http => Box::pin(serving::measure(effort)).await,
        }
    }
}
