//! The links in a page of HTML.
//!
//! Each byte is looked at once. Nothing but the values of attributes that are links is changed; what is no tag, be it
//! text, a comment or a script, passes as it is.

use super::Way;

/// The longest tag that is looked into; longer ones carry a picture, not a path.
const TAG_BYTES_MAX: usize = 64 << 10;

/// Which attributes of which elements are links.
const LINKS: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("applet", &["codebase"]),
    ("area", &["href"]),
    ("audio", &["src"]),
    ("base", &["href"]),
    ("blockquote", &["cite"]),
    ("body", &["background"]),
    ("button", &["formaction"]),
    ("command", &["icon"]),
    ("del", &["cite"]),
    ("embed", &["src"]),
    ("form", &["action"]),
    ("frame", &["longdesc", "src"]),
    ("head", &["profile"]),
    ("html", &["manifest"]),
    ("iframe", &["longdesc", "src"]),
    ("img", &["longdesc", "src", "usemap"]),
    ("input", &["src", "usemap", "formaction"]),
    ("ins", &["cite"]),
    ("link", &["href"]),
    ("object", &["classid", "codebase", "data", "usemap"]),
    ("q", &["cite"]),
    ("script", &["src"]),
    ("source", &["src"]),
    ("video", &["poster", "src"]),
];

/// Elements whose content is text to its end, whatever it looks like.
const RAW: &[&str] =
    &["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"];

/// A page so far.
pub(super) struct Links {
    way: Way,
    state: State,
    /// What has come of a tag.
    tag: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// After `<`, which is in `tag`.
    Open,
    /// After `<!`, and this many dashes.
    Declaration(u8),
    /// In a comment, after this many dashes.
    Comment(u8),
    /// Up to the next `>`: in an end tag, a declaration, an instruction.
    Other,
    /// In a start tag.
    Tag(Part),
    /// In one that is too long to be looked into.
    LongTag(Part),
    /// In such an element, after so many bytes of its end tag.
    Raw(&'static str, usize),
}

/// Where in a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Names,
    BeforeValue,
    Bare,
    Quoted(u8),
    End,
}

impl Part {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Quoted(quote), byte) if byte == quote => Self::Names,
            (Self::Quoted(_), _) => self,
            (_, b'>') => Self::End,
            (Self::Names, b'=') => Self::BeforeValue,
            (Self::Names, _) => self,
            (Self::BeforeValue, b'"' | b'\'') => Self::Quoted(byte),
            (Self::BeforeValue, byte) if byte.is_ascii_whitespace() => self,
            (Self::Bare, byte) if byte.is_ascii_whitespace() => Self::Names,
            _ => Self::Bare,
        }
    }
}

impl Links {
    pub(super) fn new(way: Way) -> Self {
        Self { way, state: State::Text, tag: Vec::new() }
    }

    /// Takes the next bytes, and gives what is known of their tags.
    pub(super) fn push(&mut self, bytes: &[u8], changed: &mut Vec<u8>) {
        for byte in bytes {
            self.step(*byte, changed);
        }
    }

    /// Gives what is left.
    pub(super) fn finish(&mut self, changed: &mut Vec<u8>) {
        changed.append(&mut self.tag);
    }

    fn step(&mut self, byte: u8, changed: &mut Vec<u8>) {
        if let (State::Text | State::Open, b'<') = (self.state, byte) {
            changed.append(&mut self.tag);
            self.tag.push(byte);
            self.state = State::Open;
            return;
        }
        match self.state {
            State::Open if byte.is_ascii_alphabetic() => {
                self.tag.push(byte);
                self.state = State::Tag(Part::Names);
            }
            State::Tag(part) => self.step_tag(part.after(byte), byte, changed),
            other => {
                changed.append(&mut self.tag);
                changed.push(byte);
                self.state = match other {
                    State::LongTag(part) => match part.after(byte) {
                        Part::End => State::Text,
                        part => State::LongTag(part),
                    },
                    other => other.after(byte),
                };
            }
        }
    }

    fn step_tag(&mut self, part: Part, byte: u8, changed: &mut Vec<u8>) {
        self.tag.push(byte);
        if part == Part::End {
            let name = name(&self.tag);
            self.state = RAW
                .iter()
                .find(|raw| name.eq_ignore_ascii_case(raw.as_bytes()))
                .map_or(State::Text, |raw| State::Raw(raw, 0));
            self.rewrite(changed);
            self.tag.clear();
            return;
        }
        self.state = State::Tag(part);
        if self.tag.len() > TAG_BYTES_MAX {
            changed.append(&mut self.tag);
            self.state = State::LongTag(part);
        }
    }

    /// Writes a tag with its links changed. Of attributes of one name only the first counts, as in browsers, so that a
    /// tag grows by a few links at most.
    fn rewrite(&self, changed: &mut Vec<u8>) {
        let name = name(&self.tag);
        let links = LINKS.iter().find(|(element, _)| name.eq_ignore_ascii_case(element.as_bytes()));
        let mut written = 0;
        if let Some((_, links)) = links {
            let mut left = links.to_vec();
            for (name, value) in attributes(&self.tag, 1 + name.len()) {
                let is_name = |link: &&str| name.eq_ignore_ascii_case(link.as_bytes());
                let Some(at) = left.iter().position(is_name) else { continue };
                left.swap_remove(at);
                let text = std::str::from_utf8(&self.tag[value.clone()]);
                let Some(link) = text.ok().and_then(|text| self.way.link(text)) else { continue };
                changed.extend_from_slice(&self.tag[written..value.start]);
                changed.extend_from_slice(link.as_bytes());
                written = value.end;
            }
        }
        changed.extend_from_slice(&self.tag[written..]);
    }
}

impl State {
    /// What follows outside of start tags.
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Open, b'!') => Self::Declaration(0),
            (Self::Open, b'/' | b'?') => Self::Other,
            (Self::Declaration(0), b'-') => Self::Declaration(1),
            // `<!-->` is a whole comment.
            (Self::Declaration(1), b'-') => Self::Comment(2),
            (Self::Open, _) | (Self::Comment(2) | Self::Declaration(_) | Self::Other, b'>') => {
                Self::Text
            }
            (Self::Declaration(_), _) => Self::Other,
            (Self::Comment(dashes), b'-') => Self::Comment((dashes + 1).min(2)),
            (Self::Comment(2), b'!') => self,
            (Self::Comment(_), _) => Self::Comment(0),
            (Self::Raw(name, seen), byte) => Self::after_raw(name, seen, byte),
            _ => self,
        }
    }

    /// In an element of raw text, which ends with `</name` and no further letter.
    fn after_raw(name: &'static str, seen: usize, byte: u8) -> Self {
        let wanted = match seen {
            0 => Some(b'<'),
            1 => Some(b'/'),
            seen => name.as_bytes().get(seen - 2).copied(),
        };
        match wanted {
            None if byte == b'>' => Self::Text,
            None if byte == b'/' || byte.is_ascii_whitespace() => Self::Other,
            Some(wanted) if byte.eq_ignore_ascii_case(&wanted) => Self::Raw(name, seen + 1),
            _ => Self::Raw(name, usize::from(byte == b'<')),
        }
    }
}

/// The name of a start tag.
fn name(tag: &[u8]) -> &[u8] {
    let name = tag.get(1..).unwrap_or_default();
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
    &name[..name.iter().position(ends).unwrap_or(name.len())]
}

/// The attributes of a tag behind its name: their names, and where their values are.
fn attributes(tag: &[u8], start: usize) -> Vec<(&[u8], std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let (mut name, mut value, mut part) = (start..start, start..start, Part::Names);
    for (at, byte) in tag.iter().enumerate().skip(start) {
        let next = part.after(*byte);
        match (part, next) {
            (Part::Names, Part::Names) if byte.is_ascii_whitespace() || *byte == b'/' => {}
            // A name goes on, or another begins after a space.
            (Part::Names, Part::Names) if name.end == at => name.end = at + 1,
            (Part::Names, Part::Names) => name = at..at + 1,
            (Part::BeforeValue, Part::Quoted(_)) => value = at + 1..at + 1,
            (Part::BeforeValue, Part::Bare) => value = at..at,
            (Part::Quoted(_) | Part::Bare, Part::Names) | (Part::Bare, Part::End) => {
                value.end = at;
                found.push((&tag[name.clone()], value.clone()));
                name = at + 1..at + 1;
            }
            _ => {}
        }
        part = next;
    }
    found
}

#[cfg(test)]
mod tests;
