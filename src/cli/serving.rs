//! Flags about connections, under the names that kube-apiserver gives them.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use server::{CertificateFiles, ServingSettings, TlsVersion};

/// As on Kubernetes: one request in fifty.
const GOAWAY_CHANCE_MAX: f64 = 0.02;

#[derive(Debug, Args)]
#[command(next_help_heading = "Connections")]
pub(super) struct ServingFlags {
    /// The certificate that clients are shown instead of the server's own, with those of the authorities between it and
    /// the root (PEM); taken up again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_private_key_file")]
    tls_cert_file: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert_file")]
    tls_private_key_file: Option<PathBuf>,
    /// A certificate and its key for clients that ask for one of the names, or for one in the certificate; may be repeated
    #[arg(long, value_name = "CERT,KEY[:NAME,…]", value_parser = certificate)]
    tls_sni_cert_key: Vec<CertificateFiles>,
    /// The oldest version of TLS that is spoken, `VersionTLS12` or `VersionTLS13`
    #[arg(long, value_name = "VERSION", default_value = "VersionTLS12", value_parser = version)]
    tls_min_version: TlsVersion,
    /// By which chance a request on HTTP/2 makes its client open another connection, from 0 to 0.02
    #[arg(long, value_name = "CHANCE", default_value_t = 0.0, value_parser = chance)]
    goaway_chance: f64,
}

impl ServingFlags {
    pub(super) fn settings(&self) -> ServingSettings {
        let files = self.tls_cert_file.clone().zip(self.tls_private_key_file.clone());
        let default = files.map(|(certificate, key)| CertificateFiles {
            certificate,
            key,
            names: Vec::new(),
        });
        ServingSettings {
            default,
            named: self.tls_sni_cert_key.clone(),
            min_version: self.tls_min_version,
            goaway_chance: self.goaway_chance,
        }
    }
}

fn certificate(text: &str) -> Result<CertificateFiles> {
    CertificateFiles::parse(text).map_err(|wrong| anyhow!(wrong))
}

/// Whoever lets older versions in gets those there are.
fn version(text: &str) -> Result<TlsVersion> {
    match text {
        "VersionTLS10" | "VersionTLS11" | "VersionTLS12" => Ok(TlsVersion::Tls12),
        "VersionTLS13" => Ok(TlsVersion::Tls13),
        _ => bail!("unknown tls version {text:?}"),
    }
}

fn chance(text: &str) -> Result<f64> {
    let chance: f64 = text.parse()?;
    if !(0.0..=GOAWAY_CHANCE_MAX).contains(&chance) {
        bail!("--goaway-chance can not be less than 0 or greater than 0.02");
    }
    Ok(chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_chances_are_those_of_kubernetes() {
        assert_eq!(version("VersionTLS13").unwrap(), TlsVersion::Tls13);
        assert_eq!(version("VersionTLS10").unwrap(), TlsVersion::Tls12);
        assert!(version("1.3").unwrap_err().to_string().contains("unknown tls version"));
        assert!(chance("0.02").is_ok() && chance("0").is_ok());
        for wrong in ["0.021", "-0.1", "NaN", "often"] {
            assert!(chance(wrong).is_err(), "{wrong}");
        }
    }
}
