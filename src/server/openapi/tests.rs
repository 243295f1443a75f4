use super::*;
use crate::cache::CacheProgress;

fn catalog() -> Catalog {
    Catalog::new(kinds::KINDS, &Arc::new(CacheProgress::default()))
}

fn document(path: &str) -> Value {
    serde_json::from_slice(&find(&catalog().load(), path).unwrap().json.unpack()).unwrap()
}

#[test]
fn merge_keys_and_descriptions_stand_together() {
    let core = document("api/v1");
    let spec = &core["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"];
    assert_eq!(spec["containers"]["x-kubernetes-patch-merge-key"], "name");
    assert_eq!(spec["containers"]["x-kubernetes-list-type"], "map");
    assert!(spec["containers"]["description"].as_str().unwrap().len() > 20);
}

#[test]
fn kubectl_finds_patch_types_dry_run_and_kinds() {
    let apps = document("apis/apps/v1");
    let patch = &apps["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
    assert_eq!(patch["x-kubernetes-group-version-kind"]["kind"], "Deployment");
    assert!(
        patch["requestBody"]["content"].get("application/strategic-merge-patch+json").is_some()
    );
    let names: Vec<_> =
        patch["parameters"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert!(names.contains(&&json!("fieldValidation")) && names.contains(&&json!("dryRun")));
    let deployment = &apps["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"];
    assert_eq!(deployment["x-kubernetes-group-version-kind"][0]["kind"], "Deployment");
}

#[test]
fn every_stored_kind_is_described() {
    let catalog = catalog();
    let present = catalog.load();
    for kind in kinds::KINDS {
        let json: Value =
            serde_json::from_slice(&find(&present, &group_path(*kind)).unwrap().json.unpack())
                .unwrap();
        let schema = &json["components"]["schemas"][kind.schema_name()];
        assert!(schema.is_object(), "{} has a row among the described kinds", kind.schema_name());
    }
}

#[test]
fn the_hash_in_the_index_is_that_of_the_document() {
    let catalog = catalog();
    let present = catalog.load();
    let index = index(&present);
    let url = index["paths"]["apis/apps/v1"]["serverRelativeURL"].as_str().unwrap();
    assert!(url.ends_with(&find(&present, "apis/apps/v1").unwrap().json.hash()), "{url}");
}

#[test]
fn a_property_may_be_called_like_a_reference() {
    let document = document("apis/apiextensions.k8s.io/v1");
    let name = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
    let properties = &document["components"]["schemas"][name]["properties"];
    assert_eq!(properties["$ref"]["type"], "string");
    assert_eq!(properties.get("allOf").and_then(|all| all.get(0)), None);
}

#[test]
fn references_resolve() {
    for path in ["api/v1", "apis/apps/v1", "api", "apis", "apis/apps", "version"] {
        let document = document(path);
        let mut missing = Vec::new();
        walk(&document, &mut |reference| {
            let name = reference.trim_start_matches(REFERENCE_PREFIX);
            if document["components"]["schemas"].get(name).is_none() {
                missing.push(reference.to_owned());
            }
        });
        missing.sort();
        missing.dedup();
        assert!(missing.is_empty(), "{path}: {missing:?}");
    }
}

fn walk(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_str().filter(|_| key == "$ref") {
                    Some(reference) => found(reference),
                    None => walk(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
        _ => {}
    }
}

#[test]
fn operations_say_what_comes_back() {
    let core = document("api/v1");
    let pod = &core["paths"]["/api/v1/namespaces/{namespace}/pods/{name}"];
    let answer = |operation: &Value, code: &str, media: &str| {
        let schema = &operation["responses"][code]["content"][media]["schema"]["$ref"];
        schema.as_str().unwrap_or_default().trim_start_matches(REFERENCE_PREFIX).to_owned()
    };
    assert_eq!(answer(&pod["delete"], "202", JSON), "io.k8s.api.core.v1.Pod");
    assert_eq!(pod["delete"]["operationId"], "deleteCoreV1NamespacedPod");
    let map = &core["paths"]["/api/v1/namespaces/{namespace}/configmaps/{name}"];
    assert_eq!(answer(&map["delete"], "200", JSON), "io.k8s.apimachinery.pkg.apis.meta.v1.Status");
    let list = &core["paths"]["/api/v1/pods"]["get"];
    assert_eq!(list["operationId"], "listCoreV1PodForAllNamespaces");
    assert_eq!(answer(list, "200", JSON), "io.k8s.api.core.v1.PodList");
    let watch = &core["paths"]["/api/v1/watch/namespaces/{namespace}/pods/{name}"]["get"];
    assert_eq!(answer(watch, "200", JSON), "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent");
}

#[test]
fn subresources_carry_kinds_of_their_own() {
    let apps = document("apis/apps/v1");
    let scale = &apps["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"];
    assert_eq!(scale["put"]["x-kubernetes-group-version-kind"]["group"], "autoscaling");
    assert_eq!(scale["put"]["tags"], json!(["apps_v1"]));
    let core = document("api/v1");
    let below = |name: &str| {
        &core["paths"][format!("/api/v1/namespaces/{{namespace}}/pods/{{name}}/{name}")]
    };
    assert_eq!(below("exec")["post"]["x-kubernetes-action"], "connect");
    assert_eq!(below("exec")["get"]["operationId"], "connectCoreV1GetNamespacedPodExec");
    assert_eq!(
        below("log")["get"]["responses"]["200"]["content"]["text/plain"]["schema"]["type"],
        "string"
    );
    assert_eq!(below("proxy/{path}")["delete"]["parameters"][0]["name"], "path");
    assert_eq!(below("eviction")["post"]["x-kubernetes-group-version-kind"]["group"], "policy");
}

#[test]
fn no_two_operations_have_the_same_id() {
    let mut seen = BTreeSet::new();
    let catalog = catalog();
    for (_, document) in each(&catalog.load()) {
        let document: Value = serde_json::from_slice(&document.json.unpack()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for operation in item.as_object().unwrap().values() {
                let Some(id) = operation["operationId"].as_str() else { continue };
                assert!(seen.insert(id.to_owned()), "{id} at {path} is not the first");
            }
        }
    }
}

#[test]
fn what_is_required_is_what_the_server_demands() {
    let core = document("api/v1");
    let schemas = &core["components"]["schemas"];
    assert_eq!(schemas["io.k8s.api.core.v1.ConfigMap"].get("required"), None);
    assert_eq!(schemas["io.k8s.api.core.v1.Container"]["required"], json!(["name"]));
}

#[test]
fn what_is_no_groups_version_is_described_too() {
    let catalog = catalog();
    let index = index(&catalog.load());
    for (path, id, media, answer) in [
        ("api", "getCoreAPIVersions", JSON, "APIVersions"),
        ("apis", "getAPIVersions", JSON, "APIGroupList"),
        ("apis/apps", "getAppsAPIGroup", JSON, "APIGroup"),
        ("apis/rbac.authorization.k8s.io", "getRbacAuthorizationAPIGroup", JSON, "APIGroup"),
        ("version", "getCodeVersion", JSON, "Info"),
        ("openid/v1/jwks", "getServiceAccountIssuerOpenIDKeyset", "application/jwk-set+json", ""),
        (
            ".well-known/openid-configuration",
            "getServiceAccountIssuerOpenIDConfiguration",
            JSON,
            "",
        ),
    ] {
        assert!(index["paths"][path]["serverRelativeURL"].is_string(), "{path}");
        let get = document(path)["paths"][format!("/{path}/")]["get"].clone();
        assert_eq!(get["operationId"], id);
        let schema = get["responses"]["200"]["content"][media]["schema"].clone();
        let reference = schema["$ref"].as_str().unwrap_or_default();
        assert_eq!(reference.rsplit('.').next(), Some(answer), "{path}");
    }
    let group = document("apis/apps");
    assert_eq!(group["paths"]["/apis/apps/"]["get"]["tags"], json!(["apps"]));
    let names: Vec<&String> = group["components"]["schemas"].as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[tokio::test]
async fn every_root_that_is_described_is_answered() {
    let server = crate::testing::Fixture::new().await;
    let index = server.get("/openapi/v3").await.expect(200);
    let roots = index["paths"].as_object().unwrap();
    let roots = roots.keys().filter(|path| !path.starts_with("api/v1"));
    for root in roots {
        server.get(&format!("/{root}/")).await.expect(200);
    }
    let whole = server.get("/openapi/v2").await.expect(200);
    let version = &whole["paths"]["/version/"]["get"]["responses"]["200"]["schema"]["$ref"];
    assert_eq!(*version, "#/definitions/io.k8s.apimachinery.pkg.version.Info");
    assert!(whole["definitions"]["io.k8s.apimachinery.pkg.version.Info"].is_object());
}

#[test]
fn operations_are_called_as_on_kubernetes() {
    let core = document("api/v1");
    let id = |path: &str, method: &str| {
        let id = &core["paths"][format!("/api/v1/namespaces/{{namespace}}/pods{path}")][method];
        id["operationId"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(id("/{name}", "get"), "readCoreV1NamespacedPod");
    assert_eq!(id("", "delete"), "deleteCoreV1CollectionNamespacedPod");
    assert_eq!(id("/{name}/exec", "get"), "connectCoreV1GetNamespacedPodExec");
    for (method, called) in [("options", "Options"), ("head", "Head"), ("patch", "Patch")] {
        let proxy = format!("connectCoreV1{called}NamespacedPodProxy");
        assert_eq!(id("/{name}/proxy", method), proxy);
        assert_eq!(id("/{name}/proxy/{path}", method), format!("{proxy}WithPath"));
    }
    assert_eq!(id("/{name}/exec", "options"), "");
}
