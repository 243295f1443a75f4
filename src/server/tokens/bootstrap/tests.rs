use serde_json::json;

use crate::testing::{EPOCH, Fixture};

const SECRETS: &str = "/api/v1/namespaces/kube-system/secrets";

#[tokio::test(start_paused = true)]
async fn a_secret_makes_a_token_valid_until_it_ends() {
    let server = Fixture::new().await;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
        "metadata": {"name": "bootstrap-token-abcdef"},
        "stringData": {
            "token-id": "abcdef",
            "token-secret": "0123456789abcdef",
            "usage-bootstrap-authentication": "true",
            "expiration": "2026-01-02T00:00:00Z",
            "auth-extra-groups": "system:bootstrappers:one,system:masters",
        },
    });
    server.post(SECRETS, &secret).await.expect(201);
    let catalog = server.api.registry().catalog();
    let user = |token, now: &str| super::user(catalog, token, now.parse().unwrap());

    let known = user("abcdef.0123456789abcdef", EPOCH).unwrap();
    assert_eq!(known.name, "system:bootstrap:abcdef");
    assert_eq!(known.groups, ["system:bootstrappers", "system:bootstrappers:one"]);
    assert_eq!(user("abcdef.0123456789abcdee", EPOCH), None);
    assert_eq!(user("abcdeg.0123456789abcdef", EPOCH), None);
    assert_eq!(user("abcdef.0123456789abcdef", "2026-01-02T00:00:00Z"), None);
    assert_eq!(user("../../x.0123456789abcdef", EPOCH), None);
}
