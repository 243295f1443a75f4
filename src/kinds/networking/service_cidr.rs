//! `ServiceCIDR`: a range that addresses of services come from.

use machinery::FieldErrors;
use serde_json::{Value, json};

use crate::address;
use crate::address::is_cidr;
use crate::column::Column;
use crate::fill::set;
use crate::kind::{Kind, Scope};
use crate::names::{BuiltIn, Names};
use crate::read::items;
use crate::subresource::Subresource;

/// A range that addresses of services come from.
#[derive(Debug)]
pub(crate) struct ServiceCIDR;

static NAMES: Names = BuiltIn {
    group: "networking.k8s.io",
    version: "v1",
    kind: "ServiceCIDR",
    plural: "servicecidrs",
    singular: "servicecidr",
    short: &[],
    categories: &[],
}
.names();

static COLUMNS: &[Column] = &[
    Column::NAME,
    Column::text("CIDRs", "The ranges, one for each family.", |range, _| {
        let ranges = items(&range["spec"], "cidrs").filter_map(Value::as_str);
        ranges.collect::<Vec<_>>().join(",").into()
    }),
    Column::AGE,
];

impl Kind for ServiceCIDR {
    fn names(&self) -> &Names {
        &NAMES
    }

    fn scope(&self) -> Scope {
        Scope::Cluster
    }

    fn schema_name(&self) -> &'static str {
        "io.k8s.api.networking.v1.ServiceCIDR"
    }

    fn subresources(&self) -> &[Subresource] {
        &[Subresource::Status]
    }

    fn columns(&self) -> &[Column] {
        COLUMNS
    }

    fn prepare_create(&self, range: &mut Value) {
        set(range, "status", json!({}));
    }

    fn validate(&self, range: &Value, errors: &FieldErrors) {
        let (spec, path) = (&range["spec"], errors.at("spec"));
        let ranges: Vec<&str> = items(spec, "cidrs").filter_map(Value::as_str).collect();
        if ranges.is_empty() {
            path.required("cidrs", "at least one CIDR required");
            return;
        }
        if ranges.len() > 2 {
            path.invalid("cidrs", spec["cidrs"].clone(), "may only hold up to 2 values");
            return;
        }
        for (index, range) in ranges.iter().enumerate() {
            let path = path.at("cidrs").index(index);
            if !is_cidr(range) {
                let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
                path.invalid("", *range, detail);
            } else if let Some(canonical) =
                address::canonical_range(range).filter(|own| own != range)
            {
                let detail = format!("must be in canonical form (\"{canonical}\")");
                path.invalid("", *range, &detail);
            }
        }
        if let [first, second] = ranges.as_slice()
            && first.contains(':') == second.contains(':')
        {
            let detail = "may specify no more than one IP for each IP family, i.e. 192.168.0.0/24 and 2001:db8::/64";
            path.invalid("cidrs", spec["cidrs"].clone(), detail);
        }
    }

    fn validate_update(&self, new: &Value, old: &Value, errors: &FieldErrors) {
        let all = |of: &Value| items(&of["spec"], "cidrs").cloned().collect::<Vec<_>>();
        let (new, old) = (all(new), all(old));
        // A second family may be added once.
        let kept = if old.len() == 1 { new.get(..1) } else { Some(new.as_slice()) };
        if kept != Some(old.as_slice()) {
            errors.at("spec").invalid("cidrs", new, "field is immutable");
        }
    }
}

#[cfg(test)]
mod tests;
