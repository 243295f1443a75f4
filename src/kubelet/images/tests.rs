//! Sentences about images.

use super::*;

#[test]
fn a_repository_is_a_name_without_tag_and_digest() {
    assert_eq!(repository("localhost/isopod/hello:latest"), "localhost/isopod/hello");
    assert_eq!(repository("localhost:5000/hello"), "localhost:5000/hello");
    assert_eq!(repository("docker.io/library/a:1@sha256:00"), "docker.io/library/a");
}

#[test]
fn a_container_image_is_named_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let clock = base::Clock::simulated("2026-01-01T00:00:00Z".parse().unwrap());
    let images = Images::open(folder.path(), clock).unwrap();
    let text = |name: &str, policy| {
        let reference = Reference::parse(name).unwrap();
        match missing(&images, name, &reference, policy) {
            PullFailure::Missing(text) => text,
            PullFailure::Hopeless(setback) => format!("{}: {}", setback.reason, setback.message),
        }
    };
    expect_test::expect![[r#"this is the name of a container image; Isopod runs WebAssembly components. Import one with "isopod image import FILE.wasm nginx""#]].assert_eq(&text("nginx", None));
    expect_test::expect![[r#"no such image is on this node. Import one with "isopod image import FILE.wasm localhost/isopod/none""#]].assert_eq(&text("localhost/isopod/none", None));
    expect_test::expect![[
        r#"ErrImageNeverPull: Container image "nginx" is not present with pull policy of Never"#
    ]]
    .assert_eq(&text("nginx", Some("Never")));
}
