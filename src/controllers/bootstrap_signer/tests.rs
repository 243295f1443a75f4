use serde_json::json;

use super::*;
use crate::testing::{now, object};

fn token(id: &str, signs: bool) -> Token {
    let (id, secret) = (id.to_owned(), "0123456789abcdef".to_owned());
    Token { id, secret, signs, expiration: None }
}

fn plan(data: &serde_json::Value, tokens: Vec<Token>) -> Plan {
    let info = object(json!({
        "metadata": {"name": "cluster-info", "namespace": "kube-public"}, "data": data,
    }));
    reconcile(&Snapshot { info, tokens, now: now() })
}

fn written(plan: &Plan) -> serde_json::Value {
    match plan.actions.as_slice() {
        [client::Action::Update { body, .. }] => body["data"].clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_token_that_may_sign_signs_and_no_other_signature_stays() {
    let data = json!({"kubeconfig": "hello", "jws-kubeconfig-gonexx": "x.y", "other": "kept"});
    let over = Token { expiration: Some(now()), ..token("oldold", true) };
    let plan = plan(&data, vec![token("abcdef", true), token("silent", false), over]);
    let written = written(&plan);
    let keys: Vec<&String> = written.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["jws-kubeconfig-abcdef", "kubeconfig", "other"]);
    let signature = written["jws-kubeconfig-abcdef"].as_str().unwrap();
    let (header, own) = signature.split_once("..").unwrap();
    let header = String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!(header, r#"{"alg":"HS256","kid":"abcdef"}"#);
    assert_eq!(URL_SAFE_NO_PAD.decode(own).unwrap().len(), 32);
    // Signed again, nothing changes.
    assert!(super::tests::plan(&written, vec![token("abcdef", true)]).is_empty());
}

#[test]
fn without_anything_to_sign_there_is_no_signature() {
    assert!(plan(&json!({}), vec![token("abcdef", true)]).is_empty());
}
