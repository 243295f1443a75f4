//! Who one is and what one may do.

use expect_test::expect;

use crate::support::kubectl::with_every_kubectl;
use crate::support::normal::normal;

#[tokio::test]
async fn the_administrator_may_do_everything() {
    with_every_kubectl("identity", async |k| {
        k.check(
            "auth whoami",
            expect![[r#"
            ATTRIBUTE VALUE
            Username system:admin
            Groups [system:masters system:authenticated]"#]],
        )
        .await;
        k.check("auth can-i create pods", expect!["yes"]).await;
        k.check(
            "auth can-i delete nodes",
            expect![[r#"
            yes
            ! Warning: resource 'nodes' is not namespace scoped"#]],
        )
        .await;
        let list = normal(&k.ok("auth can-i --list").await);
        assert!(list.lines().any(|line| line == "*.* [] [] [*]"), "{list}");
        assert!(list.lines().any(|line| line.trim() == "[*] [] [*]"), "{list}");
    })
    .await;
}
