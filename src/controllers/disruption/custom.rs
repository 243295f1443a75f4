//! What controllers of further kinds want, by their subresource `scale`.
//!
//! No cache shows a scale, so the server is asked: once when the pods of a controller are met first, and again when that
//! object has changed. Until it has answered there is nothing to decide; the budgets beside the object are looked at
//! again when it has.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use base::Tasks;
use client::{Cache, Change, Key, Queue};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Api;
use kube::api::{ApiResource, DynamicObject};
use tracing::warn;

use super::scales::{Found, Scale};
use crate::resources::{Known, Meta, Resources};

/// Controllers that are remembered; when there are more, all are asked again. Far more than there are budgets.
const ASKED_MAX: usize = 10_000;
/// After a question that failed.
const RETRY: Duration = Duration::from_secs(5);

/// The controllers of further kinds. Clones share them.
#[derive(Clone)]
pub(super) struct Custom(Arc<Inner>);

struct Inner {
    client: kube::Client,
    resources: Resources,
    tasks: Tasks,
    /// By uid.
    asked: Mutex<BTreeMap<String, Asked>>,
    /// Whom an answer concerns.
    concerned: OnceLock<(Queue<Key>, Cache<PodDisruptionBudget>)>,
}

/// One controller.
struct Asked {
    namespace: String,
    owner: OwnerReference,
    progress: Progress,
    /// What it said last.
    answer: Option<Answer>,
}

/// How many replicas it wants; none if it is not there.
type Answer = Option<i32>;

#[derive(Clone, Copy, PartialEq)]
enum Progress {
    /// What it said last still holds.
    Settled,
    /// The server is being asked.
    Asking,
    /// The object has changed since the server was asked.
    Outdated,
}

impl Custom {
    pub(super) fn new(client: &kube::Client, resources: &Resources, tasks: &Tasks) -> Self {
        Self(Arc::new(Inner {
            client: client.clone(),
            resources: resources.clone(),
            tasks: tasks.clone(),
            asked: Mutex::default(),
            concerned: OnceLock::new(),
        }))
    }

    /// From now on budgets are looked at again when an answer is there or another one.
    pub(super) fn watch(&self, queue: &Queue<Key>, budgets: &Cache<PodDisruptionBudget>) {
        let _ = self.0.concerned.set((queue.clone(), budgets.clone()));
        let inner = Arc::clone(&self.0);
        self.0.resources.on_change(move |_, change| inner.notice(change));
    }

    /// What is known of a controller that pods of a namespace name.
    pub(super) fn find(&self, namespace: &str, owner: &OwnerReference) -> Found {
        let (api_version, kind) = (&owner.api_version, &owner.kind);
        let (answer, progress) = self.0.note(namespace, owner);
        match self.0.resources.find(api_version, kind) {
            None => Found::Mute(format!("no matches for kind {kind:?} in version {api_version:?}")),
            Some(known) if !known.scales => {
                let resource = known.resource;
                Found::Mute(format!("{resource} does not implement the scale subresource"))
            }
            Some(_) => match answer {
                Some(Some(replicas)) => Found::Scale(Scale { uid: owner.uid.clone(), replicas }),
                Some(None) => Found::Nobody,
                None => {
                    if progress == Progress::Settled {
                        self.0.ask(&owner.uid);
                    }
                    Found::Pending
                }
            },
        }
    }
}

impl Inner {
    fn asked(&self) -> MutexGuard<'_, BTreeMap<String, Asked>> {
        self.asked.lock().expect("the table is only changed whole")
    }

    /// Remembers that somebody wants to know of a controller; gives what is known. A kind that is not known yet shows
    /// its objects when it is, and then they are asked.
    fn note(&self, namespace: &str, owner: &OwnerReference) -> (Option<Answer>, Progress) {
        let mut asked = self.asked();
        if asked.len() >= ASKED_MAX && !asked.contains_key(&owner.uid) {
            asked.clear();
        }
        let one = asked.entry(owner.uid.clone()).or_insert_with(|| Asked {
            namespace: namespace.to_owned(),
            owner: owner.clone(),
            progress: Progress::Settled,
            answer: None,
        });
        (one.answer, one.progress)
    }

    /// An object has changed; unless its generation says that it wants the same as before, it is asked again.
    fn notice(self: &Arc<Self>, change: &Change<Meta>) {
        if let (Some(old), Some(new)) = (&change.old, &change.new)
            && new.metadata.generation.is_some()
            && new.metadata.generation == old.metadata.generation
        {
            return;
        }
        for object in change.states() {
            if let Some(uid) = &object.metadata.uid {
                self.ask(uid);
            }
        }
    }

    /// Asks what a controller wants, if anybody wanted to know that once.
    fn ask(self: &Arc<Self>, uid: &str) {
        {
            let mut asked = self.asked();
            let Some(one) = asked.get_mut(uid) else { return };
            if one.progress != Progress::Settled {
                one.progress = Progress::Outdated;
                return;
            }
            one.progress = Progress::Asking;
        }
        let (inner, uid) = (Arc::clone(self), uid.to_owned());
        self.tasks.spawn_until_stop("custom scale", async move {
            while let Some((namespace, owner)) = inner.begin(&uid) {
                match inner.replicas(&namespace, &owner).await {
                    Ok(answer) => {
                        if inner.finish(&uid, answer) {
                            break;
                        }
                    }
                    Err(error) => {
                        warn!(owner = %owner.name, %error, "a controller does not say what it wants");
                        tokio::time::sleep(RETRY).await;
                    }
                }
            }
        });
    }

    fn begin(&self, uid: &str) -> Option<(String, OwnerReference)> {
        let mut asked = self.asked();
        let one = asked.get_mut(uid)?;
        one.progress = Progress::Asking;
        Some((one.namespace.clone(), one.owner.clone()))
    }

    /// Writes an answer down; false when it is outdated already.
    fn finish(&self, uid: &str, answer: Option<Answer>) -> bool {
        let mut asked = self.asked();
        let Some(one) = asked.get_mut(uid) else { return true };
        let is_news = std::mem::replace(&mut one.answer, answer) != answer;
        let is_settled = one.progress == Progress::Asking;
        if is_settled {
            one.progress = Progress::Settled;
        }
        let namespace = one.namespace.clone();
        drop(asked);
        if let Some((queue, budgets)) = self.concerned.get().filter(|_| is_news) {
            for budget in budgets.in_namespace(&namespace) {
                queue.add(Key::of(budget.as_ref()));
            }
        }
        is_settled
    }

    /// Asks the server; none if the kind has no scale, which may change.
    async fn replicas(
        &self,
        namespace: &str,
        owner: &OwnerReference,
    ) -> kube::Result<Option<Answer>> {
        let known = self.resources.find(&owner.api_version, &owner.kind);
        let Some(known) = known.filter(|known| known.scales) else { return Ok(None) };
        let objects: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), namespace, &kind(&known));
        match objects.get_scale(&owner.name).await {
            Ok(scale) if scale.metadata.uid.as_ref() == Some(&owner.uid) => {
                Ok(Some(Some(scale.spec.and_then(|spec| spec.replicas).unwrap_or(0))))
            }
            Ok(_) => Ok(Some(None)),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(Some(None)),
            Err(error) => Err(error),
        }
    }
}

fn kind(known: &Known) -> ApiResource {
    let resource = &known.resource;
    ApiResource {
        group: resource.group.to_string(),
        version: resource.version.to_string(),
        api_version: resource.api_version(),
        kind: resource.kind.to_string(),
        plural: resource.plural.to_string(),
    }
}

impl std::fmt::Debug for Custom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Custom").finish_non_exhaustive()
    }
}
