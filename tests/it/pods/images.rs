//! Images that are here, are not, or are not what they should be.

use std::fs;

use crate::support::cluster::Cluster;
use crate::support::space::{Space, waiting};

/// A component that imports an instance no runtime has and exports nothing: preamble, one instance type, one import.
fn needy() -> Vec<u8> {
    let import = b"acme:database/store@1.0.0";
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.extend([7, 3, 1, 0x42, 0]);
    let length = u8::try_from(import.len()).expect("it is short");
    bytes.extend([10, length + 5, 1, 0, length]);
    bytes.extend(import);
    bytes.extend([5, 0]);
    bytes
}

fn pod(name: &str, image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: c, image: '{image}'}}]}}\n"
    )
}

#[tokio::test]
async fn an_unsatisfied_import_is_named() {
    let cluster = Cluster::shared().await;
    let file = cluster.folder().join("needy.wasm");
    fs::write(&file, needy()).expect("the folder is writable");
    let imported =
        cluster.isopod(&["image", "import", &file.display().to_string(), "localhost/test/needy"]);
    assert!(imported.status.success(), "{imported:?}");
    let space = Space::new(cluster.client().await, "needy").await;
    space.apply(&pod("needy", "localhost/test/needy")).await;
    let event = space.event("needy", "acme:database").await;
    let expected =
        "the component imports acme:database/store@1.0.0, which this runtime does not provide";
    assert!(event.contains(expected), "{event}");
    space.pod("needy", |pod| waiting(pod) == "ImagePullBackOff").await;
}

#[tokio::test]
async fn what_is_not_wasm_is_not_imported() {
    let cluster = Cluster::shared().await;
    for (name, bytes, what) in [
        ("program", b"\x7fELF\x02\x01\x01".as_slice(), "ELF"),
        ("words", b"FROM scratch\n".as_slice(), "unknown kind"),
        ("nothing", b"".as_slice(), "empty"),
    ] {
        let file = cluster.folder().join(name);
        fs::write(&file, bytes).expect("the folder is writable");
        let output =
            cluster.isopod(&["image", "import", &file.display().to_string(), "localhost/test/x"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains(what) && said.contains("not a WebAssembly component or module"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn broken_wasm_says_so_and_harms_nobody() {
    let cluster = Cluster::shared().await;
    let mut broken = guests::bytes("module");
    broken.truncate(broken.len() / 2);
    let file = cluster.folder().join("broken.wasm");
    fs::write(&file, broken).expect("the folder is writable");
    let imported =
        cluster.isopod(&["image", "import", &file.display().to_string(), "localhost/test/broken"]);
    assert!(imported.status.success(), "{imported:?}");
    let space = Space::new(cluster.client().await, "broken").await;
    space.apply(&pod("broken", "localhost/test/broken")).await;
    space.event("broken", "WebAssembly is not valid").await;
}

#[tokio::test]
async fn an_image_imported_later_ends_the_waiting() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "later").await;
    space.apply(&pod("later", "localhost/test/later:v1")).await;
    let event = space.event("later", "no such image is on this node").await;
    let advice = "isopod image import FILE.wasm localhost/test/later:v1";
    assert!(event.contains(advice), "{event}");
    cluster.import_as("tcp-client", "localhost/test/later:v1");
    // It ends at once for want of arguments: what counts is that it was started.
    space.event("later", "Started container c").await;
}
