use serde_json::json;

use crate::core::Pod;
use crate::core::pod::tests::valid;
use crate::fixture::check;

#[test]
fn tolerations_say_what_they_tolerate() {
    check(
        &Pod,
        &valid(),
        &[
            ("/spec/tolerations/0/key", json!(null), ""),
            (
                "/spec/tolerations/0/effect",
                json!("NoSchedule"),
                "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when \
                 `tolerationSeconds` is set",
            ),
            (
                "/spec/tolerations/0/value",
                json!("v"),
                "spec.tolerations[0].operator: Invalid value: \"v\": value must be empty when `operator` is 'Exists'",
            ),
            (
                "/spec/tolerations/0/operator",
                json!("Near"),
                "spec.tolerations[0].operator: Unsupported value: \"Near\": supported values: \"Equal\", \"Exists\"",
            ),
        ],
    );
}

#[test]
fn affinity_names_nodes_by_terms() {
    const PATH: &str = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    let required = |terms| json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}});
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/affinity",
                required(json!([])),
                &format!("{PATH}: Required value: must have at least one node selector term"),
            ),
            (
                "/spec/affinity",
                required(json!([{"matchExpressions": [{"key": "a", "operator": "Near"}]}])),
                &format!(
                    "{PATH}[0].matchExpressions[0].operator: Invalid value: \"Near\": not a valid selector operator"
                ),
            ),
            (
                "/spec/affinity",
                required(json!([{"matchExpressions": [{"key": "a", "operator": "Exists"}]}])),
                "",
            ),
        ],
    );
}

#[test]
fn spreading_needs_a_skew_and_a_topology() {
    check(
        &Pod,
        &valid(),
        &[(
            "/spec/topologySpreadConstraints",
            json!([{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "DoNotSchedule"}]),
            "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero\n\
             spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
        )],
    );
}

#[test]
fn a_topology_is_spread_over_once_in_each_way() {
    let constraint = |how: &str, domains: serde_json::Value| json!({"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": how, "minDomains": domains});
    let (never, anyway) = ("DoNotSchedule", "ScheduleAnyway");
    let mut odd = constraint(anyway, json!(null));
    odd["nodeTaintsPolicy"] = json!("Maybe");
    check(
        &Pod,
        &valid(),
        &[
            (
                "/spec/topologySpreadConstraints",
                json!([constraint(never, json!(2)), constraint(anyway, json!(null))]),
                "",
            ),
            (
                "/spec/topologySpreadConstraints",
                json!([constraint(never, json!(null)), constraint(never, json!(0))]),
                "spec.topologySpreadConstraints[1].minDomains: Invalid value: 0: must be greater than 0\n\
                 spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: \"{zone, DoNotSchedule}\"",
            ),
            (
                "/spec/topologySpreadConstraints",
                json!([constraint(anyway, json!(2))]),
                "spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if \
                 whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
            ),
            (
                "/spec/topologySpreadConstraints",
                json!([odd]),
                "spec.topologySpreadConstraints[0].nodeTaintsPolicy: Unsupported value: \"Maybe\": supported values: \
                 \"Honor\", \"Ignore\"",
            ),
        ],
    );
}
