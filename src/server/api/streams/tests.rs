use super::*;

#[test]
fn options_that_a_webhook_changed_are_what_counts() {
    let options = json!({ "kind": "PodExecOptions", "stdin": true, "command": ["ls", "-l"], "container": "b" });
    let query = query_of(&options);
    assert!(query.flag("stdin"));
    assert_eq!(query.get("container"), Some("b"));
    assert_eq!(query.all("command").collect::<Vec<_>>(), ["ls", "-l"]);
}

#[test]
fn a_path_that_a_webhook_changed_stands_behind_the_proxy_of_the_same_object() {
    let changed = |uri: &str, namespaced: bool| {
        let (parts, ()) = http::Request::get(uri).body(()).unwrap().into_parts();
        with_path(&parts, "new/way", namespaced).unwrap().uri.to_string()
    };
    for object in ["/api/v1/namespaces/n/pods/p", "/api/v1/namespaces/proxy/pods/proxy-web:80"] {
        for old in ["/proxy", "/proxy/", "/proxy/old/proxy"] {
            let expected = format!("{object}/proxy/new/way?x=1");
            assert_eq!(changed(&format!("{object}{old}?x=1"), true), expected);
        }
    }
    assert_eq!(changed("/api/v1/nodes/proxy/proxy/a", false), "/api/v1/nodes/proxy/proxy/new/way");
}
