//! Evicting a pod: a delete that asks the pod's disruption budget first.
//!
//! Whoever has a say in it, a webhook or policy, has one in the creation of the eviction; once the budget has given,
//! nobody is asked any more.

mod budget;

use machinery::{ApiError, Cause, FieldValidation, Media, Reason, document};
use serde_json::{Value, json};

use super::Registry;
use super::call::{Call, Content, Object, Outcome, Place};
use super::change::{Origin, Part, Proposal};
use super::object_meta::timestamp;
use super::options::{DeleteOptions, WriteOptions};
use crate::admission::Admission;
use crate::authorize::own_identity;
use crate::cache::{ListQuery, Scope};
use crate::query::Query;

/// How often an eviction is decided anew because the pod changed meanwhile.
const ATTEMPTS: usize = 16;
/// What a client should wait whose eviction met too many others.
const RETRY_SECONDS: u32 = 10;

/// What evictions said they were before 1.22; drainers of that time still do.
const BETA: &str = "policy/v1beta1";

/// What lets a pod be evicted.
enum Leave {
    /// No budget is about it, or the budget has given one disruption.
    Given,
    /// Its present state, in which no budget counts it.
    AsItIs,
}

impl Registry {
    /// Deletes the pod as the eviction's own options say, if its budget allows it.
    pub(crate) async fn evict(
        &self,
        call: &Call<'_>,
        content: &Content<'_>,
    ) -> Result<Outcome, ApiError> {
        let eviction = decode(content)?;
        check_place(call, &eviction)?;
        let pod = call.place.served.document(&*call.place.current()?);
        Admission::check_eviction(call.identity, &pod)?;
        let eviction = self.admit_document(call, "eviction", eviction).await?;
        let absent = Value::Null;
        let options = eviction.get("deleteOptions").unwrap_or(&absent);
        let mut options = DeleteOptions::from_document(options, &Query::default())?;
        options.dry_run |= call.options.dry_run;
        for _ in 0..ATTEMPTS {
            let pod = call.place.served.document(&*call.place.current()?);
            options.check(call.place.served.resource(), &pod)?;
            let mut once = options.clone();
            if let Leave::AsItIs = self.leave(call, &pod, options.dry_run).await? {
                once.resource_version = Some(document::resource_version(&pod).to_owned());
            }
            match self.delete_marked(call, once).await {
                // The pod has changed; what held for it may not hold any more.
                Err(error) if error.reason == Reason::Conflict => {}
                other => return other,
            }
        }
        Err(call.place.modified())
    }

    /// Asks for leave to evict a pod; takes it from the budget if it has one to give.
    async fn leave(&self, call: &Call<'_>, pod: &Value, dry_run: bool) -> Result<Leave, ApiError> {
        if budget::is_no_loss(pod) {
            let settled = document::str_at(pod, "/status/phase") != "Pending";
            return Ok(if settled { Leave::Given } else { Leave::AsItIs });
        }
        let budget = match self.budgets(call.place.namespace, pod).as_slice() {
            [] => return Ok(Leave::Given),
            [budget] => budget.clone(),
            _ => {
                let message = "This pod has more than one PodDisruptionBudget, which the eviction \
                    subresource does not support.";
                return Err(ApiError::new(Reason::InternalError, message));
            }
        };
        if !budget::is_ready(pod) && budget::lets_unhealthy_go(&budget) {
            return Ok(Leave::AsItIs);
        }
        self.take(&budget, call.place.name, dry_run).await.map(|()| Leave::Given)
    }

    /// The budgets that are about a pod.
    fn budgets(&self, namespace: Option<&str>, pod: &Value) -> Vec<Value> {
        let shelf = self.catalog.shelf("policy", "v1", "poddisruptionbudgets");
        let scope = Scope { namespace: namespace.map(str::to_owned) };
        let listed =
            shelf.and_then(|shelf| shelf.list(&ListQuery { scope, ..ListQuery::default() }));
        let budgets = listed.into_iter().flat_map(|listed| listed.items);
        budgets
            .map(|budget| budget.object())
            .filter(|budget| budget::is_about(budget, pod))
            .collect()
    }

    /// Takes one disruption from a budget: the write succeeds only on what was read, so none is given twice.
    async fn take(&self, budget: &Value, pod: &str, dry_run: bool) -> Result<(), ApiError> {
        let served = self.catalog.find("policy", "v1", "poddisruptionbudgets");
        let served = served.ok_or_else(ApiError::unknown_path)?;
        let name = document::name(budget);
        let place = Place { served: &served, namespace: Some(document::namespace(budget)), name };
        let mut options = WriteOptions::internal();
        options.dry_run = dry_run;
        let call = Call { place, identity: &own_identity(), options };
        let origin = Origin { part: Part::Internal, subresource: Some("status") };
        let now = timestamp(self.clock.now());
        let propose =
            |old: &Value| Ok(Proposal::new(budget::with_one_taken(old, pod, &now)?, Vec::new()));
        match self.change(&call, origin, propose).await {
            Err(error) if error.reason == Reason::Conflict => {
                let message =
                    format!("couldn't update PodDisruptionBudget {name:?} due to conflicts");
                Err(ApiError::timeout(&message, RETRY_SECONDS))
            }
            // Without its budget nothing holds the pod.
            Err(error) if error.reason == Reason::NotFound => Ok(()),
            other => other.map(drop),
        }
    }

    /// Writes down why the pod goes, and lets it go.
    async fn delete_marked(
        &self,
        call: &Call<'_>,
        mut options: DeleteOptions,
    ) -> Result<Outcome, ApiError> {
        if !options.dry_run {
            let own = Call { identity: &own_identity(), ..call.clone() };
            let origin = Origin { part: Part::Internal, subresource: Some("eviction") };
            let resource = call.place.served.resource();
            let now = timestamp(self.clock.now());
            let marked = self.change(&own, origin, |old| {
                options.check(resource, old)?;
                Ok(Proposal::new(budget::marked(old, &now), Vec::new()))
            });
            let marked = marked.await?;
            if let (Some(version), Object::Cached(pod)) =
                (&mut options.resource_version, &marked.object)
            {
                *version = pod.revision.to_string();
            }
        }
        self.delete_unasked(&call.place, &options).await?;
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201
        });
        Ok(Outcome::created(Object::Foreign(status)))
    }
}

/// Reads an eviction, of the version of old too, which differs in nothing but its name.
fn decode(content: &Content<'_>) -> Result<Value, ApiError> {
    let read = |content: &Content<'_>| content.decode_as("policy", "v1", "Eviction");
    if content.media == Media::Protobuf {
        return Ok(read(content)?.object);
    }
    let mut parsed =
        machinery::parse(content.bytes, content.media, FieldValidation::Ignore)?.object;
    if document::api_version(&parsed) != BETA {
        return Ok(read(content)?.object);
    }
    document::as_map_mut(&mut parsed).insert("apiVersion".to_owned(), "policy/v1".into());
    let bytes = parsed.to_string().into();
    Ok(read(&Content { bytes: &bytes, media: Media::Json })?.object)
}

fn check_place(call: &Call<'_>, eviction: &Value) -> Result<(), ApiError> {
    let name = document::name(eviction);
    if !name.is_empty() && name != call.place.name {
        return Err(ApiError::bad_request(format!(
            "name in URL does not match name in Eviction object: {name} is not {}",
            call.place.name
        )));
    }
    let namespace = document::namespace(eviction);
    if !namespace.is_empty() && Some(namespace) != call.place.namespace {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

/// The budget has nothing to give.
fn refused(cause: String, retry_after_seconds: u32) -> ApiError {
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    ApiError::too_many_requests(message, retry_after_seconds).with_details(|details| {
        details.causes.push(Cause {
            reason: "DisruptionBudget".to_owned(),
            message: cause,
            field: String::new(),
        });
    })
}
