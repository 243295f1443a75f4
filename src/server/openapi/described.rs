//! The definitions with their descriptions, as k8s-openapi carries them.

use k8s_openapi::api::{
    apps::v1 as apps, authentication::v1 as authentication, authorization::v1 as authorization,
    autoscaling::v1 as autoscaling, coordination::v1 as coordination, core::v1 as core,
    discovery::v1 as discovery, events::v1 as events, policy::v1 as policy,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value};

use super::REFERENCE_PREFIX;

/// Every definition that these kinds need, by name; kinds without a row here are left out.
pub(super) fn definitions(schema_names: &[&str]) -> Map<String, Value> {
    let mut settings = SchemaSettings::openapi3();
    settings.definitions_path = REFERENCE_PREFIX.trim_start_matches('#').into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    generator.subschema_for::<meta::DeleteOptions>();
    generator.subschema_for::<meta::ListMeta>();
    generator.subschema_for::<meta::Patch>();
    generator.subschema_for::<meta::Status>();
    for name in schema_names {
        describe(&mut generator, name);
    }
    generator.take_definitions(true)
}

/// Adds a kind and all it refers to.
fn describe(generator: &mut SchemaGenerator, schema_name: &str) {
    match schema_name.strip_prefix("io.k8s.api.").unwrap_or(schema_name) {
        "apps.v1.ControllerRevision" => add::<apps::ControllerRevision>(generator),
        "apps.v1.Deployment" => add::<apps::Deployment>(generator),
        "apps.v1.ReplicaSet" => add::<apps::ReplicaSet>(generator),
        "authentication.v1.SelfSubjectReview" => {
            add::<authentication::SelfSubjectReview>(generator)
        }
        "authentication.v1.TokenRequest" => add::<authentication::TokenRequest>(generator),
        "authentication.v1.TokenReview" => add::<authentication::TokenReview>(generator),
        "authorization.v1.LocalSubjectAccessReview" => {
            add::<authorization::LocalSubjectAccessReview>(generator)
        }
        "authorization.v1.SelfSubjectAccessReview" => {
            add::<authorization::SelfSubjectAccessReview>(generator)
        }
        "authorization.v1.SelfSubjectRulesReview" => {
            add::<authorization::SelfSubjectRulesReview>(generator)
        }
        "authorization.v1.SubjectAccessReview" => {
            add::<authorization::SubjectAccessReview>(generator)
        }
        "autoscaling.v1.Scale" => add::<autoscaling::Scale>(generator),
        "coordination.v1.Lease" => add::<coordination::Lease>(generator),
        "core.v1.Binding" => add::<core::Binding>(generator),
        "core.v1.ConfigMap" => add::<core::ConfigMap>(generator),
        "core.v1.Endpoints" => add::<core::Endpoints>(generator),
        "core.v1.Event" => add::<core::Event>(generator),
        "core.v1.Namespace" => add::<core::Namespace>(generator),
        "core.v1.Node" => add::<core::Node>(generator),
        "core.v1.Pod" => add::<core::Pod>(generator),
        "core.v1.PodTemplate" => add::<core::PodTemplate>(generator),
        "core.v1.ReplicationController" => add::<core::ReplicationController>(generator),
        "core.v1.Secret" => add::<core::Secret>(generator),
        "core.v1.Service" => add::<core::Service>(generator),
        "core.v1.ServiceAccount" => add::<core::ServiceAccount>(generator),
        "discovery.v1.EndpointSlice" => add::<discovery::EndpointSlice>(generator),
        "events.v1.Event" => add::<events::Event>(generator),
        "policy.v1.Eviction" => add::<policy::Eviction>(generator),
        _ => {}
    }
}

fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}
