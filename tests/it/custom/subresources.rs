//! Status and scale of objects of a kind somebody defined.

use expect_test::expect;

use super::{BOATS, FLEET, define};
use crate::support::kubectl::alone_with_kubectl;

#[tokio::test]
async fn status_and_scale_have_paths_of_their_own() {
    alone_with_kubectl("shore", async |k| {
        define(k, BOATS).await;
        k.apply(FLEET).await;
        k.check("scale boat ketch --replicas=12", expect!["boat.harbour.example.com/ketch scaled"]).await;
        k.check("scale boat ketch --current-replicas=3 --replicas=4", expect![[r#"
            ! error: Expected replicas to be 3, was 12
            [exit 1]"#]]).await;
        k.check("scale boat ketch --replicas=99", expect![[r#"
            ! The Boat "ketch" is invalid: spec.crew: Invalid value: 99: spec.crew in body should be less than or equal to 40
            [exit 1]"#]]).await;
        let generation = "get boat ketch -o 'jsonpath={.spec.crew} {.metadata.generation} {.status}'";
        k.check(generation, expect!["12 2"]).await;

        let afloat = "{\"spec\":{\"crew\":1},\"status\":{\"aboard\":11,\"selector\":\"boat=ketch\",\
                      \"conditions\":[{\"type\":\"Afloat\",\"status\":\"True\"}]}}";
        // Each path changes its own part only.
        k.check(&format!("patch boat ketch --type=merge -p '{afloat}'"), expect!["boat.harbour.example.com/ketch patched"]).await;
        k.check(generation, expect!["1 3"]).await;
        k.check(&format!("patch boat ketch --subresource=status --type=merge -p '{afloat}'"), expect!["boat.harbour.example.com/ketch patched"]).await;
        k.check(generation, expect![[r#"1 3 {"aboard":11,"conditions":[{"status":"True","type":"Afloat"}],"selector":"boat=ketch"}"#]]).await;
        k.check("wait boat/ketch --for=condition=Afloat --timeout=60s", expect!["boat.harbour.example.com/ketch condition met"]).await;
        k.check("wait boat/ketch --for=jsonpath={.status.aboard}=11 --timeout=60s", expect!["boat.harbour.example.com/ketch condition met"]).await;
        k.check("get boats", expect![[r#"
            NAME FLAG CREW AFLOAT AGE
            dory red 2 AGE
            ketch green 1 True AGE"#]]).await;
        k.check("get boat ketch --subresource=scale -o 'jsonpath={.spec} {.status}'", expect![[r#"{"replicas":1} {"replicas":11,"selector":"boat=ketch"}"#]]).await;
        let wrong = "{\"status\":{\"aboard\":\"all\"}}";
        k.check(&format!("patch boat ketch --subresource=status --type=merge -p '{wrong}'"), expect![[r#"
            ! The Boat "ketch" is invalid: status.aboard: Invalid value: "string": status.aboard in body must be of type integer: "string"
            [exit 1]"#]]).await;
    })
    .await;
}
