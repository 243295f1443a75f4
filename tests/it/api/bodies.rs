//! Media types: JSON, YAML, tables, metadata alone.

use http::Method;
use serde_json::json;

use crate::support::cluster::Cluster;
use crate::support::raw::{self, JSON, Media};
use crate::support::space::Space;

#[tokio::test]
async fn yaml_is_read_and_written() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "yaml").await;
    let media = Media { sends: "application/yaml", accepts: "application/yaml" };
    let body = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: written}\ndata: {port: \"80\"}\n";
    let answer =
        raw::send(&space.client, Method::POST, "/api/v1/namespaces/yaml/configmaps", media, body)
            .await;
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!((answer.code, answer.header("content-type")), (201, "application/yaml"), "{text}");
    assert!(text.contains("kind: ConfigMap") && text.contains("port: \"80\""), "{text}");
}

#[tokio::test]
async fn a_table_holds_what_kubectl_prints() {
    let cluster = Cluster::shared().await;
    let client = cluster.client().await;
    let accepts = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let media = Media { accepts, ..JSON };
    let answer = raw::send(&client, Method::GET, "/api/v1/namespaces/kube-system", media, "").await;
    let table = answer.json();
    assert_eq!(table["kind"], "Table");
    let columns: Vec<_> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| &column["name"])
        .collect();
    assert_eq!(columns, ["Name", "Status", "Age"]);
    let cells = table["rows"][0]["cells"].as_array().unwrap();
    assert_eq!(cells[..2], [json!("kube-system"), json!("Active")]);
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
}

#[tokio::test]
async fn metadata_can_be_had_alone() {
    let cluster = Cluster::shared().await;
    let client = cluster.client().await;
    let accepts = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let media = Media { accepts, ..JSON };
    let answer = raw::send(&client, Method::GET, "/api/v1/namespaces", media, "").await;
    let list = answer.json();
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert!(
        list["items"].as_array().unwrap().iter().all(|item| item.get("spec").is_none()),
        "{list}"
    );
}

#[tokio::test]
async fn warnings_travel_in_headers() {
    let cluster = Cluster::shared().await;
    let space = Space::new(cluster.client().await, "warnings").await;
    let path = "/api/v1/namespaces/warnings/configmaps";
    let body = json!({"metadata": {"name": "a"}, "dta": {"a": "b"}}).to_string();
    let answer = raw::send(&space.client, Method::POST, path, JSON, body.clone()).await;
    assert_eq!(
        (answer.code, answer.header("warning")),
        (201, "299 - \"unknown field \\\"dta\\\"\"")
    );
    assert!(answer.json().get("dta").is_none());
    let silent = format!("{path}?fieldValidation=Ignore");
    let answer =
        raw::send(&space.client, Method::POST, &silent, JSON, body.replace("\"a\"}", "\"c\"}"))
            .await;
    assert_eq!((answer.code, answer.header("warning")), (201, ""), "{:?}", answer.body);
}
