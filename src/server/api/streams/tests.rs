use super::*;

#[test]
fn options_that_a_webhook_changed_are_what_counts() {
    let options = json!({ "kind": "PodExecOptions", "stdin": true, "command": ["ls", "-l"], "container": "b" });
    let query = query_of(&options);
    assert!(query.flag("stdin"));
    assert_eq!(query.get("container"), Some("b"));
    assert_eq!(query.all("command").collect::<Vec<_>>(), ["ls", "-l"]);
    let uri = "/api/v1/namespaces/n/pods/p/proxy/old?x=1";
    let (parts, ()) = http::Request::get(uri).body(()).unwrap().into_parts();
    let changed = with_path(&parts, "new/way").unwrap();
    assert_eq!(changed.uri, "/api/v1/namespaces/n/pods/p/proxy/new/way?x=1");
}
