//! HTTP with a fresh instance for each request: through a Service, straight to a pod, and what others do.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use network::Interface;
use sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Effort;
use super::cluster::Cluster;
use super::figures::{Samples, duration, median, rate, rates_spread};
use super::load::{CONNECTIONS, Outcome};
use super::node::{Lines, Node, container};
use super::report::{Row, Section};
use super::temporary::Temporary;
use super::web::{hammer, once};

/// A `wasi:http` component and a path that it answers by itself.
const GUEST: &str = "hello";
const PATH: &str = "/healthz";
const REPLICAS: usize = 3;
/// For a port to answer after it was ordered.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(5);

/// One way to be served, in rounds.
struct Way {
    name: String,
    rates: Vec<f64>,
    latencies: Vec<Duration>,
}

impl Way {
    fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), rates: Vec::new(), latencies: Vec::new() }
    }

    fn take(&mut self, outcome: Outcome) {
        self.rates.push(outcome.per_second());
        self.latencies.extend(outcome.latencies);
    }

    fn row(&self) -> Row {
        let latencies = self.latencies.iter().copied().collect();
        let spread = rates_spread(&self.rates, &latencies);
        Row::new(self.name.clone(), rate(median(&self.rates))).spread(spread)
    }
}

pub(super) async fn measure(effort: Effort) -> Result<Section> {
    let (_folder, cluster) = Cluster::fresh().await?;
    let service = serve_in_cluster(&cluster).await?;
    let folder = Temporary::new()?;
    let node = Node::new(&folder.path().join("compiled"))?;
    let (pod, _sandbox) = serve_in_process(&node).await?;
    let client = node.interface()?;
    let mut natives = JoinSet::new();
    let native = serve_natively(&mut natives).await?;
    let rival = serve_by_wasmtime(folder.path()).await?;

    let time = effort.pick(Duration::from_secs(3), Duration::from_millis(800));
    let mut through_service = Way::new(format!("node port and Service to {REPLICAS} pods"));
    let mut to_pod = Way::new("pod network, in this process");
    let mut by_hyper = Way::new("native hyper, no Wasm");
    let mut by_wasmtime = Way::new("wasmtime serve");
    let mut cpu_per_request = Vec::new();
    // The first round warms everything up and is not counted.
    for round in 0..=effort.pick(3, 1) {
        let before = cluster.cpu();
        let outcome = hammer(dial(service).await?, PATH, time).await?;
        let cpu = cluster.cpu().saturating_sub(before);
        let of_pod = hammer(dial_in_process(&client, pod).await?, PATH, time).await?;
        let of_hyper = hammer(dial(native).await?, PATH, time).await?;
        let of_wasmtime = match &rival {
            Some((address, _)) => Some(hammer(dial(*address).await?, PATH, time).await?),
            None => None,
        };
        if round > 0 {
            let requests = u32::try_from(outcome.latencies.len()).unwrap_or(u32::MAX).max(1);
            cpu_per_request.push(cpu / requests);
            through_service.take(outcome);
            to_pod.take(of_pod);
            by_hyper.take(of_hyper);
            if let Some(outcome) = of_wasmtime {
                by_wasmtime.take(outcome);
            }
        }
    }
    cluster.stop().await?;
    let cpu = cpu_per_request.into_iter().collect::<Samples>().median();
    Ok(section(cpu, &through_service, &to_pod, &by_hyper, &by_wasmtime))
}

fn section(cpu: Duration, service: &Way, pod: &Way, hyper: &Way, wasmtime: &Way) -> Section {
    let mut section = Section::new(format!(
        "HTTP, a fresh instance for each request, {CONNECTIONS} keep-alive connections, one small component"
    ));
    section.row(service.row());
    section.row(Row::new("the node's processor time per request", duration(cpu)));
    section.row(pod.row());
    let (ours, others) = (median(&service.rates), [hyper, wasmtime]);
    for other in others.into_iter().filter(|other| !other.rates.is_empty()) {
        let times = ours / median(&other.rates);
        section.row(other.row().against(times, "of this through node port and Service"));
    }
    if wasmtime.rates.is_empty() {
        section.note("No wasmtime on the PATH, so nothing to compare with that runs Wasm too.");
    }
    section
}

/// A Deployment and a Service; gives the node port once it answers.
async fn serve_in_cluster(cluster: &Cluster) -> Result<SocketAddr> {
    let mut connection = cluster.connect().await?;
    connection.create("/apis/apps/v1/namespaces/default/deployments", &deployment()).await?;
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": GUEST },
        "spec": {
            "type": "NodePort",
            "selector": { "app": GUEST },
            "ports": [{ "port": 80, "targetPort": 8080 }],
        },
    });
    let service = connection.create("/api/v1/namespaces/default/services", &service).await?;
    let port = service.pointer("/spec/ports/0/nodePort").and_then(Value::as_u64);
    let port =
        port.and_then(|port| u16::try_from(port).ok()).context("a Service without node port")?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let ready = async {
        let path = format!("/apis/apps/v1/namespaces/default/deployments/{GUEST}");
        loop {
            let deployment: Value = serde_json::from_slice(&connection.get(&path).await?)?;
            let ready = deployment.pointer("/status/readyReplicas").and_then(Value::as_u64);
            if ready == Some(REPLICAS as u64) {
                return anyhow::Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready)
        .await
        .context("the Deployment did not become ready")??;
    answers(address).await?;
    Ok(address)
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": GUEST },
        "spec": {
            "replicas": REPLICAS,
            "selector": { "matchLabels": { "app": GUEST } },
            "template": {
                "metadata": { "labels": { "app": GUEST } },
                "spec": { "containers": [{
                    "name": "main",
                    "image": format!("localhost/isopod/{GUEST}:latest"),
                    "ports": [{ "containerPort": 8080 }],
                }] },
            },
        },
    })
}

/// Waits until a port answers.
async fn answers(address: SocketAddr) -> Result<()> {
    let start = Instant::now();
    loop {
        let error = match TcpStream::connect(address).await {
            Ok(mut stream) => match once(&mut stream, PATH).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            },
            Err(error) => error.into(),
        };
        if start.elapsed() > PATIENCE {
            return Err(error.context(format!("{address} does not answer")));
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn dial(address: SocketAddr) -> Result<Vec<TcpStream>> {
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address).await.with_context(|| address.to_string())?;
        stream.set_nodelay(true).context("connect")?;
        streams.push(stream);
    }
    Ok(streams)
}

async fn dial_in_process(client: &Interface, address: SocketAddr) -> Result<Vec<network::Stream>> {
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        streams.push(client.connect(None, address).await.context("connect")?);
    }
    Ok(streams)
}

/// Serves as long as the sandbox is kept.
async fn serve_in_process(node: &Node) -> Result<(SocketAddr, Arc<dyn Sandbox>)> {
    let prepared = node.prepare(GUEST).await?;
    let (sandbox, address) = node.sandbox()?;
    sandbox.start(container(&prepared, &[], &Lines::new())).await.context("start a guest")?;
    Ok((SocketAddr::new(address, 8080), sandbox))
}

async fn serve_natively(tasks: &mut JoinSet<()>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("listen")?;
    let address = listener.local_addr().context("listen")?;
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            // Without it the figure is the kernel's delay; with it, failing to set it is no reason to stop.
            let _ = stream.set_nodelay(true);
            let answer = |_| async {
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"ok\n"))))
            };
            connections.spawn(async move {
                let served = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(answer))
                    .await;
                // A client that closes is no news.
                drop(served);
            });
        }
    });
    Ok(address)
}

/// The same component under `wasmtime serve`, if there is one.
async fn serve_by_wasmtime(folder: &std::path::Path) -> Result<Option<(SocketAddr, Child)>> {
    let known = guests::EXAMPLES.iter().find(|known| known.name == GUEST).context(GUEST)?;
    let file = folder.join("hello.wasm");
    std::fs::write(&file, known.bytes).with_context(|| file.display().to_string())?;
    // The port is free now, which must do: it does not say which one it took.
    let address = TcpListener::bind("127.0.0.1:0").await.and_then(|listener| listener.local_addr());
    let address = address.context("find a free port")?;
    let child = Command::new("wasmtime")
        .args(["serve", "-S", "cli", "--addr", &address.to_string()])
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let Ok(child) = child else { return Ok(None) };
    answers(address).await?;
    Ok(Some((address, child)))
}
