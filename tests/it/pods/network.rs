//! The pod network: Services, names, loopback, and the outside, which is closed.

use std::net::{SocketAddr, UdpSocket};

use k8s_openapi::api::core::v1::Service;

use crate::support::cluster::Cluster;
use crate::support::patience::until;
use crate::support::space::{Space, address, waiting};

/// A client that ends with what it received.
fn client(name: &str, image: &str, to: &str) -> String {
    format!(
        r"
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  restartPolicy: OnFailure
  containers: [{{name: c, image: {image}, args: ['{to}', 'from {name}']}}]
"
    )
}

fn server(name: &str, image: &str, arguments: &str) -> String {
    format!(
        r"
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  containers: [{{name: c, image: {image}, args: [{arguments}]}}]
"
    )
}

fn service(name: &str, protocol: &str, more: &str) -> String {
    format!(
        r"
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{port: 70, targetPort: 7, protocol: {protocol}}}]
  {more}
"
    )
}

#[tokio::test]
async fn a_service_is_reached_by_each_of_its_names() {
    let cluster = Cluster::shared().await;
    let image = cluster.import("tcp-client");
    let space = Space::new(cluster.client().await, "names").await;
    space.apply(&server("echo", "localhost/isopod/tcp-echo", "")).await;
    space.apply(&service("echo", "TCP", "")).await;
    let pod = space.running("echo").await;
    let direct = format!("{}:7", address(&pod));
    let service: Service = space.get("echo").await;
    let cluster_ip = service.spec.and_then(|spec| spec.cluster_ip).expect("it has an address");
    for (client_name, to) in [
        ("pod-address", direct.as_str()),
        ("service-address", &format!("{cluster_ip}:70")),
        ("short", "echo:70"),
        ("with-namespace", "echo.names:70"),
        ("with-svc", "echo.names.svc:70"),
        ("full", "echo.names.svc.cluster.local:70"),
        ("rooted", "echo.names.svc.cluster.local.:70"),
    ] {
        space.apply(&client(client_name, &image, to)).await;
        assert_eq!(space.ended(client_name).await.0, 0, "{to}");
        let log = space.logs(client_name).await;
        assert!(log.ends_with(&format!("received from {client_name}\n")), "{log}");
    }
}

#[tokio::test]
async fn a_headless_service_resolves_to_its_pods() {
    let cluster = Cluster::shared().await;
    let image = cluster.import("tcp-client");
    let space = Space::new(cluster.client().await, "headless").await;
    space.apply(&server("echo", "localhost/isopod/tcp-echo", "")).await;
    space.apply(&service("echo", "TCP", "clusterIP: None")).await;
    let pod = space.running("echo").await;
    // There is no address in between: the client speaks to the pod's own port.
    space.apply(&client("headless", &image, "echo:7")).await;
    assert_eq!(space.ended("headless").await.0, 0);
    let log = space.logs("headless").await;
    assert!(log.contains(&format!(" to {}:7\n", address(&pod))), "{log}");
}

#[tokio::test]
async fn datagrams_find_a_service_too() {
    let cluster = Cluster::shared().await;
    let image = cluster.import("udp-client");
    let space = Space::new(cluster.client().await, "datagrams").await;
    space.apply(&server("echo", "localhost/isopod/udp-echo", "")).await;
    space.apply(&service("echo", "UDP", "type: NodePort")).await;
    space.running("echo").await;
    space.said("echo", "listening").await;
    space.apply(&client("client", &image, "echo:70")).await;
    assert_eq!(space.ended("client").await.0, 0);
    assert!(space.logs("client").await.contains("received from client"));

    let port = space.node_port("echo").await;
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_nonblocking(true).expect("a socket can be so");
    let socket = tokio::net::UdpSocket::from_std(socket).expect("it is not blocking");
    socket.connect(port).await.expect("an address");
    // A datagram may be lost, and the port may not be open yet: it is sent until it is answered.
    until("an answer from the node port", async || {
        let _ = socket.send(b"from outside").await;
        let mut buffer = [0; 64];
        match socket.try_recv(&mut buffer) {
            Ok(count) if &buffer[..count] == b"from outside" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

#[tokio::test]
async fn containers_of_a_pod_share_its_loopback_and_nobody_elses() {
    let cluster = Cluster::shared().await;
    let image = cluster.import("tcp-client");
    let space = Space::new(cluster.client().await, "loopback").await;
    space
        .apply(&format!(
            r"
apiVersion: v1
kind: Pod
metadata: {{name: pair}}
spec:
  restartPolicy: OnFailure
  containers:
  - {{name: client, image: {image}, args: ['127.0.0.1:7', within]}}
  - {{name: server, image: localhost/isopod/tcp-echo, args: ['127.0.0.1:7', '1']}}
"
        ))
        .await;
    assert_eq!(space.ended("pair").await.0, 0);
    let params =
        kube::api::LogParams { container: Some("client".to_owned()), ..Default::default() };
    let log = space.logs_of("pair", &params).await;
    assert!(log.ends_with("received within\n"), "{log}");

    space.apply(&server("inner", "localhost/isopod/tcp-echo", "'127.0.0.1:7'")).await;
    let inner = address(&space.running("inner").await);
    let outsider = client("outsider", &image, &format!("{inner}:7")).replace("OnFailure", "Never");
    space.apply(&outsider).await;
    assert_eq!(
        space.ended("outsider").await.1,
        "Error",
        "what listens on loopback is for the pod alone"
    );
    assert!(space.logs("outsider").await.contains("refused"));
}

#[tokio::test]
async fn a_service_without_pods_refuses() {
    let cluster = Cluster::shared().await;
    let image = cluster.import("tcp-client");
    let space = Space::new(cluster.client().await, "nobody").await;
    space.apply(&service("echo", "TCP", "")).await;
    // Until the proxy knows of the Service there is no such name: it is tried again.
    space.apply(&client("waiting", &image, "echo:70")).await;
    space.said("waiting", "refused").await;
    space.pod("waiting", |pod| waiting(pod) == "CrashLoopBackOff").await;
    space.apply(&client("unknown", &image, "stranger:70").replace("OnFailure", "Never")).await;
    assert_ne!(space.ended("unknown").await.0, 0);
    let log = space.logs("unknown").await;
    assert!(log.contains("lookup"), "{log}");
}

#[tokio::test]
async fn the_outside_is_closed_and_the_machine_itself_even_to_those_granted_the_outside() {
    let cluster = Cluster::shared().await;
    let image = cluster.import("tcp-client");
    let space = Space::new(cluster.client().await, "egress").await;
    // A route is chosen without a packet being sent; a machine without one has no outside to try.
    let Ok(outside) = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    }) else {
        return;
    };
    let listener =
        std::net::TcpListener::bind(SocketAddr::new(outside.ip(), 0)).expect("a free port");
    listener.set_nonblocking(true).expect("a socket can be so");
    let machine = listener.local_addr().expect("it is bound");
    for (name, metadata) in
        [("denied", ""), ("granted", ", annotations: {isopod.dev/egress: allow}")]
    {
        let pod = client(name, &image, &machine.to_string()).replace("OnFailure", "Never");
        space
            .apply(&pod.replace(&format!("name: {name}}}"), &format!("name: {name}{metadata}}}")))
            .await;
        assert_ne!(space.ended(name).await.0, 0);
        let log = space.logs(name).await;
        assert!(log.contains("denied") && !log.contains("connected"), "{log}");
    }
    let taken = listener.accept();
    assert!(taken.is_err(), "a guest came to a real listener: {taken:?}");
}

#[tokio::test]
async fn no_socket_call_reaches_the_machine() {
    let cluster = Cluster::shared().await;
    let image = cluster.import("sockets-probe");
    let space = Space::new(cluster.client().await, "probing").await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket can be so");
    let bait = listener.local_addr().expect("it is bound");
    space
        .apply(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: probe}}\nspec: {{restartPolicy: Never, containers: [{{name: c, image: {image}, args: ['{bait}']}}]}}\n"
        ))
        .await;
    assert_eq!(space.ended("probe").await.0, 0);
    let log = space.logs("probe").await;
    assert!(log.contains("probe finished"), "{log}");
    assert!(!log.contains(&format!("tcp connect {bait}: ok")), "{log}");
    let taken = listener.accept();
    assert!(taken.is_err(), "a guest came to a real listener: {taken:?}");
}
