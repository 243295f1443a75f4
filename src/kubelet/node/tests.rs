//! What a node says of itself.

use super::machine::{meminfo_total, os_name};
use super::*;
use crate::pod::tests::World;

#[test]
fn memory_and_system_are_read_from_the_usual_files() {
    let text = "MemTotal:       24637052 kB\nMemFree:        1 kB\n";
    assert_eq!(meminfo_total(text), Some(24_637_052 * 1024));
    assert_eq!(meminfo_total("nothing"), None);
    assert_eq!(os_name("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 13\"\n"), "Debian GNU/Linux 13");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_taken_for_silent_says_at_its_next_heartbeat_that_it_is_ready() {
    let world = World::start().await;
    world.stop_kubelet().await;
    let config = world.config();
    let node = Node::new(&config, Arc::new(Site::new(&config, &world.tasks).unwrap()));
    node.register().await;
    let (_, wrote) = node.write_status(Instant::now()).await.unwrap();
    assert!(!wrote, "the API has it already");
    let nodes: Api<NodeObject> = Api::all(world.admin.clone());
    let unknown = json!({"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}});
    let patch = Patch::Strategic(unknown);
    nodes.patch_status("n", &PatchParams::default(), &patch).await.unwrap();
    let (object, wrote) = node.write_status(Instant::now()).await.unwrap();
    assert!(wrote);
    let conditions = object.status.unwrap().conditions.unwrap();
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready").unwrap();
    assert_eq!(ready.status, "True");
}
