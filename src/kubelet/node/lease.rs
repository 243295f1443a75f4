//! The node's lease: the cheap sign of life by which the control plane knows that a node is there.

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::Node as NodeObject;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta, OwnerReference};
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;

use super::Node;

/// Where the leases of nodes are.
const NAMESPACE: &str = "kube-node-lease";

/// After this without a sign a node counts as gone, as Kubernetes has it.
const SECONDS: i32 = 40;

impl Node {
    pub(super) async fn renew_lease(&self, object: &NodeObject) -> kube::Result<()> {
        let leases: Api<Lease> = Api::namespaced(self.site.client.clone(), NAMESPACE);
        let now = MicroTime(self.clock.now());
        let change = json!({"spec": {
            "holderIdentity": self.name, "leaseDurationSeconds": SECONDS, "renewTime": now,
        }});
        let params = PatchParams::default();
        match leases.patch(&self.name, &params, &Patch::Merge(change)).await {
            Err(kube::Error::Api(status)) if status.code == 404 => (),
            other => return other.map(drop),
        }
        let lease = self.lease(object, now);
        leases.create(&PostParams::default(), &lease).await.map(drop)
    }

    fn lease(&self, object: &NodeObject, now: MicroTime) -> Lease {
        let owner = object.metadata.uid.clone().map(|uid| OwnerReference {
            api_version: "v1".to_owned(),
            kind: "Node".to_owned(),
            name: self.name.clone(),
            uid,
            ..OwnerReference::default()
        });
        Lease {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                namespace: Some(NAMESPACE.to_owned()),
                owner_references: owner.map(|owner| vec![owner]),
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(self.name.clone()),
                lease_duration_seconds: Some(SECONDS),
                renew_time: Some(now),
                ..LeaseSpec::default()
            }),
        }
    }
}
