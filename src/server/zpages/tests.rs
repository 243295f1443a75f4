use http::Request;
use http_body_util::Full;

use crate::User;
use crate::testing::Fixture;

#[tokio::test(start_paused = true)]
async fn pages_for_operators_say_since_when_and_with_what_the_server_runs() {
    let flags = vec![("listen".to_owned(), "127.0.0.1:6443".to_owned())];
    let server = Fixture::flagged(flags).await;
    tokio::time::advance(std::time::Duration::from_secs(3_723)).await;
    let status = server.get("/statusz").await;
    let status = String::from_utf8(status.body.to_vec()).unwrap();
    assert!(status.contains("\nUp: 1 hr 02 min 03 sec\n"), "{status}");
    assert!(status.contains("\nBinary version: v1.35.0+isopod\n"), "{status}");
    let flags = server.get("/flagz").await;
    assert!(flags.body.ends_with(b"\nlisten=127.0.0.1:6443\n"), "{flags:?}");
    for (group, code) in [("system:monitoring", 200), ("system:authenticated", 403)] {
        let request = Request::get("/statusz").body(Full::default()).unwrap();
        assert_eq!(server.send(User::new("u", &[group]), request).await.code, code, "{group}");
    }
}
