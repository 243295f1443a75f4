//! What names may look like; each check returns what is wrong, in Kubernetes' words.

/// Label values and single DNS labels (RFC 1123).
const LABEL_MAX: usize = 63;
/// A whole DNS name (RFC 1123).
const SUBDOMAIN_MAX: usize = 253;

/// `my-name`, `123-abc`.
pub fn dns1123_label(value: &str) -> Option<String> {
    const MESSAGE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
         and must start and end with an alphanumeric character \
         (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    let fits = is_dns_label(value);
    problem(value, LABEL_MAX, fits, MESSAGE)
}

/// `example.com`.
pub fn dns1123_subdomain(value: &str) -> Option<String> {
    const MESSAGE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
         and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
         '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    let fits = value.split('.').all(is_dns_label);
    problem(value, SUBDOMAIN_MAX, fits, MESSAGE)
}

/// `my-name`, `abc-123`: a label that starts with a letter.
pub fn dns1035_label(value: &str) -> Option<String> {
    const MESSAGE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
         alphabetic character, and end with an alphanumeric character \
         (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    let fits = is_dns_label(value) && value.starts_with(|first: char| first.is_ascii_lowercase());
    problem(value, LABEL_MAX, fits, MESSAGE)
}

/// `example.com/MyName`: keys of labels and annotations, names of resources.
pub fn qualified_name(value: &str) -> Option<String> {
    const FORMAT: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
         alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
         '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    let name = match value.split_once('/') {
        None => value,
        Some(("", _)) => return Some("prefix part must be non-empty".to_owned()),
        Some((prefix, name)) => {
            if name.contains('/') {
                return Some(format!(
                    "a qualified name {FORMAT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
                ));
            }
            if let Some(problem) = dns1123_subdomain(prefix) {
                return Some(format!("prefix part {problem}"));
            }
            name
        }
    };
    match name.len() {
        0 => Some("name part must be non-empty".to_owned()),
        length if length > LABEL_MAX => {
            Some(format!("name part must be no more than {LABEL_MAX} characters"))
        }
        _ if is_label_text(name) => None,
        _ => Some(format!("name part {FORMAT}")),
    }
}

/// The value of a label; may be empty.
pub fn label_value(value: &str) -> Option<String> {
    const MESSAGE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
         and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', \
         regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    problem(value, LABEL_MAX, value.is_empty() || is_label_text(value), MESSAGE)
}

/// A name that is one segment of a URL path: kinds whose names are not DNS names, such as roles.
pub fn path_segment(value: &str) -> Option<String> {
    if value == "." || value == ".." {
        return Some(format!("may not be '{value}'"));
    }
    let found = ["/", "%"].into_iter().find(|special| value.contains(special))?;
    Some(format!("may not contain '{found}'"))
}

/// The name of an environment variable: any printable ASCII but `=`.
pub fn environment_variable(value: &str) -> Option<String> {
    const MESSAGE: &str = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    let fits = !value.is_empty()
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=');
    (!fits).then(|| MESSAGE.to_owned())
}

/// The key of a ConfigMap or Secret, which becomes a file name.
pub fn config_key(value: &str) -> Option<String> {
    const MESSAGE: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' \
         (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    let fits = !value.is_empty()
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    problem(value, SUBDOMAIN_MAX, fits, MESSAGE).or_else(|| match value {
        "." | ".." => Some(format!("must not be '{value}'")),
        _ if value.starts_with("..") => Some("must not start with '..'".to_owned()),
        _ => None,
    })
}

/// The name of a port: an IANA service name.
pub fn port_name(value: &str) -> Option<String> {
    /// RFC 6335.
    const PORT_NAME_MAX: usize = 15;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if value.len() > PORT_NAME_MAX {
        Some(format!("must be no more than {PORT_NAME_MAX} characters"))
    } else if value.is_empty() || !value.bytes().all(allowed) {
        Some("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned())
    } else if !value.bytes().any(|byte| byte.is_ascii_lowercase()) {
        Some("must contain at least one letter (a-z)".to_owned())
    } else if value.contains("--") {
        Some("must not contain consecutive hyphens".to_owned())
    } else if value.starts_with('-') || value.ends_with('-') {
        Some("must not begin or end with a hyphen".to_owned())
    } else {
        None
    }
}

fn problem(value: &str, max: usize, fits: bool, message: &str) -> Option<String> {
    if value.len() > max {
        Some(format!("must be no more than {max} bytes"))
    } else {
        (!fits).then(|| message.to_owned())
    }
}

fn is_dns_label(value: &str) -> bool {
    let edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bounded(value, edge, |byte| edge(byte) || byte == b'-')
}

fn is_label_text(value: &str) -> bool {
    bounded(
        value,
        |byte| byte.is_ascii_alphanumeric(),
        |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte),
    )
}

fn bounded(value: &str, edge: impl Fn(u8) -> bool, inner: impl Fn(u8) -> bool) -> bool {
    match value.as_bytes() {
        [] => false,
        bytes => {
            edge(bytes[0]) && edge(bytes[bytes.len() - 1]) && bytes.iter().all(|byte| inner(*byte))
        }
    }
}

#[cfg(test)]
mod tests;
