//! Turns objects of one version of a custom kind into another: by asking a webhook (`conversion.strategy: Webhook`), or
//! by its name and what the schema of the other version has no place for.
//!
//! Objects are stored in one version. Whoever wants another asks the [`Converter`] first ([`Converter::prepare`]),
//! which puts the other form beside the cached object, so that it is converted once per revision and version, for all
//! readers and watches; what renders objects stays synchronous.

mod review;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use base::Random;
use bytes::Bytes;
use kinds::Kind;
use machinery::{ApiError, document};
use serde_json::Value;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use crate::cache::{Cached, Head};
use crate::outgoing::{Outgoing, Remote, client_config};

/// How long a webhook may take, together with the wait for those who asked it before; as in Kubernetes.
const DEADLINE: Duration = Duration::from_secs(30);
/// Objects in one question. A webhook takes some milliseconds for each.
pub(crate) const BATCH_OBJECTS_MAX: usize = 500;
/// Bytes of the objects in one question, far below what an answer may be.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// Questions to one webhook at a time; more would only queue there.
const QUESTIONS_MAX: usize = 16;

/// Knows all versions of one kind.
#[derive(Debug)]
pub(crate) struct Converter {
    /// The version objects are stored in.
    stored: Box<str>,
    /// Who says what they are in others; without a webhook they only have another name there.
    webhook: Option<Webhook>,
    /// Watches wait for each other, so that an event is converted once for all of them.
    watches: Mutex<()>,
}

#[derive(Debug)]
struct Webhook {
    review: Option<&'static str>,
    remote: Result<Remote, String>,
    random: Random,
    permits: Semaphore,
}

/// A version of a kind, as somebody wants objects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) kind: &'a dyn Kind,
    pub(crate) api_version: &'a str,
    pub(crate) head: &'a Head,
}

impl Wanted<'_> {
    /// What is kept of an object that has been converted.
    fn form(&self, object: &Cached, converted: &Value) -> Result<Cached, ApiError> {
        let (bytes, fields) = (self.head.encode(converted)?, self.kind.selectable());
        let form = Cached::read(self.head, fields, &object.key, &bytes, object.revision);
        form.map_err(ApiError::internal)
    }
}

impl Converter {
    /// Reads the `spec` of a definition; `None` when its versions differ in their names alone.
    pub(crate) fn read(
        spec: &Value,
        stored: String,
        outgoing: &Arc<Outgoing>,
        random: &Random,
    ) -> Option<Self> {
        let conversion = &spec["conversion"];
        let asks = conversion["strategy"] == "Webhook";
        if !asks && has_one_schema(spec) {
            return None;
        }
        let webhook = asks.then(|| Webhook::read(&conversion["webhook"], outgoing, random));
        Some(Self { stored: stored.into(), webhook, watches: Mutex::default() })
    }

    /// The version objects are stored in.
    pub(crate) fn stored(&self) -> &str {
        &self.stored
    }

    /// Sees to it that objects have the form that is wanted.
    pub(crate) async fn prepare(
        &self,
        wanted: Wanted<'_>,
        objects: &[Arc<Cached>],
    ) -> Result<(), ApiError> {
        let missing = self.missing(wanted, objects);
        let mut rest = missing.as_slice();
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(batch_length(rest));
            rest = after;
            let documents = batch.iter().map(|object| self.as_stored(object)).collect();
            let converted = self.convert(documents, wanted.kind, wanted.api_version).await?;
            for (object, converted) in batch.iter().zip(converted) {
                object.forms.put(wanted.api_version, wanted.form(object, &converted)?);
            }
            // Where nobody is asked, nothing else lets others have their turn.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Those that have to be converted, each once: a watch looks at what an object is after one change and before the
    /// next.
    fn missing<'a>(&self, wanted: Wanted<'_>, objects: &'a [Arc<Cached>]) -> Vec<&'a Arc<Cached>> {
        let mut seen = HashSet::new();
        let missing = objects.iter().filter(|object| {
            self.form(wanted.api_version, object).is_none() && seen.insert(Arc::as_ptr(object))
        });
        missing.collect()
    }

    /// The same for a watch.
    pub(crate) async fn prepare_for_watch(
        &self,
        wanted: Wanted<'_>,
        objects: &[Arc<Cached>],
    ) -> Result<(), ApiError> {
        if objects.iter().all(|object| self.form(wanted.api_version, object).is_some()) {
            return Ok(());
        }
        // A webhook that is too slow for the one before is so for the next.
        let turn = tokio::time::timeout(DEADLINE, self.watches.lock()).await;
        let _turn = turn.map_err(|_| {
            ApiError::timeout("the conversion webhook is busy with other watches", 1)
        })?;
        self.prepare(wanted, objects).await
    }

    /// An object in a version, if it has been converted or need not be.
    pub(crate) fn form<'a>(&self, api_version: &str, object: &'a Cached) -> Option<&'a Cached> {
        if api_version == self.stored.as_ref() && object.stored_as.is_none() {
            return Some(object);
        }
        object.forms.get(api_version)
    }

    /// What the store holds, under the version it was written in.
    fn as_stored(&self, object: &Cached) -> Value {
        let mut document = object.object();
        document["apiVersion"] = object.stored_as.as_deref().unwrap_or(&self.stored).into();
        document
    }

    /// Documents in another version, fitted to its schema and with its defaults.
    pub(crate) async fn convert(
        &self,
        documents: Vec<Value>,
        kind: &dyn Kind,
        api_version: &str,
    ) -> Result<Vec<Value>, ApiError> {
        let mut converted = documents;
        match &self.webhook {
            Some(webhook) => webhook.turn(&mut converted, api_version).await?,
            None => {
                for document in &mut converted {
                    document["apiVersion"] = api_version.into();
                }
            }
        }
        for document in &mut converted {
            if let Some(structural) = kind.structural() {
                structural.prune(document, kinds::schemas());
            }
            kind.set_defaults(document);
        }
        Ok(converted)
    }
}
impl Webhook {
    /// Reads `spec.conversion.webhook` of a definition.
    fn read(webhook: &Value, outgoing: &Arc<Outgoing>, random: &Random) -> Self {
        let remote = client_config(&webhook["clientConfig"])
            .and_then(|settings| Remote::new(outgoing, settings));
        Self {
            review: review::version(&webhook["conversionReviewVersions"]),
            remote,
            random: random.clone(),
            permits: Semaphore::new(QUESTIONS_MAX),
        }
    }

    /// Turns those that are in another version.
    async fn turn(&self, documents: &mut [Value], api_version: &str) -> Result<(), ApiError> {
        let (places, asked): (Vec<usize>, Vec<Value>) = documents
            .iter()
            .enumerate()
            .filter(|(_, document)| document::api_version(document) != api_version)
            .map(|(place, document)| (place, document.clone()))
            .unzip();
        if asked.is_empty() {
            return Ok(());
        }
        let answered = self.ask(&asked, api_version).await?;
        for (place, document) in places.into_iter().zip(answered) {
            documents[place] = document;
        }
        Ok(())
    }

    async fn ask(&self, documents: &[Value], api_version: &str) -> Result<Vec<Value>, ApiError> {
        let subject = review::subject(&documents[0]);
        let failed =
            |why: &str| ApiError::without_reason(format!("conversion webhook for {subject} {why}"));
        let broken = |why: &str| failed(&format!("failed: {why}"));
        let version = self.review.ok_or_else(|| {
            broken("it accepts none of the versions of ConversionReview known here")
        })?;
        let remote = self.remote.as_ref().map_err(|why| broken(why))?;
        let asked = Instant::now();
        let permit = tokio::time::timeout(DEADLINE, self.permits.acquire()).await;
        let _permit = permit
            .map_err(|_| broken("too many others wait for its answers"))?
            .map_err(ApiError::internal)?;
        let left = DEADLINE.saturating_sub(asked.elapsed());
        let uid = self.random.uuid();
        let question = review::question(version, &uid, documents, api_version);
        let answer = remote.post("?timeout=30s", Bytes::from(question.to_string()), left).await;
        let answer = answer.map_err(|failure| broken(&failure.to_string()))?;
        let objects = review::objects(version, &uid, &answer).map_err(|why| broken(&why))?;
        review::accept(documents, objects, api_version).map_err(|why| failed(&why))
    }
}

/// Whether all versions that anybody sees have the same schema.
fn has_one_schema(spec: &Value) -> bool {
    let versions = spec["versions"].as_array().into_iter().flatten();
    let mut versions =
        versions.filter(|version| version["served"] == true || version["storage"] == true);
    let Some(first) = versions.next() else { return true };
    versions.all(|version| version["schema"] == first["schema"])
}

/// How many of these objects go into one question.
fn batch_length(objects: &[&Arc<Cached>]) -> usize {
    let mut bytes = 0;
    let fits = |object: &&&Arc<Cached>| {
        bytes += object.bytes.len();
        bytes <= BATCH_BYTES_MAX
    };
    objects.iter().take(BATCH_OBJECTS_MAX).take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests;
