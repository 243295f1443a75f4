//! The group `batch`.

mod cron_job;
mod job;

pub(crate) use cron_job::CronJob;
pub(crate) use job::Job;
