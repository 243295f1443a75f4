//! Writing down what is wrong with a policy.

use machinery::{ApiError, Reason, document};
use serde_json::Value;

use super::call::{Call, Place};
use super::change::{Origin, Proposal};
use super::{Registry, WriteOptions};
use crate::identity::Identity;

impl Registry {
    /// Writes the status of a `ValidatingAdmissionPolicy`, unless it has changed since it was looked at.
    pub(crate) async fn write_policy_status(
        &self,
        identity: &Identity,
        name: &str,
        version: &str,
        status: Value,
    ) -> Result<(), ApiError> {
        let (group, plural) = ("admissionregistration.k8s.io", "validatingadmissionpolicies");
        let served = self.catalog.find(group, "v1", plural).ok_or_else(ApiError::unknown_path)?;
        let place = Place { served: &served, namespace: None, name };
        let call = Call { place, identity, options: WriteOptions::internal() };
        let propose = |old: &Value| {
            let mut policy = old.clone();
            if document::resource_version(old) == version {
                document::as_map_mut(&mut policy).insert("status".to_owned(), status.clone());
            }
            Ok(Proposal::new(policy, Vec::new()))
        };
        match self.change(&call, Origin::STATUS, propose).await {
            Err(error) if error.reason != Reason::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
