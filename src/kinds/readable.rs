//! Whatever passes the schema can be read by typed clients, this process's own among them: an object that cannot would
//! stop whoever lists its kind.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{
    ConfigMap, Endpoints, Event, Namespace, Node, Pod, ReplicationController, Secret, Service,
    ServiceAccount,
};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::{IPAddress, ServiceCIDR};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1::APIService;
use machinery::{Definition, FieldType, FieldValidation, Schema};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Where an object is made from; when it has run out, everything is plain.
struct Choices<'a>(std::slice::Iter<'a, u32>);

impl Choices<'_> {
    fn below(&mut self, end: usize) -> usize {
        self.0.next().map_or(0, |choice| *choice as usize % end)
    }

    fn of(&mut self, values: &[Value]) -> Value {
        values[self.below(values.len())].clone()
    }

    /// An object with some of its fields, most of them right.
    fn object(&mut self, definition: &Definition, levels: usize) -> Value {
        let mut map = Map::new();
        for field in &definition.fields {
            if self.below(3) > 0 {
                map.insert(field.name.clone(), self.value(&field.kind, levels));
            }
        }
        Value::Object(map)
    }

    fn value(&mut self, kind: &FieldType, levels: usize) -> Value {
        if self.below(40) == 39 {
            return self.of(&[
                json!(null),
                json!(""),
                json!([]),
                json!({}),
                json!(0),
                json!([null]),
            ]);
        }
        match kind {
            FieldType::String => self.of(&[json!("a"), json!(""), json!("\u{0}"), json!("ü 1")]),
            FieldType::Bool => self.of(&[json!(true), json!(false)]),
            FieldType::Int32 | FieldType::Int64 => self.of(&[
                json!(1),
                json!(0),
                json!(-1),
                json!(i32::MIN),
                json!(i32::MAX),
                json!(i64::from(i32::MAX) + 1),
                json!(i64::MAX),
                json!(u64::MAX),
                json!(1.0),
                json!(1.5),
                json!(1e300),
            ]),
            FieldType::Double => self.of(&[json!(1), json!(0.5), json!(-1e300), json!(u64::MAX)]),
            FieldType::Bytes => self.of(&[
                json!("YQ=="),
                json!(""),
                json!("YQ"),
                json!("Y Q=="),
                json!("YW\nJj"),
                json!("-_8="),
                json!("YR=="),
            ]),
            FieldType::Time | FieldType::MicroTime => self.of(&[
                json!("2026-01-01T00:00:00Z"),
                json!("2026-01-01T00:00:00.123456789+14:00"),
                json!("0000-01-01T00:00:00Z"),
                json!("-000001-01-01T00:00:00Z"),
                json!("9999-12-31T23:59:59-12:00"),
                json!("9999-12-30T21:00:00Z"),
                json!("2026-01-01t00:00:00z"),
                json!("2026-06-30T23:59:60Z"),
                json!("1969-12-31T23:59:59.999999999Z"),
            ]),
            FieldType::Duration => self.of(&[json!("1s"), json!("x"), json!("1h0.5s"), json!("0")]),
            FieldType::Quantity => self.of(&[
                json!("1"),
                json!(1),
                json!(0.1),
                json!("1e3"),
                json!("-1Ki"),
                json!(" 1 "),
                json!("1E1000"),
            ]),
            FieldType::IntOrString => self.of(&[
                json!(1),
                json!("1"),
                json!("50%"),
                json!(-1),
                json!(i64::MAX),
                json!(1.5),
            ]),
            FieldType::FieldsV1 | FieldType::Any => self.of(&[
                json!({"f:a": {}}),
                json!({}),
                json!([]),
                json!("x"),
                json!(1),
                json!({"a": [{"b": null}]}),
            ]),
            FieldType::Object(_) if levels == 0 => json!({}),
            FieldType::Object(id) => {
                let definition = crate::schemas().get(*id);
                self.object(definition, levels - 1)
            }
            FieldType::List(item) => {
                let length = self.below(3);
                (0..length).map(|_| self.value(item, levels)).collect()
            }
            FieldType::Map(value) => {
                let keys = ["a", "", "x.y/z"];
                let length = self.below(3);
                let entries = keys[..length].iter();
                entries.map(|key| ((*key).to_owned(), self.value(value, levels))).collect()
            }
        }
    }
}

/// Makes an object of a definition; what passes must be readable as `K`.
fn check<K: DeserializeOwned>(definition: &str, choices: &[u32]) -> Result<(), TestCaseError> {
    let schemas = crate::schemas();
    let definition = schemas.definition(definition).expect("the kind is known");
    let mut object = Choices(choices.iter()).object(definition, 5);
    let gvk = &definition.gvk[0];
    object["kind"] = gvk.kind.clone().into();
    object["apiVersion"] = gvk.api_version().into();
    let schema = Schema::Definition(definition);
    let Ok(fitted) = machinery::conform(object, schemas, schema, FieldValidation::Ignore) else {
        return Ok(());
    };
    let read = serde_json::from_str::<K>(&fitted.object.to_string());
    prop_assert!(read.is_ok(), "{}: {}", read.err().unwrap(), fitted.object);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_passes_the_schema_can_be_read_by_typed_clients(
        choices in proptest::collection::vec(any::<u32>(), 0..3000),
    ) {
        check::<ConfigMap>("io.k8s.api.core.v1.ConfigMap", &choices)?;
        check::<Endpoints>("io.k8s.api.core.v1.Endpoints", &choices)?;
        check::<Event>("io.k8s.api.core.v1.Event", &choices)?;
        check::<Namespace>("io.k8s.api.core.v1.Namespace", &choices)?;
        check::<Node>("io.k8s.api.core.v1.Node", &choices)?;
        check::<Pod>("io.k8s.api.core.v1.Pod", &choices)?;
        check::<ReplicationController>("io.k8s.api.core.v1.ReplicationController", &choices)?;
        check::<Secret>("io.k8s.api.core.v1.Secret", &choices)?;
        check::<Service>("io.k8s.api.core.v1.Service", &choices)?;
        check::<ServiceAccount>("io.k8s.api.core.v1.ServiceAccount", &choices)?;
        check::<Deployment>("io.k8s.api.apps.v1.Deployment", &choices)?;
        check::<ReplicaSet>("io.k8s.api.apps.v1.ReplicaSet", &choices)?;
        check::<Lease>("io.k8s.api.coordination.v1.Lease", &choices)?;
        check::<EndpointSlice>("io.k8s.api.discovery.v1.EndpointSlice", &choices)?;
        check::<PodDisruptionBudget>("io.k8s.api.policy.v1.PodDisruptionBudget", &choices)?;
        check::<ServiceCIDR>("io.k8s.api.networking.v1.ServiceCIDR", &choices)?;
        check::<IPAddress>("io.k8s.api.networking.v1.IPAddress", &choices)?;
        check::<CertificateSigningRequest>(
            "io.k8s.api.certificates.v1.CertificateSigningRequest",
            &choices,
        )?;
        check::<APIService>(
            "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
            &choices,
        )?;
    }
}
