//! Tells the API how a pod is: only what changed, one write at a time, as soon as possible.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use tokio::time::Instant;
use tracing::debug;

use super::{Done, Owner};
use crate::lifecycle::{Deletion, Phase};
use crate::status::{patch, render};

/// How long a pod that just starts is not reported. With its image at hand it runs after a few
/// milliseconds, and one write then says all; a pod that takes longer is shown as it stands.
const SETTLING: SignedDuration = SignedDuration::from_millis(40);

/// Where the reporting of a pod stands.
#[derive(Debug, Default)]
pub(super) struct Report {
    call: Call,
    /// Nothing is written before this time: after a failure, or at the very start.
    not_before: Option<Instant>,
    settled: bool,
    /// The API says of the pod what is the case, as far as is known.
    pub(super) current: bool,
    /// The object is to be deleted once its status is written.
    pub(super) delete: bool,
}

/// The call that is under way; the next one waits for its answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Call {
    #[default]
    None,
    Status,
    Deletion,
}

impl Report {
    fn is_put_off(&self) -> bool {
        self.not_before.is_some_and(|time| time > Instant::now())
    }

    /// When a write that was put off is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.not_before.filter(|_| self.call == Call::None)
    }
}

impl Owner {
    /// Brings the API up to date, and the volumes' files with it.
    pub(super) fn report(&mut self) {
        self.refresh_if_due();
        if self.report.current
            || self.report.call != Call::None
            || self.state.deletion == Deletion::Vanished
        {
            return;
        }
        let now = self.now();
        if self.is_settling(now) || self.report.is_put_off() {
            return;
        }
        self.report.not_before = None;
        let status = render(&self.pod, &self.policy, &self.state, &self.view(), now);
        let before = self.pod.status.clone().unwrap_or_default();
        let runs = |status: &PodStatus| status.phase.as_deref() == Some("Running");
        if runs(&status) && !runs(&before) && !self.started {
            self.started = true;
            let elapsed = now.duration_since(self.state.since).unsigned_abs();
            self.site.meters.start.observe_duration(elapsed);
        }
        match patch(self.uid(), &before, &status) {
            Some(change) => self.write(change),
            None if self.report.delete => self.delete(),
            None => self.report.current = true,
        }
    }

    /// Whether the pod is so new that it is about to run.
    fn is_settling(&mut self, now: Timestamp) -> bool {
        if self.report.settled {
            return false;
        }
        let starting = self.state.containers.iter().all(|record| {
            matches!(record.phase, Phase::Waiting | Phase::Pulling | Phase::Starting)
        });
        let left = SETTLING.saturating_sub(now.duration_since(self.state.since));
        // A clock that was set back does not hold it up.
        let left = Duration::try_from(left.min(SETTLING)).unwrap_or_default();
        if starting && !self.state.is_over() && !left.is_zero() {
            self.report.not_before = Some(Instant::now() + left);
            return true;
        }
        self.report.settled = true;
        self.report.not_before = None;
        false
    }

    fn write(&mut self, change: serde_json::Value) {
        self.report.call = Call::Status;
        let pods: Api<Pod> = Api::namespaced(self.site.client.clone(), self.namespace());
        let name = self.name().to_owned();
        self.work.push(Box::pin(async move {
            let params = PatchParams::default();
            let result = pods.patch_status(&name, &params, &Patch::Strategic(change)).await;
            Done::Written(result.map(Box::new))
        }));
    }

    pub(super) fn end_write(&mut self, result: kube::Result<Box<Pod>>) {
        self.report.call = Call::None;
        self.report.current = false;
        match result {
            Ok(pod) => {
                self.backoff.reset();
                self.adopt(Arc::new(*pod));
            }
            // Gone, or a namesake took its place: the watch will say so.
            Err(kube::Error::Api(status)) if status.code == 404 || status.code == 409 => {
                debug!(pod = %self.policy.name, %status, "a status was not wanted");
                self.put_off();
            }
            Err(error) => {
                debug!(pod = %self.policy.name, %error, "a status could not be written");
                self.put_off();
            }
        }
    }

    fn put_off(&mut self) {
        let wait = self.backoff.next_delay();
        self.report.not_before = Some(Instant::now() + wait);
    }

    fn delete(&mut self) {
        self.report.call = Call::Deletion;
        let pods: Api<Pod> = Api::namespaced(self.site.client.clone(), self.namespace());
        let name = self.name().to_owned();
        let params = DeleteParams {
            grace_period_seconds: Some(0),
            preconditions: Some(Preconditions {
                uid: Some(self.uid().to_owned()),
                resource_version: None,
            }),
            ..DeleteParams::default()
        };
        let uid = self.uid().to_owned();
        self.work.push(Box::pin(async move {
            let Err(refused) = pods.delete(&name, &params).await else {
                return Done::Deleted(Ok(()));
            };
            // It is another pod by now, or somebody said so for a reason of their own.
            let is_conflict = matches!(&refused, kube::Error::Api(status) if status.code == 409);
            let gone = is_conflict
                && pods.get_opt(&name).await.is_ok_and(|found| {
                    found.is_none_or(|found| found.metadata.uid.as_deref() != Some(&uid))
                });
            Done::Deleted(if gone { Ok(()) } else { Err(refused) })
        }));
    }

    pub(super) fn end_delete(&mut self, result: kube::Result<()>) {
        self.report.current = false;
        match result {
            Ok(()) => self.report.delete = false,
            Err(kube::Error::Api(status)) if status.code == 404 => self.report.delete = false,
            Err(error) => {
                debug!(pod = %self.policy.name, %error, "a pod could not be deleted");
                self.put_off();
            }
        }
        self.report.call = Call::None;
    }
}
