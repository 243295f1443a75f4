//! What nodes and pods use.

use crate::support::kubectl::{Session, with_every_kubectl};
use crate::support::normal::normal;
use crate::support::patience::until;

#[tokio::test]
async fn top_shows_what_pods_and_nodes_use() {
    with_every_kubectl("top", async |k| {
        k.ok("run busy --image=localhost/isopod/greeting --labels=app=busy").await;
        k.ok("run idle --image=localhost/isopod/greeting").await;
        k.ok("wait pods --all --for=condition=Ready --timeout=60s").await;
        let pods = rows(k, "top pods", &["busy", "idle"]).await;
        assert_eq!((pods[0][0].as_str(), pods[1][0].as_str(), pods.len()), ("busy", "idle", 2));
        for row in &pods {
            let memory = row[2].strip_suffix("Mi").and_then(|number| number.parse::<u32>().ok());
            assert!(row[1].ends_with('m') && memory.is_some_and(|memory| memory > 0), "{row:?}");
        }
        let containers = rows(k, "top pods -l app=busy --containers", &["busy"]).await;
        assert_eq!(containers[0][..2], ["busy", "busy"]);
        assert_eq!(rows(k, "top pod idle", &["idle"]).await.len(), 1);
        let nodes = rows(k, "top nodes", &["reef"]).await;
        let reef = nodes.iter().find(|row| row[0] == "reef").expect("the node is there");
        assert!(reef[2].ends_with('%') && reef[3].ends_with("Mi"), "{reef:?}");

        let space = &k.space.name;
        let one = format!("get --raw /apis/metrics.k8s.io/v1beta1/namespaces/{space}/pods/busy");
        let one = k.until(&one, "PodMetrics").await;
        let one: serde_json::Value = serde_json::from_str(&one).expect("it is JSON");
        assert_eq!(
            (&one["kind"], &one["containers"][0]["name"]),
            (&"PodMetrics".into(), &"busy".into())
        );
        let table = normal(&k.until("get podmetrics busy", "busy ").await);
        assert!(table.starts_with("NAME CPU MEMORY WINDOW AGE\nbusy "), "{table}");
        let nobody = k.run("top pod nobody").await;
        assert!(
            nobody.stderr.contains("NotFound") || nobody.stderr.contains("not found"),
            "{nobody:?}"
        );
    })
    .await;
}

/// The cells of a table without its head, once it tells of all of these: what was measured may be older than they are.
async fn rows(k: &Session<'_>, command: &str, names: &[&str]) -> Vec<Vec<String>> {
    let found = until(command, async || {
        let ran = k.run(command).await;
        let cells = |line: &str| line.split_whitespace().map(str::to_owned).collect();
        let rows: Vec<Vec<String>> = ran.stdout.lines().skip(1).map(cells).collect();
        let is_told = |name: &str| rows.iter().any(|row| row[0] == name && row[1] != "<unknown>");
        if names.iter().all(|name| is_told(name)) { Ok(rows) } else { Err(format!("{ran:?}")) }
    });
    found.await
}
