use super::*;

const PODS: u8 = 20;
/// A third of the clients of each pod: the others wait for room, but not for long even where turns are rare.
const BACKLOG: usize = 32;

/// Every pod connects to every other one, many times at once, and each echo must be exact.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_connections_at_once_mix_nothing_up() {
    let switch = switch();
    let tasks = Tasks::new();
    let pods: Vec<Interface> = (1..=PODS).map(|last| pod(&switch, last)).collect();
    for pod in &pods {
        let listener = pod.listen(at("0.0.0.0:7"), BACKLOG).unwrap();
        let echoes = tasks.clone();
        tasks.spawn_until_stop("echo", async move {
            while let Ok(stream) = listener.accept().await {
                echoes.spawn_until_stop("echoes", async move {
                    let (mut reader, mut writer) = stream.into_split();
                    tokio::io::copy(&mut reader, &mut writer).await.unwrap();
                });
            }
        });
    }
    let mut clients = tokio::task::JoinSet::new();
    for from in &pods {
        for to in 1..=PODS {
            for _ in 0..5 {
                clients.spawn(ask(from.clone(), SocketAddr::from(([10, 42, 0, to], 7))));
            }
        }
    }
    let sizes = clients.join_all().await;
    assert_eq!(sizes.len(), usize::from(PODS) * usize::from(PODS) * 5);
    assert!(tasks.shutdown(Duration::from_mins(1)).await);
}

async fn ask(from: Interface, to: SocketAddr) -> usize {
    let (mut reader, mut writer) = from.connect(None, to).await.unwrap().into_split();
    let seed = writer.local().port();
    let sent: Vec<u8> = (0..40_000_u32).map(|i| (i ^ u32::from(seed)).to_le_bytes()[0]).collect();
    let write = async {
        for chunk in sent.chunks(usize::from(seed % 3_000) + 1) {
            writer.write_all(chunk).await.unwrap();
        }
        writer.shutdown();
    };
    let mut received = Vec::new();
    let ((), read) = tokio::join!(write, reader.read_to_end(&mut received));
    read.unwrap();
    assert!(sent == received);
    received.len()
}

/// Pods come and go under load; nothing may hang.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn detaching_under_load_ends_every_transfer() {
    for _ in 0..20 {
        let (client, server, ours, theirs) = pair().await;
        let (mut read_half, mut write_half) = (theirs, ours);
        let write = async move {
            let chunk = vec![0; 100_000];
            while write_half.write_all(&chunk).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        let read = async move {
            let mut buffer = vec![0; 10_000];
            while matches!(read_half.read(&mut buffer).await, Ok(count) if count > 0) {}
        };
        let detach = async move {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            drop(client);
            drop(server);
        };
        tokio::join!(write, read, detach);
    }
}
