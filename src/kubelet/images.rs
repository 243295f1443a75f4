//! From the image a container names to a program that can be started, or to a sentence that says why not.

use std::fmt::Write as _;

use images::{Images, Reference};
use sandbox::{ImageContent, ImageSource, PrepareError, Prepared, Runtime};

use crate::lifecycle::{Image, PullFailure, Setback};

/// How many images a message names: enough to choose from, few enough for one line of `describe`.
const NAMED: usize = 6;

/// Finds an image and compiles it.
pub(crate) async fn pull(
    images: &Images,
    runtime: &dyn Runtime,
    name: &str,
    policy: Option<&str>,
) -> Result<(Image, Prepared), PullFailure> {
    let reference = Reference::parse(name).map_err(|error| {
        let text = format!("Failed to apply default image tag \"{name}\": {error}");
        PullFailure::Hopeless(Setback::new("InvalidImageName", text))
    })?;
    let found = images.resolve(name).map_err(|error| PullFailure::Missing(chain(&error)))?;
    let Some(image) = found else {
        return Err(missing(images, name, &reference, policy));
    };
    let source = ImageSource {
        digest: image.digest.clone(),
        content: ImageContent::File(image.path.clone()),
    };
    let prepared = runtime.prepare(source).await;
    let prepared = prepared.map_err(|error| PullFailure::Missing(unfit(&error)))?;
    let id = format!("{}@{}", repository(&image.name), image.digest);
    Ok((Image { name: image.name, id }, prepared))
}

/// A name without its tag or digest.
pub(crate) fn repository(name: &str) -> &str {
    let name = name.split('@').next().unwrap_or(name);
    match name.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before,
        _ => name,
    }
}

fn missing(
    images: &Images,
    name: &str,
    reference: &Reference,
    policy: Option<&str>,
) -> PullFailure {
    if policy == Some("Never") {
        let text = format!("Container image \"{name}\" is not present with pull policy of Never");
        return PullFailure::Hopeless(Setback::new("ErrImageNeverPull", text));
    }
    let what = if reference.registry == "localhost" {
        "no such image is on this node."
    } else {
        "this is the name of a container image; Isopod runs WebAssembly components."
    };
    let mut text = format!("{what} Import one with \"isopod image import FILE.wasm {name}\"");
    let mut names: Vec<String> =
        images.list().unwrap_or_default().into_iter().map(|image| image.name).collect();
    names.sort_by_key(|name| !name.starts_with("localhost/isopod/"));
    if !names.is_empty() {
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        let _ = write!(text, ", or use one that is here: {}", names.join(", "));
        if more > 0 {
            let _ = write!(text, " and {more} more");
        }
    }
    PullFailure::Missing(text)
}

/// Why an image that is here cannot run, and what could.
fn unfit(error: &PrepareError) -> String {
    match error {
        PrepareError::NotWasm { what } => format!(
            "the image is {what}; Isopod runs WebAssembly components. Build one for the target wasm32-wasip2"
        ),
        other => chain(other),
    }
}

/// An error with what caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
