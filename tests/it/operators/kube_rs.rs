//! An operator made with kube-rs: a controller with a finalizer, server-side apply and streaming lists.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::finalizer::{Event, finalizer};
use kube::runtime::watcher;
use kube::{Resource as _, ResourceExt as _};
use serde_json::json;

use super::{api, define, shell, shells, sized};
use crate::support::cluster::Cluster;
use crate::support::patience::until;
use crate::support::space::Space;

const GROUP: &str = "kube-rs.test";
const FINALIZER: &str = "kube-rs.test/shells";

type Outcome = Result<Action, kube::runtime::finalizer::Error<kube::Error>>;

/// Gives a shell a ConfigMap of its size, and tells the size in its status.
async fn reconcile(shell: Arc<DynamicObject>, space: Arc<Space>) -> Outcome {
    let shells = api(&space, GROUP);
    finalizer(&shells, FINALIZER, shell, async |event| match event {
        Event::Apply(shell) => settle(&shell, &space).await,
        Event::Cleanup(shell) => {
            let mut note = ConfigMap::default();
            note.metadata.name = Some(format!("{}-was-here", shell.name_any()));
            let made = space.api::<ConfigMap>().create(&PostParams::default(), &note).await;
            match made {
                // It was made before, and the finalizer could not go.
                Err(kube::Error::Api(status)) if status.code == 409 => Ok(Action::await_change()),
                made => made.map(|_| Action::await_change()),
            }
        }
    })
    .await
}

async fn settle(shell: &DynamicObject, space: &Space) -> Result<Action, kube::Error> {
    let (name, size) = (shell.name_any(), &shell.data["spec"]["size"]);
    let owner = shell.controller_owner_ref(&shells(GROUP));
    let settings = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": name, "ownerReferences": [owner] },
        "data": { "size": size.to_string() },
    });
    let apply = PatchParams::apply("shells");
    space.api::<ConfigMap>().patch(&name, &apply, &Patch::Apply(&settings)).await?;
    let status = json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": "Shell",
        "status": { "size": size },
    });
    api(space, GROUP).patch_status(&name, &apply, &Patch::Apply(&status)).await?;
    Ok(Action::await_change())
}

#[tokio::test]
async fn a_kube_rs_controller_brings_the_world_in_line() {
    let cluster = Cluster::shared().await;
    let space = Arc::new(Space::new(cluster.client().await, "kube-rs").await);
    define(&space.client, GROUP).await;
    let (shells_api, maps) = (api(&space, GROUP), space.api::<ConfigMap>());
    let streaming = watcher::Config::default().streaming_lists();
    let controller = Controller::new_with(shells_api.clone(), streaming.clone(), shells(GROUP))
        .owns(maps.clone(), streaming)
        .run(reconcile, |_, _, _| Action::requeue(Duration::from_millis(50)), Arc::clone(&space))
        .for_each(async |_| ());
    let story = async {
        let create = PostParams::default();
        shells_api.create(&create, &shell(GROUP, "one", 3)).await.expect("a new shell");
        let one = sized(&shells_api, "one", 3).await;
        assert_eq!(one.finalizers(), [FINALIZER]);
        let none = shells_api.create(&create, &shell(GROUP, "none", 0)).await;
        let refused = none.expect_err("the schema sees to it").to_string();
        assert!(refused.contains("greater than or equal to 1"), "{refused}");

        let seven = Patch::Merge(json!({ "spec": { "size": 7 } }));
        shells_api.patch("one", &PatchParams::default(), &seven).await.expect("it may have it");
        sized(&shells_api, "one", 7).await;
        // What others do to what it owns is undone.
        maps.delete("one", &DeleteParams::default()).await.expect("anybody may");
        until("the settings to be back", async || match maps.get_opt("one").await {
            Ok(Some(map)) if map.data.as_ref().is_some_and(|data| data["size"] == "7") => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;

        shells_api.delete("one", &DeleteParams::default()).await.expect("it can be deleted");
        until("the shell to be gone", async || match shells_api.get_opt("one").await {
            Ok(None) => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
        maps.get("one-was-here").await.expect("it was cleaned up after");
    };
    tokio::select! {
        biased;
        () = story => {}
        () = controller => panic!("the controller ended"),
    }
}
