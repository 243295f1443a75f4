//! `ServiceAccount`: who a pod is when it speaks to the API.

use serde_json::Value;

use crate::column::Column;
use crate::kind::{DeletionAnswer, Kind};
use crate::names::{BuiltIn, Names};
use crate::read::items;
use crate::subresource::Subresource;

/// Who a pod is when it speaks to the API.
#[derive(Debug)]
pub(crate) struct ServiceAccount;

static NAMES: Names = BuiltIn {
    group: "",
    version: "v1",
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    singular: "serviceaccount",
    short: &["sa"],
    categories: &[],
}
.names();

/// Keeps its pods to the secrets that it lists.
const MOUNTABLE: &str = "kubernetes.io/enforce-mountable-secrets";

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("Secrets", "How many secrets its pods may use.", |account, _| {
        items(account, "secrets").count().into()
    }),
    Column::AGE,
];

impl Kind for ServiceAccount {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.core.v1.ServiceAccount"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Token]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn deletion_answer(&self) -> DeletionAnswer {
        DeletionAnswer::Object
    }

    fn warnings(&self, account: &Value) -> Vec<String> {
        let warning = format!(
            "metadata.annotations[{MOUNTABLE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to \
             mounted secrets"
        );
        is_restricted(account).then_some(warning).into_iter().collect()
    }

    fn change_warnings(&self, new: &Value, old: &Value) -> Vec<String> {
        if is_restricted(old) { Vec::new() } else { self.warnings(new) }
    }
}

fn is_restricted(account: &Value) -> bool {
    account["metadata"]["annotations"].get(MOUNTABLE).is_some()
}
