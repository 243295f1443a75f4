"""The dynamic client: what the server has is learnt from discovery alone."""

import sys

from kubernetes import client, config, dynamic
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError

config.load_kube_config()
SPACE = sys.argv[1]
dyn = dynamic.DynamicClient(client.ApiClient())

maps = dyn.resources.get(api_version="v1", kind="ConfigMap")
body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dynamic"}, "data": {"a": "1"}}
made = maps.create(namespace=SPACE, body=body)
assert made.data.a == "1"
merge = maps.patch(
    namespace=SPACE, name="dynamic", body={"data": {"a": "2"}}, content_type="application/merge-patch+json"
)
assert merge.data.a == "2"
body["data"] = {"b": "3"}
try:
    maps.server_side_apply(namespace=SPACE, body=dict(body, data={"a": "3"}), name="dynamic", field_manager="apply")
    raise AssertionError("two managers may not own a field with two values")
except ConflictError as error:
    assert "FieldManagerConflict" in str(error.body), error.body
applied = maps.server_side_apply(namespace=SPACE, body=body, name="dynamic", field_manager="apply")
assert applied.data.to_dict() == {"a": "2", "b": "3"}, applied.data
seen = []
for event in maps.watch(namespace=SPACE, field_selector="metadata.name=dynamic", timeout=300):
    seen.append((event["type"], event["object"].data.a))
    if len(seen) == 1:
        maps.patch(namespace=SPACE, name="dynamic", body={"data": {"a": "4"}})
    elif len(seen) == 2:
        maps.delete(namespace=SPACE, name="dynamic")
    else:
        break
assert seen == [("ADDED", "2"), ("MODIFIED", "4"), ("DELETED", "4")], seen
try:
    maps.get(namespace=SPACE, name="dynamic")
    raise AssertionError("it is gone")
except NotFoundError:
    pass
deployments = dyn.resources.get(api_version="apps/v1", kind="Deployment")
assert {"scale", "status"} <= set(deployments.subresources), deployments.subresources
assert dyn.resources.get(api_version="v1", kind="Pod").subresources["eviction"].verbs == ["create"]
