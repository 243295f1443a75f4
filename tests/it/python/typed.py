"""Typed models over what they are made for: every answer must be one of the shape that the model demands."""

import sys

from kubernetes import client, config, stream, watch
from kubernetes.client.rest import ApiException

config.load_kube_config()
SPACE = sys.argv[1]
core, apps, batch = client.CoreV1Api(), client.AppsV1Api(), client.BatchV1Api()


def meta(name, **more):
    return client.V1ObjectMeta(name=name, **more)


def container(image="greeting"):
    return client.V1Container(name="only", image=f"localhost/isopod/{image}")


def refused(call, *arguments, **more):
    try:
        call(*arguments, **more)
    except ApiException as error:
        return error.status, error.reason
    raise AssertionError(f"{call.__name__} was not refused")


def shown(call, wanted, **more):
    """What a watch or a log shows until that is as wanted."""
    watcher, seen = watch.Watch(), []
    for one in watcher.stream(call, namespace=SPACE, _request_timeout=60, **more):
        seen.append(one)
        if wanted(seen):
            watcher.stop()
    assert wanted(seen), seen
    return seen


def config_maps():
    made = core.create_namespaced_config_map(SPACE, client.V1ConfigMap(metadata=meta("a"), data={"k": "v"}))
    assert made.metadata.uid and made.metadata.creation_timestamp.tzinfo
    assert core.patch_namespaced_config_map("a", SPACE, {"data": {"more": "v"}}).data == {"k": "v", "more": "v"}
    made.data = {"stale": "v"}
    assert refused(core.replace_namespaced_config_map, "a", SPACE, made) == (409, "Conflict")
    made.metadata.resource_version = None
    assert core.replace_namespaced_config_map("a", SPACE, made).data == {"stale": "v"}
    dry = core.patch_namespaced_config_map("a", SPACE, {"data": {"dry": "v"}}, dry_run="All")
    assert "dry" in dry.data and "dry" not in core.read_namespaced_config_map("a", SPACE).data
    gone = core.delete_namespaced_config_map("a", SPACE)
    assert gone["status"] == "Success" and gone["details"]["name"] == "a", gone
    assert refused(core.read_namespaced_config_map, "a", SPACE) == (404, "Not Found")


def pods():
    spec = client.V1PodSpec(containers=[container()])
    made = core.create_namespaced_pod(SPACE, client.V1Pod(metadata=meta("p", labels={"app": "p"}), spec=spec))
    assert made.status.phase == "Pending" and made.spec.restart_policy == "Always"
    events = shown(core.list_namespaced_pod, is_ready, label_selector="app=p")
    phases = [(event["type"], event["object"].status.phase) for event in events]
    # A watch that begins late begins with the pod as it has become.
    assert phases[0][0] == "ADDED" and phases[-1][1] == "Running", phases
    # Nothing says when a container writes its first line, and events are written when there is time for them.
    shown(core.read_namespaced_pod_log, lambda lines: "listening" in lines[-1], name="p")
    assert "listening" in core.read_namespaced_pod_log("p", SPACE, tail_lines=1)
    assert core.patch_namespaced_pod_status("p", SPACE, {"status": {"message": "m"}}).status.message == "m"
    shown(core.list_namespaced_event, are_both_told)
    assert {"Scheduled", "Started"} <= {event.reason for event in core.list_namespaced_event(SPACE).items}
    forward()
    gone = core.delete_namespaced_pod("p", SPACE, grace_period_seconds=0)
    assert isinstance(gone, client.V1Pod), gone


def is_ready(events):
    conditions = events[-1]["object"].status.conditions or []
    return any(one.type == "Ready" and one.status == "True" for one in conditions)


def are_both_told(events):
    return {"Scheduled", "Started"} <= {event["object"].reason for event in events}


def forward():
    ports = stream.portforward(core.connect_get_namespaced_pod_portforward, "p", SPACE, ports="8080")
    http = ports.socket(8080)
    http.setblocking(True)
    http.sendall(b"GET / HTTP/1.1\r\nHost: p\r\nConnection: close\r\n\r\n")
    answer = b"".join(iter(lambda: http.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200"), (answer, ports.error(8080))


def deployments():
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels={"app": "d"}), spec=client.V1PodSpec(containers=[container()])
    )
    selector = client.V1LabelSelector(match_labels={"app": "d"})
    spec = client.V1DeploymentSpec(replicas=0, selector=selector, template=template)
    made = apps.create_namespaced_deployment(SPACE, client.V1Deployment(metadata=meta("d"), spec=spec))
    assert made.spec.strategy.rolling_update.max_surge == "25%", made.spec.strategy
    scale = apps.patch_namespaced_deployment_scale("d", SPACE, {"spec": {"replicas": 1}})
    assert scale.spec.replicas == 1 and scale.status.selector == "app=d", scale
    scale.spec.replicas = 0
    # Meanwhile the Deployment's controller writes, too.
    scale.metadata.resource_version = None
    assert apps.replace_namespaced_deployment_scale("d", SPACE, scale).spec.replicas in (0, None)
    assert apps.read_namespaced_deployment_status("d", SPACE).metadata.generation >= 3
    apps.delete_namespaced_deployment("d", SPACE, propagation_policy="Foreground")


def collections():
    for name in "abc":
        secret = client.V1Secret(metadata=meta(name, labels={"of": "many"}), string_data={"a": "b"})
        assert core.create_namespaced_secret(SPACE, secret).data == {"a": "Yg=="}
    first = core.list_namespaced_secret(SPACE, label_selector="of=many", limit=2)
    assert len(first.items) == 2 and first.metadata._continue
    rest = core.list_namespaced_secret(SPACE, label_selector="of=many", limit=2, _continue=first.metadata._continue)
    assert [one.metadata.name for one in rest.items] == ["c"]
    core.delete_collection_namespaced_secret(SPACE, label_selector="of=many")
    assert not core.list_namespaced_secret(SPACE, label_selector="of=many").items


def others():
    ports = [client.V1ServicePort(port=80)]
    service = client.V1Service(metadata=meta("s"), spec=client.V1ServiceSpec(ports=ports, selector={"a": "b"}))
    assert core.create_namespaced_service(SPACE, service).spec.cluster_ip
    assert isinstance(core.delete_namespaced_service("s", SPACE), client.V1Service)
    job = client.V1JobSpec(
        template=client.V1PodTemplateSpec(
            spec=client.V1PodSpec(restart_policy="Never", containers=[container("batch")])
        )
    )
    made = batch.create_namespaced_job(SPACE, client.V1Job(metadata=meta("j"), spec=job))
    assert made.spec.backoff_limit == 6 and made.spec.completions == 1
    cron = client.V1CronJobSpec(schedule="*/5 * * * *", job_template=client.V1JobTemplateSpec(spec=job))
    batch.create_namespaced_cron_job(SPACE, client.V1CronJob(metadata=meta("c"), spec=cron))
    wanted = client.V1TokenRequestSpec(audiences=["me"], expiration_seconds=600)
    request = client.AuthenticationV1TokenRequest(spec=wanted)
    assert core.create_namespaced_service_account_token("default", SPACE, request).status.token
    attributes = client.V1ResourceAttributes(verb="get", resource="pods")
    review = client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
    )
    assert client.AuthorizationV1Api().create_self_subject_access_review(review).status.allowed
    assert "+" in client.VersionApi().get_code().git_version
    assert core.read_node("reef").status.node_info.kubelet_version


for step in (config_maps, pods, deployments, collections, others):
    step()
