//! Folders of the host that a pod asks for by path.

use std::fs;
use std::io;
use std::path::Path;

use k8s_openapi::api::core::v1::Volume;

use super::mount_error;
use crate::lifecycle::Setback;

/// Whether pods may see folders of the host.
///
/// Refused by default. The node runs as the person who started it, and a sandbox promises that a
/// component reaches nothing of that person's but what it was given; anyone who may create a pod
/// could otherwise read their files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HostPaths {
    /// A pod with such a volume waits, and an event says why.
    #[default]
    Refused,
    /// Any path may be mounted.
    Allowed,
}

impl HostPaths {
    /// Checks that a path is what the volume says, or makes it so.
    pub(super) fn prepare(self, volume: &Volume) -> Result<(), Setback> {
        let Some(source) = &volume.host_path else { return Ok(()) };
        if self == Self::Refused {
            return Err(mount_error(
                volume,
                "hostPath volumes are switched off on this node, since they show the host's files to pods",
            ));
        }
        let path = Path::new(&source.path);
        let kind = source.type_.as_deref().unwrap_or_default();
        let fits = match kind {
            "DirectoryOrCreate" => fs::create_dir_all(path).map(|()| true),
            "FileOrCreate" => touch(path).map(|()| true),
            "Directory" => Ok(path.is_dir()),
            "File" => Ok(path.is_file()),
            "" => Ok(path.exists()),
            _ => Ok(false),
        };
        match fits {
            Ok(true) => Ok(()),
            Ok(false) => Err(mount_error(
                volume,
                &format!("hostPath type check failed: {} is not a {kind}", source.path),
            )),
            Err(error) => Err(mount_error(volume, &error.to_string())),
        }
    }
}

fn touch(path: &Path) -> io::Result<()> {
    fs::OpenOptions::new().create(true).append(true).open(path).map(drop)
}
