//! Keeps the routes as the `APIService`s say, one `APIService` for everything this server has itself, and what they
//! say of themselves true.

use std::sync::{Arc, Weak};
use std::time::Duration;

use base::Tasks;
use machinery::{ApiError, Reason};
use serde_json::{Value, json};
use tracing::{info, warn};

use super::{Route, priorities};
use crate::Error;
use crate::api::Api;
use crate::authorize::own_identity;
use crate::cache::Shelf;

pub(super) const GROUP: &str = "apiregistration.k8s.io";
pub(super) const PLURAL: &str = "apiservices";
/// Says that the object is kept by the server; the value says for how long.
const MANAGED: &str = "kube-aggregator.kubernetes.io/automanaged";
/// Between two looks at a server that answers, as on Kubernetes.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// And at one that does not: it may be starting.
const LOOK_SOON: Duration = Duration::from_secs(1);
/// After a write that failed for another reason than somebody else's write.
const RETRY: Duration = Duration::from_secs(1);

/// Starts to keep them.
pub(crate) fn start(tasks: &Tasks, api: Arc<Api>) {
    let looks = tasks.clone();
    tasks.spawn_until_stop("aggregation", async move { follow(&looks, &api).await });
}

async fn follow(tasks: &Tasks, api: &Arc<Api>) {
    let Some(shelf) = shelf(api) else { return };
    let mut kinds = api.registry().catalog().follow();
    let mut seen = None;
    loop {
        kinds.mark_unchanged();
        let revision = shelf.changed();
        if seen != Some(revision) {
            renew_routes(tasks, api, &shelf);
            seen = Some(revision);
        }
        if let Err(error) = keep_local(api, &shelf).await {
            warn!(%error, "an APIService of this server's own cannot be kept");
            tokio::time::sleep(RETRY).await;
        }
        tokio::select! {
            biased;
            () = shelf.changed_after(revision) => {}
            changed = kinds.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

fn shelf(api: &Api) -> Option<Arc<Shelf>> {
    let served = api.registry().catalog().find(GROUP, "v1", PLURAL)?;
    served.shelf().cloned()
}

/// Makes a route for every `APIService` that names a Service; those whose objects say the same go on as they are.
fn renew_routes(tasks: &Tasks, api: &Arc<Api>, shelf: &Shelf) {
    let aggregation = api.aggregation();
    let old = aggregation.routes.load_full();
    let mut routes: Vec<Arc<Route>> = Vec::new();
    for object in shelf.all().iter().filter(|object| !object.terminating) {
        let object = object.object();
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let known = old.iter().find(|route| route.name == name && route.is_of(&object));
        if let Some(known) = known {
            routes.push(Arc::clone(known));
            continue;
        }
        let route = Route::new(&aggregation.outgoing, &aggregation.certificate, &object);
        if let Some(route) = route.map(Arc::new) {
            info!(api = name, "another API server is asked from now on");
            watch(tasks, api, &route);
            routes.push(route);
        }
    }
    routes.sort_by(|a, b| a.name.cmp(&b.name));
    aggregation.routes.store(Arc::new(routes));
}

/// Looks at a server as long as it is asked.
fn watch(tasks: &Tasks, api: &Arc<Api>, route: &Arc<Route>) {
    let (api, doubt) = (Arc::clone(api), Arc::clone(&route.doubt));
    let route = Arc::downgrade(route);
    tasks.spawn_until_stop("availability", async move {
        while let Some(pause) = look(&api, &route).await {
            let _ = tokio::time::timeout(pause, doubt.notified()).await;
        }
    });
}

/// Looks once and writes down what was seen; gives the time to the next look, none when nobody is asked any more.
async fn look(api: &Api, route: &Weak<Route>) -> Option<Duration> {
    let route = route.upgrade()?;
    let verdict = api.aggregation().look(api.registry().catalog(), &route).await;
    let pause = if verdict.available { LOOK_AGAIN } else { LOOK_SOON };
    let shelf = shelf(api)?;
    let mut object = shelf.get(&route.name)?.object();
    if !route.is_of(&object) {
        // Another route looks by now.
        return None;
    }
    if verdict.write(&mut object, api.registry().clock().now()) {
        let own = own_identity();
        let written = api.registry().replace_part(&own, (GROUP, "v1", PLURAL), "status", object);
        if let Err(error) = written.await
            && !matches!(error.reason, Reason::Conflict | Reason::NotFound)
        {
            warn!(%error, api = route.name, "the status of an APIService cannot be written");
        }
    }
    Some(pause)
}

/// Makes the `APIService`s of what this server has from the start.
pub(crate) async fn make_local(api: &Api) -> Result<(), Error> {
    let Some(shelf) = shelf(api) else { return Ok(()) };
    let missing = local_services(api).into_iter().filter(|object| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        shelf.get(name).is_none()
    });
    // All at once, so that they share a commit of the store.
    let made = missing.map(|object| make(api, object));
    futures::future::try_join_all(made).await.map(drop).map_err(Error::Bootstrap)
}

async fn make(api: &Api, object: Value) -> Result<(), ApiError> {
    let (registry, own) = (api.registry(), own_identity());
    match registry.create_object(&own, GROUP, "v1", PLURAL, None, object).await {
        Err(error) if error.reason == Reason::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

/// Makes what is missing and takes away what is served no more.
async fn keep_local(api: &Api, shelf: &Shelf) -> Result<(), ApiError> {
    let wanted = local_services(api);
    let registry = api.registry();
    let missing = wanted.iter().filter(|object| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        shelf.get(name).is_none()
    });
    for object in missing {
        make(api, object.clone()).await?;
    }
    for object in shelf.all() {
        let made = object.labels.get(MANAGED).is_some_and(|value| value == "true");
        let is_wanted = |wanted: &Value| wanted["metadata"]["name"] == object.name();
        if made && !object.terminating && !wanted.iter().any(is_wanted) {
            let own = own_identity();
            let deleted = registry.delete_object(&own, GROUP, "v1", PLURAL, &object);
            match deleted.await {
                // Somebody else wrote meanwhile, of which there will be news.
                Err(error) if matches!(error.reason, Reason::Conflict | Reason::NotFound) => {}
                other => other?,
            }
        }
    }
    Ok(())
}

/// The `APIService`s of what this server has itself.
fn local_services(api: &Api) -> Vec<Value> {
    let mut versions: Vec<(String, String)> = Vec::new();
    for served in api.registry().catalog().load().iter() {
        let names = served.kind().names();
        let version = (names.group.to_string(), names.version.to_string());
        // The group that lists the others is not in its own list.
        if version.0 != GROUP && !versions.contains(&version) {
            versions.push(version);
        }
    }
    versions.iter().map(|(group, version)| local_service(group, version)).collect()
}

fn local_service(group: &str, version: &str) -> Value {
    let (group_priority, version_priority) = priorities::of(group, version);
    let managed = if priorities::is_built_in(group, version) { "onstart" } else { "true" };
    let mut spec = json!({
        "version": version,
        "groupPriorityMinimum": group_priority,
        "versionPriority": version_priority,
    });
    if !group.is_empty() {
        spec["group"] = group.into();
    }
    json!({
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {
            "name": format!("{version}.{group}"),
            "labels": { MANAGED: managed },
        },
        "spec": spec,
    })
}
