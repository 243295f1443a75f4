//! Kubeconfig files, by which an administrator names a webhook that authenticates, authorises or takes audit events.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde_json::Value;

use super::{ClientCertificate, Destination, Settings, Trust};

impl Settings {
    /// What the current context of a kubeconfig file calls. Files it names are read with it.
    pub(crate) fn of_kubeconfig(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let config: Value = serde_saphyr::from_str(&text)
            .map_err(|error| format!("{} is no kubeconfig: {error}", file.display()))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        Reader { config: &config, folder }
            .settings()
            .map_err(|error| format!("{}: {error}", file.display()))
    }
}

struct Reader<'a> {
    config: &'a Value,
    folder: &'a Path,
}

impl Reader<'_> {
    fn settings(&self) -> Result<Settings, String> {
        let context = match text(self.config, "current-context") {
            "" => match self.config["contexts"].as_array().map(Vec::as_slice) {
                Some([only]) => &only["context"],
                _ => return Err("current-context is not set".to_owned()),
            },
            name => self.named("contexts", "context", name)?,
        };
        let cluster = self.named("clusters", "cluster", text(context, "cluster"))?;
        let nobody = Value::Null;
        let user = match text(context, "user") {
            "" => &nobody,
            name => self.named("users", "user", name)?,
        };
        let settings = Settings::new(Destination::of_url(text(cluster, "server"))?);
        let server_name = text(cluster, "tls-server-name");
        Ok(Settings {
            trust: self.trust(cluster)?,
            certificate: self.certificate(user)?,
            authorization: self.authorization(user)?,
            server_name: (!server_name.is_empty()).then(|| server_name.to_owned()),
            ..settings
        })
    }

    fn named(&self, list: &str, field: &str, name: &str) -> Result<&Value, String> {
        let items = self.config[list].as_array().into_iter().flatten();
        let mut found = items.filter(|item| item["name"] == name);
        found.next().map(|item| &item[field]).ok_or_else(|| format!("no {field} is named {name:?}"))
    }

    fn trust(&self, cluster: &Value) -> Result<Trust, String> {
        if cluster["insecure-skip-tls-verify"] == true {
            return Ok(Trust::Anything);
        }
        let authorities = self.data(cluster, "certificate-authority")?;
        Ok(authorities.map_or(Trust::System, Trust::Authorities))
    }

    fn certificate(&self, user: &Value) -> Result<Option<ClientCertificate>, String> {
        let chain = self.data(user, "client-certificate")?;
        let key = self.data(user, "client-key")?;
        match (chain, key) {
            (Some(chain), Some(key)) => Ok(Some(ClientCertificate::Pem { chain, key })),
            (None, None) => Ok(None),
            _ => Err("a client certificate needs its key, and a key its certificate".to_owned()),
        }
    }

    fn authorization(&self, user: &Value) -> Result<Option<HeaderValue>, String> {
        for unsupported in ["exec", "auth-provider"] {
            if user.get(unsupported).is_some() {
                return Err(format!(
                    "users that are found out by {unsupported:?} are not supported"
                ));
            }
        }
        let token = match (text(user, "token"), text(user, "tokenFile")) {
            ("", "") => String::new(),
            ("", file) => String::from_utf8_lossy(&self.read(file)?).trim().to_owned(),
            (token, _) => token.to_owned(),
        };
        let value = match (token.as_str(), text(user, "username")) {
            ("", "") => return Ok(None),
            ("", name) => {
                let pair = format!("{name}:{}", text(user, "password"));
                format!("Basic {}", STANDARD.encode(pair))
            }
            (token, _) => format!("Bearer {token}"),
        };
        let mut value = HeaderValue::try_from(value)
            .map_err(|_| "the credentials cannot be in a header".to_owned())?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// What a field holds: in the file itself under `<field>-data`, or in a file of its own.
    fn data(&self, parent: &Value, field: &str) -> Result<Option<Vec<u8>>, String> {
        let data = text(parent, &format!("{field}-data"));
        if !data.is_empty() {
            let decoded = STANDARD.decode(data.trim());
            return decoded.map(Some).map_err(|error| format!("{field}-data: {error}"));
        }
        match text(parent, field) {
            "" => Ok(None),
            file => self.read(file).map(Some),
        }
    }

    fn read(&self, file: &str) -> Result<Vec<u8>, String> {
        let path: PathBuf = self.folder.join(file);
        std::fs::read(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    }
}

fn text<'a>(parent: &'a Value, field: &str) -> &'a str {
    parent[field].as_str().unwrap_or_default()
}
