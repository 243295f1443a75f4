//! Programs that end by themselves.

use std::fs;
use std::time::Duration;

use super::fixture::{TestNode, end};
use crate::{ContainerState, Failure, Mount, StartError};

#[tokio::test(flavor = "multi_thread")]
async fn a_process_ends_with_its_code() {
    let node = TestNode::new();
    for code in [0, 7] {
        let (failure, text) = node
            .run_with("batch", &[&code.to_string()], |spec| {
                spec.env = vec![("STEPS".into(), "2".into()), ("STEP_MILLIS".into(), "1".into())];
            })
            .await;
        assert_eq!(failure, Failure::Exit(code));
        assert_eq!(text, format!("step 1 of 2\nstep 2 of 2\ndone, exit code {code}\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_reads_its_mount_and_its_environment() {
    let node = TestNode::new();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("message"), "from the host\n").unwrap();
    let (failure, text) = node
        .run_with("batch", &[], |spec| {
            spec.env = [("STEPS", "0"), ("FILE", "/data/message"), ("EXIT_CODE", "3")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec();
            let host = folder.path().to_owned();
            spec.mounts = vec![Mount { host, guest: "/data".into(), read_only: true }];
        })
        .await;
    assert_eq!(text, "/data/message: from the host\ndone, exit code 3\n");
    assert_eq!(failure, Failure::Exit(3));
}

/// The adapter of preview 1 knows success and failure only.
#[tokio::test(flavor = "multi_thread")]
async fn a_core_module_runs_like_a_component() {
    let node = TestNode::new();
    let (failure, text) = node
        .run_with("module", &["one", "two"], |spec| {
            spec.env = vec![("EXIT_CODE".into(), "5".into())];
        })
        .await;
    assert_eq!(failure, Failure::Exit(1));
    for line in [
        "argument 0: module",
        "argument 2: two",
        "environment EXIT_CODE=5",
        "environment HOSTNAME=box",
        "input: 0 bytes",
    ] {
        assert!(text.contains(line), "{line} is missing in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_that_is_not_there_is_refused() {
    let node = TestNode::new();
    let (sandbox, _) = node.sandbox();
    let (mut spec, _) = node.container("batch", &[]).await;
    spec.mounts = vec![Mount { host: "/nowhere".into(), guest: "/data".into(), read_only: true }];
    let error = sandbox.start(spec).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot mount /nowhere at /data");
    assert!(sandbox.states().borrow().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_free_again_when_its_container_has_ended() {
    let node = TestNode::new();
    let (sandbox, _) = node.sandbox();
    let (spec, log) = node.container("tcp-echo", &["0.0.0.0:7"]).await;
    sandbox.start(spec.clone()).await.unwrap();
    log.wait_for("listening").await;
    let again = sandbox.start(spec.clone()).await;
    assert!(matches!(again, Err(StartError::AlreadyRunning(_))));
    sandbox.stop("tcp-echo", Duration::from_secs(10)).await;
    assert!(sandbox.states().borrow()["tcp-echo"].has_exited());
    sandbox.start(spec).await.unwrap();
    assert!(matches!(sandbox.states().borrow()["tcp-echo"], ContainerState::Running { .. }));
    sandbox.remove().await;
    assert_eq!(end(&sandbox, "tcp-echo").await, Failure::Killed);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_starts_in_a_sandbox_that_was_removed() {
    let node = TestNode::new();
    let (sandbox, _) = node.sandbox();
    sandbox.remove().await;
    let (spec, _) = node.container("batch", &[]).await;
    assert!(matches!(sandbox.start(spec).await, Err(StartError::Removed)));
}
