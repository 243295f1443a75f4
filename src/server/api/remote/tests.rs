use super::object_path;

#[test]
fn what_is_below_a_subresource_belongs_to_it() {
    for (path, object) in [
        ("/apis/g/v1", "/apis/g/v1"),
        ("/apis/g/v1/fishes/nemo", "/apis/g/v1/fishes/nemo"),
        ("/apis/g/v1/fishes/nemo/fins/1", "/apis/g/v1/fishes/nemo/fins"),
        ("/apis/g/v1/namespaces/n/fishes", "/apis/g/v1/namespaces/n/fishes"),
        (
            "/apis/g/v1/namespaces/n/fishes/nemo/portforward/80/tcp",
            "/apis/g/v1/namespaces/n/fishes/nemo/portforward",
        ),
    ] {
        assert_eq!(object_path(path), object);
    }
}
