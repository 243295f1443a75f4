//! Evicting a pod: a delete that says why.

use machinery::{ApiError, document};
use serde_json::{Value, json};

use super::Registry;
use super::call::{Call, Content, Object, Outcome};
use super::options::DeleteOptions;
use crate::query::Query;

impl Registry {
    /// Deletes the pod as the eviction's own options say.
    pub(crate) async fn evict(
        &self,
        call: &Call<'_>,
        content: &Content<'_>,
    ) -> Result<Outcome, ApiError> {
        let eviction = content.decode_as("policy", "v1", "Eviction")?.object;
        let name = document::name(&eviction);
        if !name.is_empty() && name != call.place.name {
            return Err(ApiError::bad_request(format!(
                "name in URL does not match name in Eviction object: {name} is not {}",
                call.place.name
            )));
        }
        let absent = Value::Null;
        let options = eviction.get("deleteOptions").unwrap_or(&absent);
        let options = DeleteOptions::from_document(options, &Query::default())?;
        self.delete(call, &options).await?;
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201
        });
        Ok(Outcome::created(Object::Foreign(status)))
    }
}
