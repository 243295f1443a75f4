//! Writes the authority of a webhook into whatever has to trust it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ApiResource, DynamicObject, PostParams};
use kube::core::GroupVersionKind;
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher;
use kube::{Api, Client, ResourceExt as _};
use serde_json::Value;

/// Where the authority is: `namespace/secret`.
const FROM: &str = "certs.isopod.test/inject-ca-from";

/// What can need an authority.
const KINDS: [(&str, &str); 3] = [
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
];

struct Context {
    client: Client,
    objects: Api<DynamicObject>,
}

/// Runs for ever.
pub(super) async fn run(client: &Client) {
    let injectors = KINDS.map(|(group, kind)| {
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1", kind));
        let objects = Api::all_with(client.clone(), &kind);
        let context = Arc::new(Context { client: client.clone(), objects: objects.clone() });
        Controller::new_with(objects, watcher::Config::default(), kind)
            .run(inject, |_, _, _| Action::requeue(Duration::from_millis(50)), context)
            .for_each(async |_| ())
    });
    futures::future::join_all(injectors).await;
}

async fn inject(object: Arc<DynamicObject>, context: Arc<Context>) -> Result<Action, kube::Error> {
    let from = object.annotations().get(FROM).and_then(|from| from.split_once('/'));
    let Some((namespace, name)) = from else { return Ok(Action::await_change()) };
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), namespace);
    let authority = secrets.get(name).await?.data.and_then(|mut data| data.remove("ca.crt"));
    let bundle = Value::from(STANDARD.encode(authority.unwrap_or_default().0));
    let mut changed = DynamicObject::clone(&object);
    for config in client_configs(&mut changed.data) {
        config["caBundle"] = bundle.clone();
    }
    if changed.data != object.data {
        context.objects.replace(&object.name_any(), &PostParams::default(), &changed).await?;
    }
    Ok(Action::await_change())
}

fn client_configs(data: &mut Value) -> Vec<&mut Value> {
    if data.get("webhooks").is_some() {
        let webhooks = data["webhooks"].as_array_mut().into_iter().flatten();
        return webhooks.filter_map(|webhook| webhook.get_mut("clientConfig")).collect();
    }
    data.pointer_mut("/spec/conversion/webhook/clientConfig").into_iter().collect()
}
