//! PUT of an object and of its status.

use std::sync::Arc;

use kinds::Subresource;
use machinery::{ApiError, FieldErrors, Reason, document};
use serde_json::Value;

use super::call::{Call, Content, Outcome, Place};
use super::change::{Origin, Proposal};
use super::{Registry, WriteOptions, object_meta};
use crate::catalog::Served;
use crate::identity::Identity;

impl Registry {
    /// Replaces an object; kinds that allow it are created when absent.
    pub(crate) async fn update(
        &self,
        call: &Call<'_>,
        content: &Content<'_>,
    ) -> Result<Outcome, ApiError> {
        let decoded = content.decode_for(call.place.served, call.options.validation)?;
        let (mut object, warnings) = (decoded.object, decoded.warnings);
        object_meta::check_place(&call.place, &mut object)?;
        let version = document::resource_version(&object);
        if call.place.served.kind().create_on_update()
            && version.is_empty()
            && call.place.current().is_err()
        {
            let created = self.create_document(call, object.clone(), None).await;
            // Whoever comes second changes what the first has made.
            let lost =
                |error: &ApiError| error.reason == Reason::AlreadyExists && error.foreign.is_none();
            if !created.as_ref().is_err_and(lost) {
                return Ok(created?.with_warnings(warnings));
            }
        }
        check_version(call, &object)?;
        self.put_over(call, Origin::MAIN, &object, &warnings).await
    }

    /// Replaces the status of an object, or what another path below it may change.
    pub(crate) async fn update_below(
        &self,
        call: &Call<'_>,
        subresource: &Subresource,
        content: &Content<'_>,
    ) -> Result<Outcome, ApiError> {
        let decoded = content.decode_for(call.place.served, call.options.validation)?;
        let origin = Origin::below(subresource);
        check_version(call, &decoded.object)?;
        self.put_over(call, origin, &decoded.object, &decoded.warnings).await
    }

    /// Replaces a part, `status` or `approval`, of an object that the server itself decides about. The object's
    /// resource version guards it.
    pub(crate) async fn replace_part(
        &self,
        identity: &Identity,
        (group, version, plural): (&str, &str, &str),
        part: &str,
        object: Value,
    ) -> Result<Outcome, ApiError> {
        let served = self.catalog.find(group, version, plural);
        let served = served.ok_or_else(ApiError::unknown_path)?;
        let name = document::name(&object).to_owned();
        let namespace = document::namespace(&object).to_owned();
        let namespace = Some(namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let place = Place { served: &served, namespace, name: &name };
        let call = Call { place, identity, options: WriteOptions::internal() };
        let origin = served.subresource(part).map(Origin::below);
        self.put_over(&call, origin.ok_or_else(ApiError::unknown_path)?, &object, &[]).await
    }

    /// Creates an object the server itself wants, or makes the existing one like it.
    pub(crate) async fn replace_object(
        &self,
        identity: &Identity,
        group: &str,
        version: &str,
        plural: &str,
        namespace: Option<&str>,
        object: Value,
    ) -> Result<Outcome, ApiError> {
        let served = self.catalog.find(group, version, plural);
        let served = served.ok_or_else(ApiError::unknown_path)?;
        let name = document::name(&object).to_owned();
        let place = Place { served: &served, namespace, name: &name };
        if place.current().is_err() {
            return self.create_object(identity, group, version, plural, namespace, object).await;
        }
        let options = WriteOptions::internal();
        self.put_over(&Call { place, identity, options }, Origin::MAIN, &object, &[]).await
    }

    /// Replaces the status of an object for the server itself.
    pub(crate) async fn replace_status_object(
        &self,
        identity: &Identity,
        served: &Arc<Served>,
        object: &Value,
    ) -> Result<Outcome, ApiError> {
        let namespace = Some(document::namespace(object)).filter(|own| !own.is_empty());
        let place = Place { served, namespace, name: document::name(object) };
        let options = WriteOptions::internal();
        self.put_over(&Call { place, identity, options }, Origin::STATUS, object, &[]).await
    }

    async fn put_over(
        &self,
        call: &Call<'_>,
        origin: Origin<'_>,
        object: &Value,
        warnings: &[String],
    ) -> Result<Outcome, ApiError> {
        let propose = |_: &Value| Ok(Proposal::new(object.clone(), warnings.to_vec()));
        self.change(call, origin, propose).await
    }
}

/// Some kinds want to know which state of an object their writers have seen.
fn check_version(call: &Call<'_>, object: &Value) -> Result<(), ApiError> {
    let kind = call.place.served.kind();
    if kind.unconditional_update() || !document::resource_version(object).is_empty() {
        return Ok(());
    }
    call.place.current()?;
    let errors = FieldErrors::new();
    let detail = "must be specified for an update";
    errors.at("metadata").invalid("resourceVersion", 0, detail);
    // Here, Kubernetes gives the resource for the kind.
    let names = kind.names();
    Err(ApiError::invalid(&names.group, &names.plural, call.place.name, errors))
}
