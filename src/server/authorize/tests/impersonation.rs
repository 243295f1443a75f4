use super::*;

const WHO: &str = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews";

fn question() -> Value {
    json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
}

async fn who(server: &Fixture, caller: User, headers: &[(&str, &str)]) -> Reply {
    ask_with(server, caller, WHO, headers, &question()).await
}

#[tokio::test(start_paused = true)]
async fn an_administrator_is_whoever_they_say() {
    let server = Fixture::new().await;
    let headers = [
        ("impersonate-user", "ann"),
        ("impersonate-group", "dev"),
        ("impersonate-group", "ops"),
        ("impersonate-uid", "7"),
        ("impersonate-extra-example.dev%2fscopes", "a"),
        ("impersonate-extra-example.dev%2fscopes", "b"),
    ];
    let review = who(&server, User::admin(), &headers).await.expect(201);
    assert_eq!(
        review["status"]["userInfo"],
        json!({
            "username": "ann", "uid": "7",
            "groups": ["dev", "ops", "system:authenticated"],
            "extra": {"example.dev/scopes": ["a", "b"]},
        })
    );
}

#[tokio::test(start_paused = true)]
async fn the_groups_of_accounts_come_with_them() {
    let server = Fixture::new().await;
    let groups = async |name: &str| {
        let review = who(&server, User::admin(), &[("impersonate-user", name)]).await;
        review.expect(201)["status"]["userInfo"]["groups"].clone()
    };
    assert_eq!(
        groups("system:serviceaccount:default:web").await,
        json!(["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
    );
    assert_eq!(groups("ann").await, json!(["system:authenticated"]));
    // Nobody in particular may not even ask who they are.
    let anonymous = [("impersonate-user", "system:anonymous")];
    who(&server, User::admin(), &anonymous).await.failure(403, "Forbidden");
}

#[tokio::test(start_paused = true)]
async fn every_part_is_a_permission() {
    let server = Fixture::new().await;
    let user_header = ("impersonate-user", "bob");
    let refused = who(&server, user("ann"), &[user_header]).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "users \"bob\" is forbidden: User \"ann\" cannot impersonate resource \"users\" in API \
         group \"\" at the cluster scope"
    );
    grant(&server, "bob", &["impersonate - users bob"], "ann").await;
    who(&server, user("ann"), &[user_header]).await.expect(201);
    who(&server, user("ann"), &[("impersonate-user", "carl")]).await.failure(403, "Forbidden");

    let group = ("impersonate-group", "system:masters");
    let refused = who(&server, user("ann"), &[user_header, group]).await;
    let message = refused.failure(403, "Forbidden");
    assert!(message.contains("cannot impersonate resource \"groups\""), "{message}");
    let uid = ("impersonate-uid", "1");
    let refused = who(&server, user("ann"), &[user_header, uid]).await;
    let message = refused.failure(403, "Forbidden");
    assert!(message.contains("\"uids\" in API group \"authentication.k8s.io\""), "{message}");
    let extra = ("impersonate-extra-scopes", "all");
    let refused = who(&server, user("ann"), &[user_header, extra]).await;
    let message = refused.failure(403, "Forbidden");
    assert!(message.contains("cannot impersonate resource \"userextras/scopes\""), "{message}");
    let account = ("impersonate-user", "system:serviceaccount:default:web");
    let refused = who(&server, user("ann"), &[account]).await;
    assert_eq!(
        refused.failure(403, "Forbidden"),
        "serviceaccounts \"web\" is forbidden: User \"ann\" cannot impersonate resource \
         \"serviceaccounts\" in API group \"\" in the namespace \"default\""
    );
    grant(&server, "default/web", &["impersonate - serviceaccounts web"], "ann").await;
    who(&server, user("ann"), &[account]).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn who_is_impersonated_may_do_what_they_may() {
    let server = Fixture::new().await;
    grant(&server, "list", &["list - configmaps"], "bob").await;
    let headers = [("impersonate-user", "bob")];
    let list = format!("GET {CONFIG_MAPS}");
    ask_with(&server, User::admin(), &list, &headers, &Value::Null).await.expect(200);
    let create = format!("POST {CONFIG_MAPS}");
    let refused = ask_with(&server, User::admin(), &create, &headers, &config_map("a")).await;
    assert!(refused.failure(403, "Forbidden").contains("User \"bob\" cannot create"));
    let masters = [("impersonate-user", "bob"), ("impersonate-group", "system:masters")];
    ask_with(&server, User::admin(), &create, &masters, &config_map("a")).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn groups_alone_make_nobody() {
    let server = Fixture::new().await;
    let headers = [("impersonate-group", "system:masters")];
    who(&server, User::admin(), &headers).await.failure(400, "BadRequest");
    who(&server, user("ann"), &headers).await.failure(400, "BadRequest");
}

#[tokio::test(start_paused = true)]
async fn people_of_a_large_directory_are_in_a_thousand_groups() {
    let server = Fixture::new().await;
    let groups: Vec<String> = (0..998).map(|number| format!("group-{number}")).collect();
    let mut headers = vec![("impersonate-user", "ann"), ("impersonate-group", "group-7")];
    headers.extend(groups.iter().map(|group| ("impersonate-group", group.as_str())));
    let review = who(&server, User::admin(), &headers).await.expect(201);
    let known = review["status"]["userInfo"]["groups"].as_array().unwrap();
    assert_eq!(known.len(), 1_000, "those named, and system:authenticated");
    headers.push(("impersonate-group", "one more"));
    let refused = who(&server, User::admin(), &headers).await;
    let message = refused.failure(400, "BadRequest");
    assert_eq!(message, "at most 1000 values may be impersonated");
}
