//! Which names pass, and what is said of those that do not.

use super::{
    config_key, dns1035_label, dns1123_label, dns1123_subdomain, environment_variable, label_value,
    path_segment, port_name, qualified_name,
};

#[test]
fn good_names_pass() {
    let long = "a".repeat(63);
    for name in ["a", "a-b", "0a", long.as_str()] {
        assert_eq!(dns1123_label(name), None, "{name}");
    }
    assert_eq!(dns1123_subdomain("a.b-c.d0"), None);
    assert_eq!(dns1035_label("a0"), None);
    assert_eq!(label_value(""), None);
    assert_eq!(label_value("A_b.c"), None);
    assert_eq!(path_segment("system:node"), None);
    assert_eq!(environment_variable("A.b-c"), None);
    assert_eq!(config_key(".bashrc"), None);
    assert_eq!(port_name("http"), None);
    for name in ["app", "example.com/App_1", "kubernetes.io/metadata.name"] {
        assert_eq!(qualified_name(name), None, "{name}");
    }
}

#[test]
fn bad_names_are_told_why() {
    let long = "a".repeat(64);
    for (problem, words) in [
        (dns1123_label("A"), "a lowercase RFC 1123 label must consist of"),
        (dns1123_label("-a"), "a lowercase RFC 1123 label must consist of"),
        (dns1123_label(""), "a lowercase RFC 1123 label must consist of"),
        (dns1123_label(&long), "must be no more than 63 bytes"),
        (dns1123_subdomain("a..b"), "a lowercase RFC 1123 subdomain must consist of"),
        (dns1035_label("0a"), "a DNS-1035 label must consist of"),
        (label_value("a b"), "a valid label must be an empty string or consist of"),
        (qualified_name("/a"), "prefix part must be non-empty"),
        (qualified_name("a/"), "name part must be non-empty"),
        (qualified_name("A.b/c"), "prefix part a lowercase RFC 1123 subdomain"),
        (qualified_name("a/b/c"), "a qualified name must consist of"),
        (qualified_name(&long), "name part must be no more than 63"),
        (path_segment(".."), "may not be '..'"),
        (path_segment("a/b"), "may not contain '/'"),
        (environment_variable("a=b"), "a valid environment variable name"),
        (config_key(".."), "must not be '..'"),
        (config_key("a/b"), "a valid config key must consist of"),
        (port_name("80"), "must contain at least one letter"),
        (port_name("a--b"), "must not contain consecutive hyphens"),
        (port_name("a-name-too-long-by"), "must be no more than 15 characters"),
    ] {
        let problem = problem.unwrap();
        assert!(problem.starts_with(words), "{problem}");
    }
}
