//! Which folders of the host a container sees, and where.

use std::fs;
use std::path::{Component, Path, PathBuf};

use k8s_openapi::api::core::v1::{Container, Pod, Volume, VolumeMount};
use sandbox::Mount;

use super::{Volumes, by_name, mount_error};
use crate::env::{Environment, expand};
use crate::lifecycle::Setback;

impl Volumes {
    /// The mounts of a container. A single file (by `subPath`) becomes a copy in a folder of its own,
    /// since a component can be given folders only; like in Kubernetes, it is not kept up to date.
    pub(crate) fn mounts(
        &self,
        pod: &Pod,
        container: &Container,
        environment: &Environment,
    ) -> Result<Vec<Mount>, Setback> {
        let volumes = by_name(pod);
        let mut mounts = Vec::new();
        for mount in container.volume_mounts.iter().flatten() {
            let Some(volume) = volumes.get(mount.name.as_str()) else {
                let text = format!("volume \"{}\" is not defined", mount.name);
                return Err(Setback::new("CreateContainerConfigError", text));
            };
            let host = self.host_side(pod, volume, mount, environment)?;
            if host.is_file() {
                self.add_file(pod, container, volume, mount, &host, &mut mounts)?;
            } else {
                mounts.push(Mount {
                    host,
                    guest: mount.mount_path.clone(),
                    read_only: is_read_only(volume, mount),
                });
            }
        }
        Ok(mounts)
    }

    /// The folder or file that a mount stands for.
    fn host_side(
        &self,
        pod: &Pod,
        volume: &Volume,
        mount: &VolumeMount,
        environment: &Environment,
    ) -> Result<PathBuf, Setback> {
        let root = match &volume.host_path {
            Some(source) => PathBuf::from(&source.path),
            None => self.folder(pod, volume),
        };
        let by_expression =
            mount.sub_path_expr.as_deref().map(|text| expand(text, |name| environment.get(name)));
        let sub_path = by_expression.or_else(|| mount.sub_path.clone()).unwrap_or_default();
        if sub_path.is_empty() {
            return Ok(root);
        }
        let plain =
            Path::new(&sub_path).components().all(|part| matches!(part, Component::Normal(_)));
        if !plain {
            return Err(mount_error(volume, &format!("subPath {sub_path:?} leaves the volume")));
        }
        let path = root.join(&sub_path);
        if !path.exists() {
            fs::create_dir_all(&path).map_err(|error| super::failed(volume, &error))?;
        }
        stay_inside(&root, &path).map_err(|why| mount_error(volume, &why))
    }

    /// Puts a copy of a file where all single files of one guest folder are, and mounts that folder.
    fn add_file(
        &self,
        pod: &Pod,
        container: &Container,
        volume: &Volume,
        mount: &VolumeMount,
        file: &Path,
        mounts: &mut Vec<Mount>,
    ) -> Result<(), Setback> {
        let guest = Path::new(&mount.mount_path);
        let parent = guest.parent().unwrap_or(Path::new("/"));
        let name = guest.file_name().unwrap_or_default();
        let flat = parent.to_string_lossy().replace('_', "__").replace('/', "_");
        let folder = self.secret_folder(pod).join("files").join(&container.name).join(flat);
        let copy = || {
            fs::create_dir_all(&folder)?;
            // An earlier copy may be read-only, which forbids writing but not replacing it.
            let _ = fs::remove_file(folder.join(name));
            fs::copy(file, folder.join(name))
        };
        copy().map_err(|error| super::failed(volume, &error))?;
        let guest = parent.to_string_lossy().into_owned();
        if !mounts.iter().any(|one| one.host == folder) {
            mounts.push(Mount { host: folder, guest, read_only: true });
        }
        Ok(())
    }
}

/// The real path, which must lie in the volume: a link made by a guest must not lead out of it.
fn stay_inside(root: &Path, path: &Path) -> Result<PathBuf, String> {
    let real = path.canonicalize().map_err(|error| error.to_string())?;
    let root = root.canonicalize().map_err(|error| error.to_string())?;
    if real.starts_with(&root) {
        Ok(real)
    } else {
        Err("subPath leads out of the volume".to_owned())
    }
}

/// What comes from the API is always read-only, as in Kubernetes.
fn is_read_only(volume: &Volume, mount: &VolumeMount) -> bool {
    mount.read_only == Some(true) || !(volume.empty_dir.is_some() || volume.host_path.is_some())
}
