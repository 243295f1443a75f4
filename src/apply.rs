//! Applies manifests: creates what is missing, patches what exists.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::Method;
use kinds::{Kind, Scope};
use kube::Client;
use serde_json::Value;
use tokio::time::Instant;

/// A manifest file larger than this is a mistake: an object may have 3 MiB at most.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// How long a namespace may take to get its service account: a controller makes it at once.
const ACCOUNT_TIMEOUT: Duration = Duration::from_secs(10);

/// Between two attempts in that time.
const ACCOUNT_POLL: Duration = Duration::from_millis(20);

/// One object of a manifest file.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The object.
    pub object: Value,
    /// Its kind.
    kind: &'static dyn Kind,
}

impl Manifest {
    /// `deployment.apps/hello`, as kubectl names it.
    pub fn name(&self) -> String {
        let names = self.kind.names();
        let name = self.object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("");
        if names.group.is_empty() {
            format!("{}/{name}", names.singular)
        } else {
            format!("{}.{}/{name}", names.singular, names.group)
        }
    }

    /// The namespace it lives in.
    pub fn namespace(&self) -> &str {
        self.object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("default")
    }

    /// Whether it is of this kind.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.names().kind == kind
    }

    fn collection(&self) -> String {
        let names = self.kind.names();
        let base = if names.group.is_empty() {
            format!("/api/{}", names.version)
        } else {
            format!("/apis/{}/{}", names.group, names.version)
        };
        match self.kind.scope() {
            Scope::Namespaced => format!("{base}/namespaces/{}/{}", self.namespace(), names.plural),
            Scope::Cluster => format!("{base}/{}", names.plural),
        }
    }
}

/// Reads the manifests of these files and folders, in order; folders are read in name order.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Manifest>> {
    let mut manifests = Vec::new();
    for path in paths {
        for file in files(path)? {
            let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            manifests.extend(parse(&text).with_context(|| file.display().to_string())?);
        }
    }
    Ok(manifests)
}

fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let metadata = fs::metadata(path).with_context(|| path.display().to_string())?;
    if metadata.is_file() {
        if metadata.len() > MAX_FILE_BYTES {
            bail!("{}: larger than {} MiB", path.display(), MAX_FILE_BYTES >> 20);
        }
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).with_context(|| path.display().to_string())? {
        let file = entry.with_context(|| path.display().to_string())?.path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        if file.is_file() && matches!(extension, Some("yaml" | "yml" | "json")) {
            files.push(file);
        }
    }
    if files.is_empty() {
        bail!("{}: no .yaml, .yml or .json file in it", path.display());
    }
    files.sort();
    Ok(files)
}

/// Parses one file: several documents, lists, JSON or YAML.
pub fn parse(text: &str) -> Result<Vec<Manifest>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).context("invalid YAML")?;
    let mut manifests = Vec::new();
    for document in documents {
        if document.is_null() {
            continue;
        }
        let is_list = document.get("kind").and_then(Value::as_str) == Some("List");
        let items = document.get("items").and_then(Value::as_array).filter(|_| is_list);
        match items {
            Some(items) => {
                for item in items {
                    manifests.push(manifest(item.clone())?);
                }
            }
            None => manifests.push(manifest(document)?),
        }
    }
    Ok(manifests)
}

fn manifest(object: Value) -> Result<Manifest> {
    let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let known = kinds::KINDS.iter().copied().find(|known| {
        let names = known.names();
        names.group == group && names.version == version && names.kind == kind
    });
    let Some(known) = known else {
        bail!("no matches for kind {kind:?} in version {api_version:?}");
    };
    if object.pointer("/metadata/name").and_then(Value::as_str).is_none_or(str::is_empty) {
        bail!("{kind}: metadata.name: Required value");
    }
    Ok(Manifest { object, kind: known })
}

/// Creates the object, or patches it if it exists; says which.
pub async fn apply(client: &Client, manifest: &Manifest) -> Result<String> {
    let name = manifest.name();
    let collection = manifest.collection();
    let body = serde_json::to_vec(&manifest.object).context("a document serializes")?;
    let deadline = Instant::now() + ACCOUNT_TIMEOUT;
    let created = loop {
        match send(client, Method::POST, &collection, "application/json", body.clone()).await {
            Err(kube::Error::Api(status)) if is_early(&status) && Instant::now() < deadline => {
                tokio::time::sleep(ACCOUNT_POLL).await;
            }
            answer => break answer,
        }
    };
    match created {
        Ok(_) => Ok(format!("{name} created")),
        Err(kube::Error::Api(status)) if status.reason == "AlreadyExists" => {
            let object = manifest.object.pointer("/metadata/name").and_then(Value::as_str);
            let path = format!("{collection}/{}", object.unwrap_or_default());
            send(client, Method::PATCH, &path, "application/strategic-merge-patch+json", body)
                .await
                .with_context(|| name.clone())?;
            Ok(format!("{name} configured"))
        }
        Err(error) => Err(error).context(name),
    }
}

/// Whether a pod was refused because its namespace is so new that it has no service account yet.
fn is_early(status: &kube::core::Status) -> bool {
    status.reason == "Forbidden" && status.message.contains("serviceaccount \"default\" not found")
}

async fn send(
    client: &Client,
    method: Method,
    path: &str,
    media: &str,
    body: Vec<u8>,
) -> Result<Value, kube::Error> {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("{path}?fieldManager=isopod-apply&fieldValidation=Strict"))
        .header(http::header::CONTENT_TYPE, media)
        .body(body)
        .map_err(kube::Error::HttpError)?;
    client.request(request).await
}
