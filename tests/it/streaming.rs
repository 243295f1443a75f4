//! Streams to pods, as every kubectl opens them: `port-forward`, `attach`, `exec`, `proxy`.

mod proxies;
mod websockets;

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::kubectl::with_every_kubectl;

/// A pod that says what it is told.
pub(crate) const ECHO: &str = "
apiVersion: v1
kind: Pod
metadata: {name: echo}
spec:
  containers: [{name: c, image: localhost/isopod/tcp-echo}]
";

pub(crate) const BATCH: &str = "
apiVersion: v1
kind: Pod
metadata: {name: batch}
spec:
  restartPolicy: Never
  containers:
  - name: c
    image: localhost/isopod/batch
    env: [{name: STEPS, value: '300'}, {name: STEP_MILLIS, value: '100'}]
";

/// More than all buffers on the way hold.
const BYTES: usize = 3 << 20;

#[tokio::test]
async fn a_port_of_a_pod_is_forwarded() {
    with_every_kubectl("port-forward", async |session| {
        session.apply(ECHO).await;
        session.space.running("echo").await;
        session.space.said("echo", "listening").await;
        let mut forward = session.follow("port-forward pod/echo :7 --address 127.0.0.1");
        let lines = forward.until("Forwarding from").await;
        let line = lines.last().expect("it was found");
        let port = line.split([':', ' ']).find_map(|word| word.parse::<u16>().ok());
        let port = port.expect("the port follows the address");
        // One after the other: the guest serves one connection at a time.
        for number in 0..3_u8 {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
            let sent = vec![number; BYTES];
            let (mut reader, mut writer) = stream.split();
            let mut received = vec![0; BYTES];
            let exchange =
                async { tokio::join!(writer.write_all(&sent), reader.read_exact(&mut received)) };
            let exchanged = tokio::time::timeout(Duration::from_mins(3), exchange).await;
            let (written, read) = exchanged.expect("it ends");
            written.expect("everything is taken");
            read.expect("everything comes back");
            assert!(received == sent, "the bytes came back as others");
        }
    })
    .await;
}

#[tokio::test]
async fn attaching_shows_the_output_to_its_end() {
    with_every_kubectl("attach", async |session| {
        session.apply(BATCH).await;
        session.space.running("batch").await;
        let mut attached = session.follow("attach batch");
        attached.until("done, exit code 0").await;
        assert_eq!(attached.ended().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_command_is_refused_with_the_reason() {
    with_every_kubectl("exec", async |session| {
        session.apply(ECHO).await;
        session.space.running("echo").await;
        let file = session.file("copied", "content");
        let up = format!("cp {file} echo:/tmp/copied");
        for command in ["exec echo -- ls", "cp echo:/etc/hosts /dev/null", &up] {
            let ran = session.run(command).await;
            assert_eq!(ran.code, 1, "{ran:?}");
            assert!(ran.stderr.contains("it is a WebAssembly component"), "{ran:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_debug_container_is_added_or_a_copy_made() {
    with_every_kubectl("debug", async |session| {
        session.apply(ECHO).await;
        session.space.running("echo").await;
        let image = "--image=localhost/isopod/greeting --profile=general";
        session.ok(&format!("debug echo -c helper {image} --target=c")).await;
        let helper = session.ok("get pod echo -o jsonpath={.spec.ephemeralContainers[*].name}").await;
        assert_eq!(helper, "helper");
        let again = session.run(&format!("debug echo -c helper {image}")).await;
        assert!(again.code == 1 && again.stderr.contains("helper"), "{again:?}");
        session.ok("debug echo --copy-to=copy --set-image=c=localhost/isopod/greeting --profile=general").await;
        let copy = session.ok("get pod copy -o jsonpath={.spec.containers[*].image}").await;
        assert_eq!(copy, "localhost/isopod/greeting");
    })
    .await;
}

#[tokio::test]
async fn the_proxies_pass_requests_on() {
    with_every_kubectl("proxy", async |session| {
        let node = session.ok("get --raw /api/v1/nodes/reef/proxy/healthz").await;
        assert_eq!(node, "ok");
        session.apply(ECHO).await;
        session.space.running("echo").await;
        let path = format!("/api/v1/namespaces/{}/pods/echo:9/proxy/", session.space.name);
        let ran = session.run(&format!("get --raw {path}")).await;
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("error trying to reach service"), "{ran:?}");
    })
    .await;
}
