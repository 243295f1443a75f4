//! Operators: programs that give meaning to kinds of their own.

mod certificates;
mod kopf;
mod kube_rs;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::json;

use crate::support::patience::until;
use crate::support::space::Space;

/// The kind of a group that only one test uses: shared clusters have many tests.
fn shells(group: &str) -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, "v1", "Shell"), "shells")
}

fn api(space: &Space, group: &str) -> Api<DynamicObject> {
    Api::namespaced_with(space.client.clone(), &space.name, &shells(group))
}

/// Makes the kind, and waits until it is served.
async fn define(client: &Client, group: &str) {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let name = format!("shells.{group}");
    let schema = json!({
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "required": ["size"],
                "properties": { "size": { "type": "integer", "minimum": 1 } },
            },
            "status": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
        },
    });
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": name },
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": { "kind": "Shell", "plural": "shells", "singular": "shell" },
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "subresources": { "status": {} },
                "schema": { "openAPIV3Schema": schema },
            }],
        },
    });
    let apply = PatchParams::apply("test").force();
    definitions.patch(&name, &apply, &Patch::Apply(&definition)).await.expect("a definition");
    until("the kind to be established", async || {
        let definition = definitions.get(&name).await.map_err(|error| error.to_string())?;
        let conditions = definition.status.and_then(|status| status.conditions).unwrap_or_default();
        let established =
            conditions.iter().any(|one| one.type_ == "Established" && one.status == "True");
        established.then_some(()).ok_or_else(|| format!("{conditions:?}"))
    })
    .await;
}

/// A shell of this size.
fn shell(group: &str, name: &str, size: i64) -> DynamicObject {
    DynamicObject::new(name, &shells(group)).data(json!({ "spec": { "size": size } }))
}

/// Waits until a shell's status says its size.
async fn sized(shells: &Api<DynamicObject>, name: &str, size: i64) -> DynamicObject {
    until("the operator to tell the size", async || {
        let shell = shells.get(name).await.map_err(|error| error.to_string())?;
        if shell.data["status"]["size"] == size { Ok(shell) } else { Err(shell.data.to_string()) }
    })
    .await
}
