//! Brings the default schemas and levels into the cluster and keeps them as they should be.
//!
//! The mandatory ones always are what they are here. A suggested one is, too, until an administrator changes it
//! or its annotation says otherwise. A task of the server repairs them and says in the status of a schema
//! whether its level exists.

use std::sync::Arc;
use std::time::Duration;

use base::Tasks;
use futures::future::try_join_all;
use kinds::set_condition;
use machinery::{ApiError, Reason, document};
use serde_json::{Value, json};
use tracing::warn;

use super::defaults;
use super::plan::GROUP;
use crate::api::Api;
use crate::authorize::own_identity;

const AUTOUPDATE: &str = "apf.kubernetes.io/autoupdate-spec";
const LEVELS: &str = "prioritylevelconfigurations";
const SCHEMAS: &str = "flowschemas";
/// Between rounds when changes come one after another, and after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Writes what is missing or not as it should be.
pub(crate) async fn reconcile(api: &Api) -> Result<(), ApiError> {
    let mandatory = |plural, wanted: Vec<Value>| {
        wanted.into_iter().map(move |wanted| (plural, wanted, true)).collect::<Vec<_>>()
    };
    let suggested = |plural, wanted: Vec<Value>| {
        wanted.into_iter().map(move |wanted| (plural, wanted, false)).collect::<Vec<_>>()
    };
    let all = [
        mandatory(LEVELS, defaults::mandatory_levels()),
        suggested(LEVELS, defaults::suggested_levels()),
        mandatory(SCHEMAS, defaults::mandatory_schemas()),
        suggested(SCHEMAS, defaults::suggested_schemas()),
    ];
    let writes = all.into_iter().flatten();
    try_join_all(writes.map(|(plural, wanted, must)| ensure(api, plural, wanted, must)))
        .await
        .map(drop)
}

/// Starts to keep them so.
pub(crate) fn start(tasks: &Tasks, api: Arc<Api>) {
    tasks.spawn_until_stop("flow control", async move { follow(&api).await });
}

async fn follow(api: &Api) {
    let catalog = api.registry().catalog();
    let shelf = |plural| catalog.shelf(GROUP, "v1", plural);
    let (Some(schemas), Some(levels)) = (shelf(SCHEMAS), shelf(LEVELS)) else { return };
    loop {
        let seen = (schemas.changed(), levels.changed());
        let kept = tend(api).await.and(reconcile(api).await);
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = kept {
            warn!(%error, "flow control cannot be kept in order");
            continue;
        }
        tokio::select! {
            biased;
            () = schemas.changed_after(seen.0) => {}
            () = levels.changed_after(seen.1) => {}
        }
    }
}

/// Says on each schema whether its level exists.
async fn tend(api: &Api) -> Result<(), ApiError> {
    let catalog = api.registry().catalog();
    let Some(served) = catalog.find(GROUP, "v1", SCHEMAS) else { return Ok(()) };
    let (Some(schemas), Some(levels)) = (served.shelf(), catalog.shelf(GROUP, "v1", LEVELS)) else {
        return Ok(());
    };
    let now = api.registry().clock().now();
    for schema in schemas.all() {
        let mut schema = served.document(&schema);
        let level = schema["spec"]["priorityLevelConfiguration"]["name"].as_str();
        let level = level.unwrap_or_default().to_owned();
        let exists = levels.get(&level).is_some();
        let before = schema["status"].clone();
        note_level(&mut schema["status"], &level, exists, now);
        if schema["status"] == before {
            continue;
        }
        let own = own_identity();
        ignore_races(api.registry().replace_status_object(&own, &served, &schema).await)?;
    }
    Ok(())
}

/// Writes into a status whether the level exists.
fn note_level(status: &mut Value, level: &str, exists: bool, now: jiff::Timestamp) {
    let named = format!("the PriorityLevelConfiguration named {level:?}");
    let (held, reason, message) = if exists {
        ("False", "Found", format!("{named} exists"))
    } else {
        let message = format!("{named} does not exist, so this schema is passed over");
        ("True", "NotFound", message)
    };
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    set_condition(status, "Dangling", held, reason, &message, &now);
}

async fn ensure(
    api: &Api,
    plural: &'static str,
    mut wanted: Value,
    mandatory: bool,
) -> Result<(), ApiError> {
    let (registry, own) = (api.registry(), own_identity());
    let served = registry.catalog().find(GROUP, "v1", plural);
    let served = served.ok_or_else(ApiError::unknown_path)?;
    let name = document::name(&wanted).to_owned();
    let found = served.shelf().and_then(|shelf| shelf.get(&served.key(None, &name)));
    let Some(found) = found else {
        wanted["metadata"]["annotations"] = json!({ AUTOUPDATE: "true" });
        let created = registry.create_object(&own, GROUP, "v1", plural, None, wanted).await;
        return ignore_races(created);
    };
    let Some(changed) = reconciled(served.document(&found), &wanted, mandatory) else {
        return Ok(());
    };
    ignore_races(registry.replace_object(&own, GROUP, "v1", plural, None, changed).await)
}

/// What an object has to become; `None` when it may stay.
fn reconciled(found: Value, wanted: &Value, mandatory: bool) -> Option<Value> {
    let automatic = match document::annotation(&found, AUTOUPDATE) {
        Some(value) => value == "true",
        // Nobody has said; only what nobody has changed is brought up to date.
        None => found["metadata"]["generation"] == 1,
    };
    if !mandatory && !automatic {
        return None;
    }
    let mut changed = found.clone();
    changed["spec"] = wanted["spec"].clone();
    if mandatory {
        let annotations = document::entry_mut(document::metadata_mut(&mut changed), "annotations");
        annotations.insert(AUTOUPDATE.to_owned(), "true".into());
    }
    (!covers(&found["spec"], &changed["spec"]) || found["metadata"] != changed["metadata"])
        .then_some(changed)
}

/// Whether an object says all that is wanted; what else it says are defaults.
fn covers(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| found.get(key).is_some_and(|found| covers(found, wanted))),
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(found, wanted)| covers(found, wanted))
        }
        _ => found == wanted,
    }
}

fn ignore_races<T>(written: Result<T, ApiError>) -> Result<(), ApiError> {
    match written {
        // Another server of this cluster was faster, or somebody else wrote meanwhile.
        Err(error)
            if matches!(
                error.reason,
                Reason::AlreadyExists | Reason::Conflict | Reason::NotFound
            ) =>
        {
            Ok(())
        }
        other => other.map(drop),
    }
}

#[cfg(test)]
mod tests;
