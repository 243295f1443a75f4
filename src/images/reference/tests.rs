//! Names as people write them, and what they mean.

use super::normalize;

#[test]
fn a_name_is_completed() {
    let cases = [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("bitnami/nginx", "docker.io/bitnami/nginx:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/a/b", "docker.io/a/b:latest"),
        ("localhost/isopod/hello", "localhost/isopod/hello:latest"),
        ("localhost:5000/a", "localhost:5000/a:latest"),
        ("[::1]:5000/a:v1", "[::1]:5000/a:v1"),
        ("ghcr.io/a__b/c-d/e.f:V_1.x", "ghcr.io/a__b/c-d/e.f:V_1.x"),
        ("Registry/app", "Registry/app:latest"),
    ];
    for (name, complete) in cases {
        assert_eq!(normalize(name).unwrap(), complete);
        assert_eq!(normalize(complete).unwrap(), complete, "a complete name stays as it is");
    }
}

#[test]
fn a_digest_takes_the_place_of_the_tag() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    assert_eq!(normalize(&format!("a@{digest}")).unwrap(), format!("docker.io/library/a@{digest}"));
    assert_eq!(
        normalize(&format!("a:1@{digest}")).unwrap(),
        format!("docker.io/library/a:1@{digest}")
    );
}

#[test]
fn what_is_not_a_name_is_refused_in_the_usual_words() {
    let long = format!("a/{}", "b".repeat(300));
    let cases = [
        ("", "invalid reference format"),
        (" nginx", "invalid reference format"),
        ("a b", "invalid reference format"),
        ("a:", "invalid reference format"),
        ("a/", "invalid reference format"),
        ("/a", "invalid reference format"),
        ("a//b", "invalid reference format"),
        ("-a", "invalid reference format"),
        ("a___b", "invalid reference format"),
        ("a..b", "invalid reference format"),
        ("a:-x", "invalid reference format"),
        ("http://a/b", "invalid reference format"),
        ("a@sha256:0a", "invalid reference format"),
        ("é", "invalid reference format"),
        ("Nginx", "invalid reference format: repository name (library/Nginx) must be lowercase"),
        (&long, "repository name must not be more than 255 characters"),
    ];
    for (name, reason) in cases {
        let error = normalize(name).unwrap_err().to_string();
        assert_eq!(error, format!("couldn't parse image name {name:?}: {reason}"));
    }
}
