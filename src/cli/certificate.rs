//! `isopod certificate`: until when a cluster's certificates are valid.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use base::Clock;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::Value;

use super::{DataDir, say};

#[derive(Debug, Subcommand)]
pub(crate) enum Certificate {
    /// Say until when the authorities and the administrator's certificate are valid; fails when one is not. The
    /// server's own certificate is as old as the administrator's, and both renew themselves while it runs
    Check {
        #[command(flatten)]
        data: DataDir,
    },
}

impl Certificate {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let Self::Check { data } = self;
        let folder = data.resolve()?;
        let now = Clock::system().now();
        let authority = |name: &str| read(&folder.join("pki").join(name));
        let certificates = [
            ("authority", authority("ca.crt")?),
            ("front proxy's authority", authority("front-proxy-ca.crt")?),
            ("administrator", administrator(&folder.join(crate::KUBECONFIG_FILE))?),
        ];
        let mut all_valid = true;
        for (name, pem) in certificates {
            let end = server::certificate_end(&pem).map_err(|error| anyhow!("{name}: {error}"))?;
            say(&format!("{name:<24} {end} ({})", left(end, now)));
            all_valid &= now < end;
        }
        Ok(if all_valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn left(end: Timestamp, now: Timestamp) -> String {
    let left = end.duration_since(now);
    match left.as_hours() {
        _ if left.is_negative() => "over".to_owned(),
        hours if hours < 48 => format!("{hours} hours left"),
        hours => format!("{} days left", hours / 24),
    }
}

/// The certificate in a kubeconfig of ours, which is JSON.
fn administrator(kubeconfig: &Path) -> Result<String> {
    let text = read(kubeconfig)?;
    let config: Value = serde_json::from_str(&text).context("read the kubeconfig")?;
    let data = &config["users"][0]["user"]["client-certificate-data"];
    let data = data.as_str().context("the kubeconfig has no certificate")?;
    let pem = STANDARD.decode(data).context("read the kubeconfig's certificate")?;
    String::from_utf8(pem).context("read the kubeconfig's certificate")
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("{}: start a cluster there with isopod up", path.display()))
}
