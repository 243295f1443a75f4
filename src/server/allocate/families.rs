//! Which address families a Service has. The cluster has one, and a second can only be named where no address goes
//! with it: by a headless Service whose endpoints somebody else writes.

use std::net::IpAddr;

use machinery::FieldErrors;
use serde_json::{Value, json};

const SINGLE: &str = "SingleStack";
const REQUIRE: &str = "RequireDualStack";

/// Fills in the policy and the families, and says what of them this cluster cannot do. `own` is the cluster's family.
pub(super) fn settle(
    spec: &mut Value,
    old: Option<&Value>,
    own: &'static str,
    errors: &FieldErrors,
) {
    let is_for_others = spec["clusterIP"] == "None"
        && spec["selector"].as_object().is_none_or(serde_json::Map::is_empty);
    if is_unset(&spec["ipFamilyPolicy"]) {
        spec["ipFamilyPolicy"] = if is_for_others { REQUIRE } else { SINGLE }.into();
    }
    let mut families = strings(&spec["ipFamilies"]);
    let given = families.len();
    if families.len() > 2
        || families.iter().any(|family| !matches!(family.as_str(), "IPv4" | "IPv6"))
    {
        // What no family is, validation says.
        return;
    }
    let before = old.map(|old| strings(&old["ipFamilies"])).unwrap_or_default();
    if spec["ipFamilyPolicy"] == SINGLE && families == before {
        // To ask for one alone says that the second is to go.
        families.truncate(1);
    }
    refuse(spec, &families, &before, errors);
    if families.is_empty() {
        families.push(own.to_owned());
    }
    if is_for_others {
        if families.len() < 2 && spec["ipFamilyPolicy"] != SINGLE {
            let other = if families[0] == "IPv4" { "IPv6" } else { "IPv4" };
            families.push(other.to_owned());
        }
    } else if errors.is_empty() {
        refuse_policy_and_families(spec, &families, own, errors);
        refuse_addresses(&spec["clusterIPs"], given, own, errors);
    }
    spec["ipFamilies"] = json!(families);
}

/// What contradicts itself, whatever the cluster has.
fn refuse(spec: &Value, families: &[String], before: &[String], errors: &FieldErrors) {
    let path = errors.at("spec");
    let policy = &spec["ipFamilyPolicy"];
    let refuse = |detail: &str| path.invalid("ipFamilyPolicy", policy.clone(), detail);
    if *policy == SINGLE {
        if strings(&spec["clusterIPs"]).len() > 1 {
            refuse(
                "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified",
            );
        }
        if families.len() > 1 {
            refuse(
                "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
            );
        }
    } else if families.len() == 1 && before.len() == 2 && families[0] == before[0] {
        refuse("must be 'SingleStack' to release the secondary IP family");
    }
}

fn refuse_policy_and_families(spec: &Value, families: &[String], own: &str, errors: &FieldErrors) {
    let path = errors.at("spec");
    if spec["ipFamilyPolicy"] == REQUIRE {
        let detail = "this cluster is not configured for dual-stack services";
        path.invalid("ipFamilyPolicy", REQUIRE, detail);
    }
    for (index, family) in families.iter().enumerate().filter(|(_, family)| *family != own) {
        let path = path.at("ipFamilies").index(index);
        path.invalid("", family.as_str(), "not configured on this cluster");
    }
}

/// Looks at the addresses that no family was `given` for.
fn refuse_addresses(addresses: &Value, given: usize, own: &str, errors: &FieldErrors) {
    let path = errors.at("spec").at("clusterIPs");
    for (index, address) in strings(addresses).iter().enumerate().skip(given) {
        // What no address is, validation says.
        let Ok(address) = address.parse::<IpAddr>() else { continue };
        let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
        if family != own {
            let detail = format!("{family} is not configured on this cluster");
            path.index(index).invalid("", addresses.clone(), &detail);
        } else if index > 0 {
            let detail = "may specify no more than one IP for each IP family";
            path.invalid("", addresses.clone(), detail);
        }
    }
}

fn strings(list: &Value) -> Vec<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn is_unset(value: &Value) -> bool {
    value.as_str().is_none_or(str::is_empty)
}
