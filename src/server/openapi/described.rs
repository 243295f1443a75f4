//! The definitions with their descriptions, as k8s-openapi carries them.

use k8s_openapi::api::{
    admissionregistration::v1 as admission, admissionregistration::v1beta1 as admission_beta,
    apps::v1 as apps, authentication::v1 as authentication, authorization::v1 as authorization,
    autoscaling::v1 as autoscaling, autoscaling::v2 as autoscaling2, batch::v1 as batch,
    certificates::v1 as certificates, coordination::v1 as coordination, core::v1 as core,
    discovery::v1 as discovery, events::v1 as events, flowcontrol::v1 as flowcontrol,
    networking::v1 as networking, node::v1 as node, policy::v1 as policy, rbac::v1 as rbac,
    resource::v1 as resource, scheduling::v1 as scheduling, storage::v1 as storage,
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1 as apiextensions;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1 as apiregistration;
use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value};

use super::REFERENCE_PREFIX;

/// The definition of one type, and those it refers to.
pub(super) fn only<T: JsonSchema>() -> Map<String, Value> {
    let mut generator = generator();
    add::<T>(&mut generator);
    generator.take_definitions(true)
}

/// Every definition that these kinds need, by name; kinds without a row here are left out.
pub(super) fn definitions(schema_names: &[&str]) -> Map<String, Value> {
    let mut generator = generator();
    generator.subschema_for::<meta::APIResourceList>();
    generator.subschema_for::<meta::DeleteOptions>();
    generator.subschema_for::<meta::ListMeta>();
    generator.subschema_for::<meta::ObjectMeta>();
    generator.subschema_for::<meta::Patch>();
    generator.subschema_for::<meta::Status>();
    for name in schema_names {
        describe(&mut generator, name);
    }
    generator.take_definitions(true)
}

fn generator() -> SchemaGenerator {
    let mut settings = SchemaSettings::openapi3();
    settings.definitions_path = REFERENCE_PREFIX.trim_start_matches('#').into();
    settings.meta_schema = None;
    settings.into_generator()
}

/// Adds a kind and all it refers to.
fn describe(generator: &mut SchemaGenerator, schema_name: &str) {
    match schema_name.strip_prefix("io.k8s.api.").unwrap_or(schema_name) {
        "admissionregistration.v1.MutatingWebhookConfiguration" => {
            add::<admission::MutatingWebhookConfiguration>(generator);
        }
        "admissionregistration.v1.ValidatingAdmissionPolicy" => {
            add::<admission::ValidatingAdmissionPolicy>(generator);
        }
        "admissionregistration.v1.ValidatingAdmissionPolicyBinding" => {
            add::<admission::ValidatingAdmissionPolicyBinding>(generator);
        }
        "admissionregistration.v1.ValidatingWebhookConfiguration" => {
            add::<admission::ValidatingWebhookConfiguration>(generator);
        }
        "admissionregistration.v1beta1.MutatingAdmissionPolicy" => {
            add::<admission_beta::MutatingAdmissionPolicy>(generator);
        }
        "admissionregistration.v1beta1.MutatingAdmissionPolicyBinding" => {
            add::<admission_beta::MutatingAdmissionPolicyBinding>(generator);
        }
        "apps.v1.ControllerRevision" => add::<apps::ControllerRevision>(generator),
        "apps.v1.DaemonSet" => add::<apps::DaemonSet>(generator),
        "apps.v1.Deployment" => add::<apps::Deployment>(generator),
        "apps.v1.ReplicaSet" => add::<apps::ReplicaSet>(generator),
        "apps.v1.StatefulSet" => add::<apps::StatefulSet>(generator),
        "authentication.v1.SelfSubjectReview" => {
            add::<authentication::SelfSubjectReview>(generator);
        }
        "authentication.v1.TokenRequest" => add::<authentication::TokenRequest>(generator),
        "authentication.v1.TokenReview" => add::<authentication::TokenReview>(generator),
        "authorization.v1.LocalSubjectAccessReview" => {
            add::<authorization::LocalSubjectAccessReview>(generator);
        }
        "authorization.v1.SelfSubjectAccessReview" => {
            add::<authorization::SelfSubjectAccessReview>(generator);
        }
        "authorization.v1.SelfSubjectRulesReview" => {
            add::<authorization::SelfSubjectRulesReview>(generator);
        }
        "authorization.v1.SubjectAccessReview" => {
            add::<authorization::SubjectAccessReview>(generator);
        }
        "autoscaling.v1.HorizontalPodAutoscaler" => {
            add::<autoscaling::HorizontalPodAutoscaler>(generator);
        }
        "autoscaling.v1.Scale" => add::<autoscaling::Scale>(generator),
        "autoscaling.v2.HorizontalPodAutoscaler" => {
            add::<autoscaling2::HorizontalPodAutoscaler>(generator);
        }
        "batch.v1.CronJob" => add::<batch::CronJob>(generator),
        "batch.v1.Job" => add::<batch::Job>(generator),
        "certificates.v1.CertificateSigningRequest" => {
            add::<certificates::CertificateSigningRequest>(generator);
        }
        "coordination.v1.Lease" => add::<coordination::Lease>(generator),
        "core.v1.Binding" => add::<core::Binding>(generator),
        "core.v1.ComponentStatus" => add::<core::ComponentStatus>(generator),
        "core.v1.ConfigMap" => add::<core::ConfigMap>(generator),
        "core.v1.Endpoints" => add::<core::Endpoints>(generator),
        "core.v1.Event" => add::<core::Event>(generator),
        "core.v1.LimitRange" => add::<core::LimitRange>(generator),
        "core.v1.Namespace" => add::<core::Namespace>(generator),
        "core.v1.Node" => add::<core::Node>(generator),
        "core.v1.PersistentVolume" => add::<core::PersistentVolume>(generator),
        "core.v1.PersistentVolumeClaim" => add::<core::PersistentVolumeClaim>(generator),
        "core.v1.Pod" => add::<core::Pod>(generator),
        "core.v1.PodTemplate" => add::<core::PodTemplate>(generator),
        "core.v1.ReplicationController" => add::<core::ReplicationController>(generator),
        "core.v1.ResourceQuota" => add::<core::ResourceQuota>(generator),
        "core.v1.Secret" => add::<core::Secret>(generator),
        "core.v1.Service" => add::<core::Service>(generator),
        "core.v1.ServiceAccount" => add::<core::ServiceAccount>(generator),
        "discovery.v1.EndpointSlice" => add::<discovery::EndpointSlice>(generator),
        "events.v1.Event" => add::<events::Event>(generator),
        "flowcontrol.v1.FlowSchema" => add::<flowcontrol::FlowSchema>(generator),
        "flowcontrol.v1.PriorityLevelConfiguration" => {
            add::<flowcontrol::PriorityLevelConfiguration>(generator);
        }
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition" => {
            add::<apiextensions::CustomResourceDefinition>(generator);
        }
        "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService" => {
            add::<apiregistration::APIService>(generator);
        }
        "networking.v1.IPAddress" => add::<networking::IPAddress>(generator),
        "networking.v1.Ingress" => add::<networking::Ingress>(generator),
        "networking.v1.IngressClass" => add::<networking::IngressClass>(generator),
        "networking.v1.NetworkPolicy" => add::<networking::NetworkPolicy>(generator),
        "networking.v1.ServiceCIDR" => add::<networking::ServiceCIDR>(generator),
        "node.v1.RuntimeClass" => add::<node::RuntimeClass>(generator),
        "policy.v1.Eviction" => add::<policy::Eviction>(generator),
        "policy.v1.PodDisruptionBudget" => add::<policy::PodDisruptionBudget>(generator),
        "rbac.v1.ClusterRole" => add::<rbac::ClusterRole>(generator),
        "rbac.v1.ClusterRoleBinding" => add::<rbac::ClusterRoleBinding>(generator),
        "rbac.v1.Role" => add::<rbac::Role>(generator),
        "rbac.v1.RoleBinding" => add::<rbac::RoleBinding>(generator),
        "resource.v1.DeviceClass" => add::<resource::DeviceClass>(generator),
        "resource.v1.ResourceClaim" => add::<resource::ResourceClaim>(generator),
        "resource.v1.ResourceClaimTemplate" => add::<resource::ResourceClaimTemplate>(generator),
        "resource.v1.ResourceSlice" => add::<resource::ResourceSlice>(generator),
        "scheduling.v1.PriorityClass" => add::<scheduling::PriorityClass>(generator),
        "storage.v1.CSIDriver" => add::<storage::CSIDriver>(generator),
        "storage.v1.CSINode" => add::<storage::CSINode>(generator),
        "storage.v1.CSIStorageCapacity" => add::<storage::CSIStorageCapacity>(generator),
        "storage.v1.StorageClass" => add::<storage::StorageClass>(generator),
        "storage.v1.VolumeAttachment" => add::<storage::VolumeAttachment>(generator),
        "storage.v1.VolumeAttributesClass" => add::<storage::VolumeAttributesClass>(generator),
        _ => {}
    }
}

fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}
