//! A pod's volumes as folders of the host, which its containers see as preopened folders.
//!
//! A volume is `pods/<uid>/volumes/<name>`, on disk or, if it may hold what is secret, in memory. Files that come from the API (`ConfigMap`s, `Secret`s, the
//! downward API, tokens) are laid out as Kubernetes does: the names a container sees are links to
//! `..data/…`, and `..data` is a link to the folder of one version, replaced in one rename. All links
//! are relative and stay inside the volume, so a guest can follow them within its one preopen.

mod host_path;
mod memory;
mod mounts;
mod payload;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, Volume};

pub use host_path::HostPaths;
pub(crate) use payload::{Facts, TokenRequest, sources, token_requests};

use crate::lifecycle::Setback;
use memory::Memory;
use payload::Payload;

/// Where volumes live and what may be mounted.
#[derive(Debug, Clone)]
pub(crate) struct Volumes {
    root: PathBuf,
    memory: Option<Arc<Memory>>,
    host_paths: HostPaths,
}

impl Volumes {
    /// Volumes under `root/pods`.
    pub(crate) fn new(root: &Path, host_paths: HostPaths) -> Self {
        Self { root: root.join("pods"), memory: None, host_paths }
    }

    /// The same, with what may be secret in memory where the machine offers a place for that.
    pub(crate) fn secrets_in_memory(self, root: &Path) -> Self {
        Self { memory: Memory::open(root).map(Arc::new), ..self }
    }

    /// Makes the volumes of a pod, or brings those that come from the API up to date.
    pub(crate) fn write(&self, pod: &Pod, facts: &Facts<'_>) -> Result<(), Setback> {
        for volume in of(pod) {
            let folder = self.folder(pod, volume);
            if let Some(payload) = Payload::of(volume, facts)? {
                writer::write(&folder, &payload).map_err(|error| failed(volume, &error))?;
            } else if volume.host_path.is_some() {
                self.host_paths.prepare(volume)?;
            } else if volume.empty_dir.is_some() {
                // A sizeLimit is accepted and not enforced: nothing measures the folder.
                std::fs::create_dir_all(&folder).map_err(|error| failed(volume, &error))?;
            } else {
                return Err(unsupported(volume));
            }
        }
        Ok(())
    }

    /// Removes all that belongs to a pod.
    pub(crate) fn remove(&self, uid: &str) -> io::Result<()> {
        for root in self.roots() {
            match std::fs::remove_dir_all(root.join(uid)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => (),
            }
        }
        Ok(())
    }

    /// Removes what belongs to pods that are no longer on the node.
    pub(crate) fn remove_orphans(&self, alive: &BTreeSet<String>) -> io::Result<()> {
        for root in self.roots() {
            let Ok(entries) = std::fs::read_dir(root) else { continue };
            for entry in entries {
                let uid = entry?.file_name().to_string_lossy().into_owned();
                if !alive.contains(&uid) {
                    self.remove(&uid)?;
                }
            }
        }
        Ok(())
    }

    fn roots(&self) -> impl Iterator<Item = &Path> {
        let memory = self.memory.as_deref().map(Memory::path);
        std::iter::once(self.root.as_path()).chain(memory)
    }

    /// Where a pod's secrets are, which is also the place for copies of single files.
    fn secret_folder(&self, pod: &Pod) -> PathBuf {
        let root = self.memory.as_deref().map_or(self.root.as_path(), Memory::path);
        root.join(uid(pod))
    }

    fn folder(&self, pod: &Pod, volume: &Volume) -> PathBuf {
        let pod_folder =
            if may_be_secret(volume) { self.secret_folder(pod) } else { self.root.join(uid(pod)) };
        pod_folder.join("volumes").join(&volume.name)
    }
}

/// Whether any of a pod's volumes can change while it runs.
pub(crate) fn can_change(pod: &Pod) -> bool {
    of(pod).iter().any(|volume| {
        volume.config_map.is_some()
            || volume.secret.is_some()
            || volume.downward_api.is_some()
            || volume.projected.is_some()
    })
}

/// As in Kubernetes; a `ConfigMap` is no secret, and may be large.
fn may_be_secret(volume: &Volume) -> bool {
    volume.secret.is_some() || volume.projected.is_some() || volume.downward_api.is_some()
}

fn uid(pod: &Pod) -> &str {
    pod.metadata.uid.as_deref().unwrap_or("unnamed")
}

fn of(pod: &Pod) -> &[Volume] {
    pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default()
}

fn by_name(pod: &Pod) -> BTreeMap<&str, &Volume> {
    of(pod).iter().map(|volume| (volume.name.as_str(), volume)).collect()
}

fn failed(volume: &Volume, error: &io::Error) -> Setback {
    mount_error(volume, &error.to_string())
}

fn mount_error(volume: &Volume, why: &str) -> Setback {
    let text = format!("MountVolume.SetUp failed for volume \"{}\" : {why}", volume.name);
    Setback::new("FailedMount", text)
}

fn unsupported(volume: &Volume) -> Setback {
    let kind = if volume.persistent_volume_claim.is_some() {
        "persistent volume claims are"
    } else {
        "this kind of volume is"
    };
    mount_error(
        volume,
        &format!(
            "{kind} not supported on a node that runs WebAssembly; use emptyDir, configMap, \
             secret, downwardAPI, projected or hostPath"
        ),
    )
}

#[cfg(test)]
mod tests;
