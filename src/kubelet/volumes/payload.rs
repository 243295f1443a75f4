//! The files of a volume that come from the API.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use k8s_openapi::api::core::v1::{
    DownwardAPIVolumeFile, KeyToPath, Pod, ProjectedVolumeSource, ServiceAccountTokenProjection,
    Volume, VolumeProjection,
};

use super::{mount_error, of};
use crate::env::Fields;
use crate::lifecycle::Setback;
use crate::sources::{Data, Source, Sources};

/// What Kubernetes gives files whose mode nobody names.
const DEFAULT_MODE: i32 = 0o644;

/// What Kubernetes lets a token live when nobody says.
const DEFAULT_TOKEN_SECONDS: i64 = 3600;

/// All that volumes are filled from.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) fields: Fields<'a>,
    pub(crate) sources: &'a Sources,
    pub(crate) tokens: &'a BTreeMap<TokenRequest, String>,
}

/// A token that a volume wants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TokenRequest {
    /// Whom it is for; the API server when nobody is named.
    pub(crate) audience: Option<String>,
    /// How long it is to live.
    pub(crate) seconds: i64,
}

impl TokenRequest {
    fn of(source: &ServiceAccountTokenProjection) -> Self {
        Self {
            audience: source.audience.clone().filter(|audience| !audience.is_empty()),
            seconds: source.expiration_seconds.unwrap_or(DEFAULT_TOKEN_SECONDS),
        }
    }
}

/// The files of a volume.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) files: BTreeMap<PathBuf, File>,
}

/// A file's content and its permissions.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    pub(super) mode: u32,
}

/// The sources all of a pod's volumes read.
pub(crate) fn sources(pod: &Pod) -> Vec<Source> {
    let mut list = Vec::new();
    for volume in of(pod) {
        list.extend(volume.config_map.as_ref().map(|one| Source::ConfigMap(one.name.clone())));
        let secret = volume.secret.as_ref().and_then(|one| one.secret_name.clone());
        list.extend(secret.map(Source::Secret));
        for one in projections(volume) {
            list.extend(one.config_map.as_ref().map(|one| Source::ConfigMap(one.name.clone())));
            list.extend(one.secret.as_ref().map(|one| Source::Secret(one.name.clone())));
        }
    }
    list
}

/// The tokens all of a pod's volumes want.
pub(crate) fn token_requests(pod: &Pod) -> Vec<TokenRequest> {
    of(pod)
        .iter()
        .flat_map(projections)
        .filter_map(|one| one.service_account_token.as_ref().map(TokenRequest::of))
        .collect()
}

fn projections(volume: &Volume) -> &[VolumeProjection] {
    volume.projected.as_ref().and_then(|one| one.sources.as_deref()).unwrap_or_default()
}

impl Payload {
    /// The files of a volume; none for a volume that does not come from the API.
    pub(super) fn of(volume: &Volume, facts: &Facts<'_>) -> Result<Option<Self>, Setback> {
        let mut filler = Filler { volume, facts, payload: Self::default() };
        if let Some(map) = &volume.config_map {
            let source = Source::ConfigMap(map.name.clone());
            filler.add_source(&source, map.items.as_deref(), map.optional, map.default_mode)?;
        } else if let Some(secret) = &volume.secret {
            let source = Source::Secret(secret.secret_name.clone().unwrap_or_default());
            let items = secret.items.as_deref();
            filler.add_source(&source, items, secret.optional, secret.default_mode)?;
        } else if let Some(downward) = &volume.downward_api {
            let items = downward.items.as_deref().unwrap_or_default();
            filler.add_downward(items, downward.default_mode)?;
        } else if let Some(projected) = &volume.projected {
            filler.add_projected(projected)?;
        } else {
            return Ok(None);
        }
        Ok(Some(filler.payload))
    }
}

/// Collects one volume's files.
struct Filler<'a> {
    volume: &'a Volume,
    facts: &'a Facts<'a>,
    payload: Payload,
}

impl Filler<'_> {
    fn add_projected(&mut self, projected: &ProjectedVolumeSource) -> Result<(), Setback> {
        let mode = projected.default_mode;
        for one in projected.sources.iter().flatten() {
            if let Some(map) = &one.config_map {
                let source = Source::ConfigMap(map.name.clone());
                self.add_source(&source, map.items.as_deref(), map.optional, mode)?;
            }
            if let Some(secret) = &one.secret {
                let source = Source::Secret(secret.name.clone());
                self.add_source(&source, secret.items.as_deref(), secret.optional, mode)?;
            }
            if let Some(downward) = &one.downward_api {
                self.add_downward(downward.items.as_deref().unwrap_or_default(), mode)?;
            }
            if let Some(token) = &one.service_account_token {
                let text = self.facts.tokens.get(&TokenRequest::of(token));
                let text = text.ok_or_else(|| mount_error(self.volume, "the token is missing"))?;
                self.add(&token.path, text.clone().into_bytes(), mode)?;
            }
        }
        Ok(())
    }

    fn add_source(
        &mut self,
        source: &Source,
        items: Option<&[KeyToPath]>,
        optional: Option<bool>,
        mode: Option<i32>,
    ) -> Result<(), Setback> {
        let optional = optional == Some(true);
        let data = self.facts.sources.get(source, optional);
        let Some(data) = data.map_err(|error| mount_error(self.volume, &error.message))? else {
            return Ok(());
        };
        match items.filter(|items| !items.is_empty()) {
            None => data.iter().try_for_each(|(key, value)| self.add(key, value.clone(), mode)),
            Some(items) => {
                items.iter().try_for_each(|item| self.add_item(data, item, optional, mode))
            }
        }
    }

    fn add_item(
        &mut self,
        data: &Data,
        item: &KeyToPath,
        optional: bool,
        mode: Option<i32>,
    ) -> Result<(), Setback> {
        match data.get(&item.key) {
            Some(value) => self.add(&item.path, value.clone(), item.mode.or(mode)),
            None if optional => Ok(()),
            None => {
                let text = format!("references non-existent config key: {}", item.key);
                Err(mount_error(self.volume, &text))
            }
        }
    }

    fn add_downward(
        &mut self,
        items: &[DownwardAPIVolumeFile],
        mode: Option<i32>,
    ) -> Result<(), Setback> {
        let fields = self.facts.fields;
        for item in items {
            let text = match (&item.field_ref, &item.resource_field_ref) {
                (Some(field), _) => fields.field(&field.field_path),
                (None, Some(resource)) => fields.resource(resource, None),
                (None, None) => continue,
            };
            let text = text.map_err(|error| mount_error(self.volume, &error.message))?;
            self.add(&item.path, text.into_bytes(), item.mode.or(mode))?;
        }
        Ok(())
    }

    fn add(&mut self, path: &str, bytes: Vec<u8>, mode: Option<i32>) -> Result<(), Setback> {
        let inside = !path.is_empty()
            && !path.starts_with("..")
            && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside {
            return Err(mount_error(self.volume, &format!("the path {path:?} leaves the volume")));
        }
        let mode = u32::try_from(mode.unwrap_or(DEFAULT_MODE) & 0o777).unwrap_or(0o644);
        // The guest reads with the node's own identity: what its owner cannot read nobody could.
        self.payload.files.insert(PathBuf::from(path), File { bytes, mode: mode | 0o400 });
        Ok(())
    }
}
