use http::HeaderValue;

use super::*;
use crate::testing::Fixture;

fn token(configured: &Configured) -> Option<HeaderValue> {
    let _ = configured.remote();
    configured.current.lock().unwrap().settings.authorization.clone()
}

#[tokio::test(start_paused = true)]
async fn a_token_that_changes_in_its_file_is_taken_up() {
    let server = Fixture::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let kubeconfig = "apiVersion: v1\nkind: Config\ncurrent-context: it\n\
        contexts: [{name: it, context: {cluster: c, user: u}}]\n\
        clusters: [{name: c, cluster: {server: 'https://hook.example/review'}}]\n\
        users: [{name: u, user: {tokenFile: token}}]\n";
    std::fs::write(path("config"), kubeconfig).unwrap();
    std::fs::write(path("token"), "first\n").unwrap();
    let configured = Configured::new(server.api.registry().outgoing(), &path("config")).unwrap();
    let bearer = |name: &str| HeaderValue::try_from(format!("Bearer {name}")).ok();
    assert_eq!(token(&configured), bearer("first"));
    std::fs::write(path("token"), "second\n").unwrap();
    tokio::time::advance(INTERVAL).await;
    assert_eq!(token(&configured), bearer("second"));
    // What cannot be read is no reason to stop calling.
    std::fs::remove_file(path("token")).unwrap();
    tokio::time::advance(INTERVAL).await;
    assert_eq!(token(&configured), bearer("second"));
}
