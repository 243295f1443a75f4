//! `/statusz` and `/flagz`: what an operator asks a process first. For people, not for programs.

use base::Clock;
use http::StatusCode;
use jiff::Timestamp;

use crate::respond::{self, Answer};
use crate::{Config, Version};

/// Paths that the status page points to.
const PATHS: &[&str] = &["/flagz", "/healthz", "/livez", "/metrics", "/readyz", "/version"];

/// What the pages are made of.
#[derive(Debug)]
pub(crate) struct Zpages {
    started: Timestamp,
    clock: Clock,
    version: Version,
    flags: Vec<(String, String)>,
}

impl Zpages {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            started: config.clock.now(),
            clock: config.clock.clone(),
            version: config.version.clone(),
            flags: config.operations.flags.clone(),
        }
    }

    /// Answers the paths that are its own.
    pub(crate) fn respond(&self, path: &str) -> Option<Answer> {
        let page = match path {
            "/statusz" => self.status(),
            "/flagz" => self.flags(),
            _ => return None,
        };
        Some(respond::text(StatusCode::OK, page))
    }

    fn status(&self) -> String {
        let up = self.clock.now().duration_since(self.started).unsigned_abs().as_secs();
        let (hours, minutes, seconds) = (up / 3_600, up / 60 % 60, up % 60);
        format!(
            "kube-apiserver statusz\n\n\
             Started: {}\n\
             Up: {hours} hr {minutes:02} min {seconds:02} sec\n\
             Binary version: {}\n\
             Paths: {}\n",
            self.started.strftime("%a %b %e %H:%M:%S UTC %Y"),
            self.version.git_version,
            PATHS.join(" "),
        )
    }

    fn flags(&self) -> String {
        let lines = self.flags.iter().map(|(flag, value)| format!("{flag}={value}\n"));
        std::iter::once("kube-apiserver flagz\n\n".to_owned()).chain(lines).collect()
    }
}

#[cfg(test)]
mod tests;
