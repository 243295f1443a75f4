use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

fn health(local_endpoints: usize) -> Health {
    Health { namespace: "default".to_owned(), name: "web".to_owned(), local_endpoints }
}

/// Opens the first port that nobody else has, below those that the kernel gives away.
async fn open(ports: &mut HealthPorts) -> u16 {
    for port in 20_011.. {
        if ports.set(BTreeMap::from([(port, health(2))])).await.is_empty() {
            return port;
        }
    }
    unreachable!("some port is free")
}

async fn ask(port: u16) -> io::Result<String> {
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: node\r\n\r\n").await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_load_balancer_learns_where_pods_are() {
    let tasks = Tasks::new();
    let mut ports = HealthPorts::new(Ipv4Addr::LOCALHOST.into(), tasks.clone());
    let port = open(&mut ports).await;
    let here = ask(port).await.unwrap();
    assert!(here.starts_with("HTTP/1.1 200 OK\r\n"), "{here}");
    assert!(here.contains("x-load-balancing-endpoint-weight: 2\r\n"), "{here}");
    let body = here.split_once("\r\n\r\n").unwrap().1;
    let expected = json!({
        "service": { "namespace": "default", "name": "web" },
        "localEndpoints": 2, "serviceProxyHealthy": true,
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap(), expected);

    assert!(ports.set(BTreeMap::from([(port, health(0))])).await.is_empty());
    let gone = ask(port).await.unwrap();
    assert!(gone.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{gone}");

    assert!(ports.set(BTreeMap::new()).await.is_empty());
    // Nobody listens there, so that another may.
    drop(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap());
    assert!(tasks.shutdown(Duration::from_mins(1)).await);
}
