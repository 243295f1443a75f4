//! The definitions with their descriptions, as k8s-openapi carries them.

use k8s_openapi::api::{
    apps::v1 as apps, authentication::v1 as authentication, authorization::v1 as authorization,
    autoscaling::v1 as autoscaling,
    coordination::v1 as coordination, core::v1 as core, discovery::v1 as discovery,
    events::v1 as events, policy::v1 as policy,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use k8s_openapi::{List, ListableResource};
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
    generator.subschema_for::<meta::Status>();
    for name in schema_names {
        describe(&mut generator, name);
    }
    generator.take_definitions(true)
}

/// Adds a kind, its list if it has one, and all they refer to.
fn describe(generator: &mut SchemaGenerator, schema_name: &str) {
    match schema_name.strip_prefix("io.k8s.api.").unwrap_or(schema_name) {
        "apps.v1.ControllerRevision" => with_list::<apps::ControllerRevision>(generator),
        "apps.v1.Deployment" => with_list::<apps::Deployment>(generator),
        "apps.v1.ReplicaSet" => with_list::<apps::ReplicaSet>(generator),
        "authentication.v1.SelfSubjectReview" => alone::<authentication::SelfSubjectReview>(generator),
        "authentication.v1.TokenRequest" => alone::<authentication::TokenRequest>(generator),
        "authentication.v1.TokenReview" => alone::<authentication::TokenReview>(generator),
        "authorization.v1.LocalSubjectAccessReview" => alone::<authorization::LocalSubjectAccessReview>(generator),
        "authorization.v1.SelfSubjectAccessReview" => alone::<authorization::SelfSubjectAccessReview>(generator),
        "authorization.v1.SelfSubjectRulesReview" => alone::<authorization::SelfSubjectRulesReview>(generator),
        "authorization.v1.SubjectAccessReview" => alone::<authorization::SubjectAccessReview>(generator),
        "autoscaling.v1.Scale" => alone::<autoscaling::Scale>(generator),
        "coordination.v1.Lease" => with_list::<coordination::Lease>(generator),
        "core.v1.Binding" => alone::<core::Binding>(generator),
        "core.v1.ConfigMap" => with_list::<core::ConfigMap>(generator),
        "core.v1.Endpoints" => with_list::<core::Endpoints>(generator),
        "core.v1.Event" => with_list::<core::Event>(generator),
        "core.v1.Namespace" => with_list::<core::Namespace>(generator),
        "core.v1.Node" => with_list::<core::Node>(generator),
        "core.v1.Pod" => with_list::<core::Pod>(generator),
        "core.v1.PodTemplate" => with_list::<core::PodTemplate>(generator),
        "core.v1.ReplicationController" => with_list::<core::ReplicationController>(generator),
        "core.v1.Secret" => with_list::<core::Secret>(generator),
        "core.v1.Service" => with_list::<core::Service>(generator),
        "core.v1.ServiceAccount" => with_list::<core::ServiceAccount>(generator),
        "discovery.v1.EndpointSlice" => with_list::<discovery::EndpointSlice>(generator),
        "events.v1.Event" => with_list::<events::Event>(generator),
        "policy.v1.Eviction" => alone::<policy::Eviction>(generator),
        _ => {}
    }
}

fn with_list<T: ListableResource + JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
    generator.subschema_for::<List<T>>();
}

fn alone<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}
