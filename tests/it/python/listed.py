"""Every list and every discovery document that the client knows and the server has."""

import sys

from kubernetes import client, config
from kubernetes.client.rest import ApiException

config.load_kube_config()
SPACE = sys.argv[1]
KEPT = {"v1", "v2"}
# Newer than the API that is served.
NEWER = {
    "list_mutating_admission_policy",
    "list_mutating_admission_policy_binding",
    "list_cluster_trust_bundle",
    "list_namespaced_pod_certificate_request",
    "list_pod_certificate_request_for_all_namespaces",
    "list_device_taint_rule",
    "list_storage_version_migration",
}
# An event without a time of its own is null there, on every server, which this client does not take.
STRICT = {"list_event_for_all_namespaces", "list_namespaced_event"}


def is_served(api):
    name = type(api).__name__
    return name.endswith(("V1Api", "V2Api"))


def call(api, name):
    arguments = [SPACE] if "_namespaced_" in name else []
    getattr(api, name)(*arguments)


counted = 0
for name in dir(client):
    if not name.endswith("Api") or name == "CustomObjectsApi":
        continue
    api = getattr(client, name)()
    if not is_served(api):
        continue
    for method in dir(api):
        whole = not method.endswith(("_with_http_info", "_without_preload_content"))
        wanted = method.startswith("list_") or method == "get_api_resources"
        if not (wanted and whole) or (name == "EventsV1Api" and method in STRICT):
            continue
        try:
            call(api, method)
            counted += 1
        except ApiException as error:
            assert error.status == 404 and (method in NEWER or name.startswith("Storagemigration")), (name, method, error)
groups = client.ApisApi().get_api_versions().groups
assert {"apps", "batch", "policy"} <= {group.name for group in groups}
assert counted > 90, counted
