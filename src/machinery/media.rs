//! What a client accepts.

/// The offers of an `Accept` header, best first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Accept {
    /// Sorted by quality, then as written.
    pub offers: Vec<Offer>,
}

/// One media type a client would take, with the parameters Kubernetes knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// `application/json`, `*/*`, in lower case.
    pub media_type: String,
    /// The form asked for: `Table`, `PartialObjectMetadata`, `APIGroupDiscoveryList` …
    pub as_kind: Option<String>,
    /// The group of that form.
    pub group: Option<String>,
    /// The version of that form.
    pub version: Option<String>,
    /// `stream=watch`.
    pub stream: Option<String>,
    /// `pretty=1`.
    pub pretty: bool,
    /// From 0 to 1000; zero refuses.
    pub quality: u16,
}

impl Accept {
    /// Reads a header; an empty one accepts everything, malformed offers are skipped.
    pub fn parse(header: &str) -> Self {
        let mut offers: Vec<Offer> = header.split(',').filter_map(Offer::parse).collect();
        if offers.is_empty() {
            offers.extend(Offer::parse("*/*"));
        }
        offers.sort_by_key(|offer| std::cmp::Reverse(offer.quality));
        Self { offers }
    }
}

impl Offer {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let media_type = parts.next().filter(|media| media.contains('/'))?.to_ascii_lowercase();
        let mut offer = Self {
            media_type,
            as_kind: None,
            group: None,
            version: None,
            stream: None,
            pretty: false,
            quality: 1000,
        };
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            offer.set(key.trim(), value.trim().trim_matches('"'));
        }
        Some(offer)
    }

    fn set(&mut self, key: &str, value: &str) {
        match key.to_ascii_lowercase().as_str() {
            "as" => self.as_kind = Some(value.to_owned()),
            "g" => self.group = Some(value.to_owned()),
            "v" => self.version = Some(value.to_owned()),
            "stream" => self.stream = Some(value.to_owned()),
            "pretty" => self.pretty = matches!(value, "1" | "true"),
            "q" => self.quality = quality(value),
            _ => {}
        }
    }

    /// Whether a reply of this media type would be taken.
    pub fn takes(&self, media_type: &str) -> bool {
        let matches = self.media_type == media_type
            || self.media_type == "*/*"
            || self
                .media_type
                .strip_suffix("/*")
                .is_some_and(|family| media_type.split('/').next() == Some(family));
        matches && self.quality > 0
    }

    /// Whether it asks for this form, such as `("meta.k8s.io", "v1", "Table")`.
    pub fn wants(&self, group: &str, version: &str, kind: &str) -> bool {
        self.as_kind.as_deref() == Some(kind)
            && self.group.as_deref() == Some(group)
            && self.version.as_deref() == Some(version)
    }
}

/// `0.8` as 800; what cannot be read counts as 1.
fn quality(text: &str) -> u16 {
    let value: f32 = text.parse().unwrap_or(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=1000 before the cast"
    )]
    let thousandths = (value.clamp(0.0, 1.0) * 1000.0).round() as u16;
    thousandths
}

#[cfg(test)]
mod tests;
