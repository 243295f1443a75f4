//! From bytes to programs.

use std::fs;

use super::fixture::{TestNode, image};
use crate::{Entry, ImageContent, ImageSource, PrepareError, Runtime};

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_compiled_once_and_mapped_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = guests::bytes("tcp-client");
    let node = TestNode::with_cache(folder.path());
    let prepared = node.runtime.prepare(image(&bytes)).await.unwrap();
    assert_eq!(prepared.entry(), Entry::Process);
    node.runtime.prepare(image(&bytes)).await.unwrap();
    assert_eq!(node.runtime.compilations(), 1);

    let restarted = TestNode::with_cache(folder.path());
    restarted.runtime.prepare(image(&bytes)).await.unwrap();
    assert_eq!(restarted.runtime.compilations(), 0);

    let code = fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.path());
    let code = code.filter(|path| path.extension().is_some_and(|name| name == "cwasm"));
    for path in code {
        // A new file: the old one is mapped by the runtimes above.
        fs::remove_file(&path).unwrap();
        fs::write(path, b"damaged").unwrap();
    }
    let healed = TestNode::with_cache(folder.path());
    healed.runtime.prepare(image(&bytes)).await.unwrap();
    assert_eq!(healed.runtime.compilations(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_prepared_by_many_at_once_is_compiled_once() {
    let folder = tempfile::tempdir().unwrap();
    let node = TestNode::with_cache(folder.path());
    let bytes = guests::bytes("udp-client");
    let prepared = futures::future::join_all((0..8).map(|_| node.runtime.prepare(image(&bytes))));
    assert!(prepared.await.iter().all(Result::is_ok));
    assert_eq!(node.runtime.compilations(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn images_that_cannot_run_say_why() {
    let node = TestNode::new();
    let refusal = |bytes: &'static [u8]| node.runtime.prepare(image(bytes));
    let error = refusal(b"\x7fELF\x02\x01\x01").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the image is not WebAssembly: it looks like a program for Linux (ELF)"
    );
    let error = refusal(b"\0asm\x0d\0\x01\0").await.unwrap_err();
    assert!(matches!(error, PrepareError::NoEntry), "{error}");
    let error = refusal(b"\0asm\x0d\0\x01\0 and rubbish").await.unwrap_err();
    assert!(matches!(error, PrepareError::Invalid(_)), "{error}");
    let missing = ImageSource {
        digest: "sha256:missing".into(),
        content: ImageContent::File("/does/not/exist".into()),
    };
    let error = node.runtime.prepare(missing).await.unwrap_err();
    assert!(matches!(error, PrepareError::Read(_)), "{error}");
}
