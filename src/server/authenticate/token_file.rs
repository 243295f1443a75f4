//! Tokens that a file lists with their users, for set-ups without anything else.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::BoxError;
use crate::identity::{Identity, User};

/// The users of a file. Tokens are kept as digests, so that finding one takes a time that tells nothing about it.
#[derive(Debug)]
pub(super) struct TokenFile(HashMap<[u8; 32], Arc<Identity>>);

impl TokenFile {
    /// Reads `token,name,uid` and, optionally, groups in one quoted field; one user on each line.
    pub(super) fn parse(text: &str) -> Result<Self, BoxError> {
        let mut users = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fields = fields(line);
            let [token, name, uid, rest @ ..] = fields.as_slice() else {
                let wanted = "the token, the user's name and its uid are wanted";
                return Err(format!("line {}: {wanted}", number + 1).into());
            };
            if token.is_empty() {
                continue;
            }
            let groups = rest.first().into_iter().flat_map(|groups| groups.split(','));
            let groups = groups.map(str::trim).filter(|group| !group.is_empty());
            let user = User {
                name: name.clone(),
                uid: uid.clone(),
                groups: groups.map(str::to_owned).collect(),
                ..User::default()
            };
            users.insert(digest(token), Arc::new(Identity::new(user)));
        }
        Ok(Self(users))
    }

    pub(super) fn identify(&self, token: &str) -> Option<Arc<Identity>> {
        self.0.get(&digest(token)).cloned()
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// The fields of a line of CSV (RFC 4180); a quote within quotes is written twice.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().expect("there is always one");
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields.iter().map(|field| field.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests;
