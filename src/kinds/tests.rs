#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::collections::BTreeSet;

use expect_test::expect;
use serde_json::{Value, json};

use crate::kind::{DeletionAnswer, Scope};
use crate::subresource::Verb;
use crate::{KINDS, find, find_kind, schemas};

#[test]
fn every_kind_is_found_by_its_names() {
    for kind in KINDS {
        let names = kind.names();
        let found = find(&names.group, &names.version, &names.plural).expect("by plural");
        assert_eq!(found.names().kind, names.kind);
        let found = find_kind(&names.group, &names.version, &names.kind).expect("by kind");
        assert_eq!(found.names().plural, names.plural);
        assert_eq!(names.singular, names.kind.to_lowercase());
    }
}

#[test]
fn every_kind_has_the_definition_of_its_own_name() {
    for kind in KINDS {
        let names = kind.names();
        let definition = schemas().definition(kind.schema_name()).expect("a definition");
        let by_name = schemas().by_gvk(&names.group, &names.version, &names.kind).expect("by name");
        assert_eq!(definition.name, by_name.name);
    }
}

#[test]
fn only_views_of_a_kind_share_its_place_in_the_store() {
    let mut seen = BTreeSet::new();
    for kind in KINDS.iter().filter(|kind| !kind.virtual_review()) {
        let view = kind.storage();
        assert!(seen.insert(view.prefix.clone().into_owned()) || view.conversion.is_some());
    }
}

#[test]
fn a_kind_that_is_only_asked_can_only_be_created() {
    for kind in KINDS.iter().filter(|kind| kind.virtual_review()) {
        assert_eq!(kind.verbs(), [Verb::Create]);
    }
}

#[test]
fn a_delete_returns_the_object_where_kubernetes_does() {
    let kinds = KINDS.iter().filter(|kind| kind.deletion_answer() == DeletionAnswer::Object);
    let plurals: Vec<&str> = kinds.map(|kind| kind.names().plural.as_ref()).collect();
    expect![[r"
        persistentvolumes
        persistentvolumeclaims
        pods
        podtemplates
        resourcequotas
        services
        serviceaccounts
        csidrivers
        csinodes
        storageclasses
        volumeattachments
        volumeattributesclasses
        deviceclasses
        resourceclaims
        resourceclaimtemplates
        resourceslices"]]
    .assert_eq(&plurals.join("\n"));
}

#[test]
fn what_is_above_namespaces_is_cluster_wide() {
    let kinds = KINDS.iter().filter(|kind| kind.scope() == Scope::Cluster);
    let names: Vec<&str> = kinds.map(|kind| kind.names().kind.as_ref()).collect();
    expect![[r#"
        ComponentStatus
        Namespace
        Node
        PersistentVolume
        APIService
        SelfSubjectReview
        TokenReview
        SelfSubjectAccessReview
        SelfSubjectRulesReview
        SubjectAccessReview
        CertificateSigningRequest
        IngressClass
        IPAddress
        ServiceCIDR
        ClusterRole
        ClusterRoleBinding
        CSIDriver
        CSINode
        StorageClass
        VolumeAttachment
        VolumeAttributesClass
        MutatingWebhookConfiguration
        ValidatingAdmissionPolicy
        ValidatingAdmissionPolicyBinding
        MutatingAdmissionPolicy
        MutatingAdmissionPolicyBinding
        ValidatingWebhookConfiguration
        CustomResourceDefinition
        PriorityClass
        RuntimeClass
        DeviceClass
        ResourceSlice
        FlowSchema
        PriorityLevelConfiguration"#]]
    .assert_eq(&names.join("\n"));
}

#[test]
fn nothing_panics_on_an_empty_object_or_on_fields_of_another_type() {
    use machinery::FieldErrors;
    use serde_json::json;

    let wrong =
        [json!({}), json!({"metadata": 1, "spec": "x", "status": [], "data": 3, "template": []})];
    for kind in KINDS {
        for object in &wrong {
            let mut new = object.clone();
            kind.set_defaults(&mut new);
            kind.prepare_create(&mut new);
            kind.prepare_update(&mut new, object);
            kind.prepare_status_update(&mut new, object);
            crate::validate_update(*kind, &new, object, &FieldErrors::new());
            kind.creation_warnings(&new);
            for column in kind.columns() {
                column.cell(&new, "2026-01-02T03:04:05Z".parse().unwrap());
            }
            for label in kind.selectable() {
                label.read(&new);
            }
            if let Some(view) = kind.storage().conversion {
                (view.from_stored)((view.to_stored)(new));
            }
        }
    }
}

#[test]
fn defaults_that_are_filled_twice_are_the_same() {
    use serde_json::json;

    let object = json!({"metadata": {"name": "x"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}],
        "template": {"spec": {"containers": [{"name": "a", "image": "b", "ports": [{"containerPort": 1}]}]}}}});
    for kind in KINDS {
        let mut once = object.clone();
        kind.set_defaults(&mut once);
        let mut twice = once.clone();
        kind.set_defaults(&mut twice);
        assert_eq!(once, twice, "{}", kind.names().kind);
    }
}

#[test]
fn each_kind_counts_its_changes_or_does_not() {
    let kinds = KINDS.iter().filter(|kind| kind.generation());
    let names: Vec<&str> = kinds.map(|kind| kind.names().kind.as_ref()).collect();
    expect![[r#"
        Pod
        PodTemplate
        ReplicationController
        DaemonSet
        Deployment
        ReplicaSet
        StatefulSet
        CronJob
        Job
        Ingress
        IngressClass
        NetworkPolicy
        PodDisruptionBudget
        MutatingWebhookConfiguration
        ValidatingAdmissionPolicy
        ValidatingAdmissionPolicyBinding
        MutatingAdmissionPolicy
        MutatingAdmissionPolicyBinding
        ValidatingWebhookConfiguration
        CustomResourceDefinition
        PriorityClass
        EndpointSlice
        DeviceClass
        ResourceSlice
        FlowSchema
        PriorityLevelConfiguration"#]]
    .assert_eq(&names.join("\n"));
}

#[test]
fn users_may_type_short_names_and_categories() {
    use std::fmt::Write;

    let mut lines = String::new();
    for kind in KINDS {
        let names = kind.names();
        let short: Vec<&str> = names.short.iter().collect();
        let categories: Vec<&str> = names.categories.iter().collect();
        if !short.is_empty() || !categories.is_empty() {
            writeln!(lines, "{}: {} | {}", names.plural, short.join(" "), categories.join(" "))
                .unwrap();
        }
    }
    expect![[r"
        componentstatuses: cs | 
        configmaps: cm | 
        endpoints: ep | 
        events: ev | 
        limitranges: limits | 
        namespaces: ns | 
        nodes: no | 
        persistentvolumes: pv | 
        persistentvolumeclaims: pvc | 
        pods: po | all
        replicationcontrollers: rc | all
        resourcequotas: quota | 
        services: svc | all
        serviceaccounts: sa | 
        apiservices:  | api-extensions
        daemonsets: ds | all
        deployments: deploy | all
        replicasets: rs | all
        statefulsets: sts | all
        events: ev | 
        horizontalpodautoscalers: hpa | all
        horizontalpodautoscalers: hpa | all
        cronjobs: cj | all
        jobs:  | all
        certificatesigningrequests: csr | 
        ingresses: ing | 
        ipaddresses: ip | 
        networkpolicies: netpol | 
        poddisruptionbudgets: pdb | 
        storageclasses: sc | 
        volumeattributesclasses: vac | 
        customresourcedefinitions: crd crds | api-extensions
        priorityclasses: pc | 
    "]]
    .assert_eq(&lines);
}

#[test]
fn what_selectors_may_name() {
    use std::fmt::Write;

    let mut lines = String::new();
    for kind in KINDS.iter().filter(|kind| !kind.selectable().is_empty()) {
        let labels: Vec<&str> =
            kind.selectable().iter().map(|label| label.label.as_ref()).collect();
        writeln!(lines, "{}: {}", kind.names().plural, labels.join(" ")).unwrap();
    }
    expect![[r"
        events: involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid involvedObject.apiVersion involvedObject.resourceVersion involvedObject.fieldPath reason reportingComponent source type
        namespaces: status.phase
        nodes: spec.unschedulable
        pods: spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork status.phase status.podIP status.podIPs status.nominatedNodeName
        replicationcontrollers: status.replicas
        secrets: type
        services: spec.clusterIP spec.type
        replicasets: status.replicas
        events: regarding.kind regarding.namespace regarding.name regarding.uid regarding.apiVersion regarding.resourceVersion regarding.fieldPath reason reportingController type
        jobs: status.successful
        certificatesigningrequests: spec.signerName
        resourceslices: spec.driver spec.nodeName
    "]].assert_eq(&lines);
}

/// The rows of the README's table of kinds, as `group kind does`.
fn promised() -> BTreeSet<String> {
    let readme = include_str!("../../README.md");
    let rows = readme.lines().skip_while(|line| !line.starts_with("| group | acts on |"));
    let mut promised = BTreeSet::new();
    for row in rows.skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        for (does, cell) in ["serves", "serves", "answers"].into_iter().zip(&cells[1..]) {
            for kind in without_remarks(cell).split(", ").filter(|kind| !kind.is_empty()) {
                let twice = !promised.insert(format!("{} {} {does}", cells[0], kind.trim()));
                assert!(!twice, "{kind} stands twice in {row}");
            }
        }
    }
    promised
}

/// A cell without what stands in brackets.
fn without_remarks(cell: &str) -> String {
    cell.split(')').map(|part| part.split('(').next().unwrap_or_default()).collect()
}

#[test]
fn the_readme_says_of_every_kind_what_becomes_of_it() {
    let served = KINDS.iter().map(|kind| {
        let names = kind.names();
        let group = if names.group.is_empty() { "core" } else { &names.group };
        let does = if kind.virtual_review() { "answers" } else { "serves" };
        format!("{group} {} {does}", names.kind)
    });
    assert_eq!(promised(), served.collect());
}

#[test]
fn what_metadata_goes_with_the_status_depends_on_the_kind() {
    use serde_json::json;

    let old = json!({"metadata": {"name": "x", "labels": {"a": "1"}}, "spec": {"a": 1}});
    let sent = json!({
        "metadata": {
            "name": "x", "labels": {"a": "2"}, "annotations": {"b": "2"}, "finalizers": ["c"],
            "ownerReferences": [{"name": "d"}], "managedFields": [{"manager": "e"}],
        },
        "spec": {"a": 2}, "status": {"phase": "Failed"},
    });
    let mut kept = std::collections::BTreeMap::new();
    for kind in KINDS.iter().filter(|kind| kind.has_status()) {
        let mut new = sent.clone();
        kind.prepare_status_update(&mut new, &old);
        assert_eq!(new["spec"]["a"], 1, "{}", kind.names().kind);
        assert_eq!(new["metadata"]["managedFields"], sent["metadata"]["managedFields"]);
        let fields = ["labels", "annotations", "finalizers", "ownerReferences"];
        let differs = |field: &&&str| new["metadata"][**field] != sent["metadata"][**field];
        let fields: Vec<&str> = fields.iter().filter(differs).copied().collect();
        kept.entry(fields.join(" ")).or_insert_with(Vec::new).push(kind.names().kind.as_ref());
    }
    let lines = kept.into_iter().map(|(fields, kinds)| format!("{fields}: {}", kinds.join(" ")));
    expect![[r#"
        : Namespace Node PersistentVolume PersistentVolumeClaim ReplicationController ResourceQuota Service ReplicaSet StatefulSet HorizontalPodAutoscaler HorizontalPodAutoscaler CronJob Job CertificateSigningRequest Ingress ServiceCIDR PodDisruptionBudget
        annotations: DaemonSet
        labels: Deployment
        labels annotations finalizers ownerReferences: APIService VolumeAttachment ValidatingAdmissionPolicy CustomResourceDefinition ResourceClaim FlowSchema PriorityLevelConfiguration
        ownerReferences: Pod"#]]
    .assert_eq(&lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn labels_of_nodes_that_have_newer_names_are_told_of_wherever_nodes_are_chosen() {
    const OLD: &str = "beta.kubernetes.io/arch";
    let expression = json!({ "key": OLD });
    let told = |group: &str, plural: &str, object: Value| {
        find(group, "v1", plural).expect("a kind").warnings(&object).join(", ")
    };
    let deprecated = r#"deprecated since v1.14; use "kubernetes.io/arch" instead"#;
    assert_eq!(
        told(
            "storage.k8s.io",
            "storageclasses",
            json!({"allowedTopologies": [{"matchLabelExpressions": [expression]}]})
        ),
        format!("allowedTopologies[0].matchLabelExpressions[0]: {deprecated}")
    );
    assert_eq!(
        told(
            "storage.k8s.io",
            "csistoragecapacities",
            json!({"nodeTopology": {"matchExpressions": [expression]}})
        ),
        format!("nodeTopology.matchExpressions[0].key: {OLD} is {deprecated}")
    );
    assert_eq!(
        told("node.k8s.io", "runtimeclasses", json!({"scheduling": {"nodeSelector": {OLD: ""}}})),
        format!("scheduling.nodeSelector: {deprecated}")
    );
}

#[test]
fn fields_and_annotations_that_nobody_reads_any_more_are_told_of() {
    let told = |group: &str, plural: &str, object: Value| {
        find(group, "v1", plural).expect("a kind").creation_warnings(&object).join(", ")
    };
    let annotated = |key: &str| json!({"metadata": {"annotations": {key: "a"}}});
    assert_eq!(
        told("", "nodes", json!({"spec": {"externalID": "a"}})),
        "spec.externalID: this field is deprecated, and is unused by Kubernetes"
    );
    assert_eq!(
        told("", "serviceaccounts", annotated("kubernetes.io/enforce-mountable-secrets")),
        "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces \
         to isolate access to mounted secrets"
    );
    let mut ingress = annotated("kubernetes.io/ingress.class");
    assert_eq!(
        told("networking.k8s.io", "ingresses", ingress.clone()),
        "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"
    );
    ingress["spec"]["ingressClassName"] = json!("a");
    assert_eq!(told("networking.k8s.io", "ingresses", ingress), "");
}
