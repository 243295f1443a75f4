//! Guests that try to harm the node.

use std::fs;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::fixture::{PATIENCE, TestNode, end};
use crate::{Failure, Mount};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_too_much_memory_is_out_of_memory() {
    let node = TestNode::new();
    let bomb = async |args: &[&str]| {
        let limited = |spec: &mut crate::ContainerSpec| spec.memory_bytes = Some(16 << 20);
        node.run_with("memory-bomb", args, limited).await
    };
    assert_eq!(bomb(&[]).await.0, Failure::OutOfMemory);
    let (failure, text) = bomb(&["survive"]).await;
    assert_eq!(failure, Failure::Exit(0), "{text}");
    assert!(text.starts_with("refused after 1"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_below_what_the_program_needs_is_out_of_memory_too() {
    let node = TestNode::new();
    let (failure, _) = node.run_with("batch", &[], |spec| spec.memory_bytes = Some(64 << 10)).await;
    assert_eq!(failure, Failure::OutOfMemory);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spinning_guest_dies_at_once_and_is_billed() {
    let node = TestNode::new();
    let (sandbox, _) = node.sandbox();
    let (spec, log) = node.container("spin", &[]).await;
    sandbox.start(spec).await.unwrap();
    log.wait_for("spinning").await;
    while sandbox.usage("spin").cpu < Duration::from_millis(20) {
        tokio::task::yield_now().await;
    }
    let stop = sandbox.stop("spin", 2 * PATIENCE);
    timeout(PATIENCE, stop).await.expect("its grace is not waited for");
    assert_eq!(end(&sandbox, "spin").await, Failure::Killed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_guest_gets_its_share_and_no_more() {
    let node = TestNode::new();
    let (sandbox, _) = node.sandbox();
    let (mut spec, log) = node.container("spin", &[]).await;
    spec.cpu_millis = Some(100);
    let start = Instant::now();
    sandbox.start(spec).await.unwrap();
    log.wait_for("spinning").await;
    let mut used = sandbox.usage("spin").cpu;
    while used < Duration::from_millis(60) {
        tokio::task::yield_now().await;
        let now = sandbox.usage("spin").cpu;
        // Who rests may be looked at meanwhile, for some microseconds. They count together with the next tick.
        if now < used + Duration::from_millis(1) {
            continue;
        }
        // However long a tick takes on a busy machine, the next one begins only when the last is paid for: ten
        // milliseconds of burst, then a tenth of a core. Twice as much again is granted to a thread that is kept from
        // its processor between its look at the clock and its rest; whoever never rests uses more than that soon.
        let allowed = Duration::from_millis(30) + start.elapsed() / 10;
        assert!(used <= allowed, "{used:?}, then {now:?} after {:?}", start.elapsed());
        used = now;
    }
    sandbox.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spinning_guests_leave_others_their_answers() {
    let node = TestNode::new();
    let (spinners, _) = node.sandbox();
    for name in ["one", "two", "three", "four"] {
        let (mut spec, log) = node.container("spin", &[]).await;
        spec.name = name.into();
        spinners.start(spec).await.unwrap();
        log.wait_for("spinning").await;
    }
    let (server, address) = node.sandbox();
    let (spec, log) = node.container("bench", &["echo", "0.0.0.0:9000"]).await;
    server.start(spec).await.unwrap();
    log.wait_for("listening").await;
    let (failure, text) = node.run("bench", &["ping", &format!("{address}:9000"), "1000"]).await;
    assert_eq!(failure, Failure::Exit(0), "{text}");
    spinners.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_output_waits_for_its_reader() {
    let node = TestNode::new();
    let (sandbox, _) = node.sandbox();
    let (spec, log) = node.container("log-flood", &["200"]).await;
    log.limit(10_000);
    sandbox.start(spec).await.unwrap();
    while log.len() < 10_000 {
        tokio::task::yield_now().await;
    }
    // Its turn is billed when it is over, as are all turns of a guest that asks again and again.
    let waits = async {
        let mut used = None;
        while used != Some(sandbox.usage("log-flood").cpu) {
            used = Some(sandbox.usage("log-flood").cpu);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waits).await.expect("waiting is free");
    assert_eq!(log.len(), 10_000, "it must wait");
    log.limit(usize::MAX);
    assert_eq!(end(&sandbox, "log-flood").await, Failure::Exit(0));
    let text = log.text();
    let last = text.lines().last();
    assert!(last.is_some_and(|line| line.starts_with("line 199 of a flood")), "{last:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_leaves_a_mount() {
    let node = TestNode::new();
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc", folder.path().join("link")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link-to-file")).unwrap();
    for read_only in [false, true] {
        let (failure, text) = node
            .run_with("path-escape", &["/data"], |spec| {
                let host = folder.path().to_owned();
                spec.mounts = vec![Mount { host, guest: "/data".into(), read_only }];
            })
            .await;
        assert_eq!(failure, Failure::Exit(0), "{text}");
        assert!(!text.contains("ESCAPED"), "{text}");
        assert_eq!(text.contains("wrote inside the mount"), !read_only, "{text}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("inside")).unwrap(), "in");
    assert!(!folder.path().parent().unwrap().join("escaped").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_tells_what_and_where() {
    let node = TestNode::new();
    let (failure, _) = node.run("tcp-client", &[]).await;
    let Failure::Trap(text) = failure else { panic!("{failure:?}") };
    assert!(text.contains("unreachable"), "{text}");
}
