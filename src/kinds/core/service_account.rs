//! `ServiceAccount`: who a pod is when it speaks to the API.

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
}
