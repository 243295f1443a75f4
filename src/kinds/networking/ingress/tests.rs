use expect_test::expect;
use serde_json::{Value, json};

use super::Ingress;
use crate::fixture::{admitted, refusals, refused_statuses, row};
use crate::kind::Kind;

fn valid() -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web",
        "namespace": "default", "creationTimestamp": "2026-01-02T03:00:00Z"},
        "spec": {"ingressClassName": "nginx", "rules": [{"host": "*.example.com",
        "http": {"paths": [{"path": "/a", "pathType": "Prefix", "backend": {"service": {"name": "web",
        "port": {"number": 80}}}}]}}], "tls": [{"hosts": ["example.com"], "secretName": "tls"}]}})
}

#[test]
fn what_it_cannot_be_is_refused() {
    let changes = &[
        ("/spec/rules", json!([])),
        ("/spec/rules/0/host", json!("1.2.3.4")),
        ("/spec/rules/0/host", json!("a.*.com")),
        ("/spec/rules/0/host", json!("Bad_Host")),
        ("/spec/rules/0/http/paths/0/path", json!("a")),
        ("/spec/rules/0/http/paths/0/path", json!("/a//b")),
        ("/spec/rules/0/http/paths/0/path", json!("/a/..")),
        ("/spec/rules/0/http/paths/0/pathType", json!("Magic")),
        ("/spec/rules/0/http/paths/0/backend", json!({})),
        (
            "/spec/rules/0/http/paths/0/backend",
            json!({"service": {"name": "web", "port": {"number": 80}}, "resource": {"kind": "A", "name": "b"}}),
        ),
        ("/spec/rules/0/http/paths/0/backend", json!({"resource": {"kind": "A"}})),
        ("/spec/rules/0/http/paths/0/backend/service/name", json!("Bad")),
        ("/spec/rules/0/http/paths/0/backend/service/port", json!({})),
        ("/spec/rules/0/http/paths/0/backend/service/port", json!({"number": 70000})),
        ("/spec/rules/0/http/paths/0/backend/service/port", json!({"number": 80, "name": "web"})),
        ("/spec/tls/0/hosts", json!(["no host"])),
        ("/spec/ingressClassName", json!("No!")),
        ("/spec/defaultBackend", json!({})),
    ];
    expect![[r#"
        no /spec/rules/0/http/paths
            spec.rules[0].http.paths: Required value
        no /spec/rules/0/http/paths/0/backend
            spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required
        no /spec/rules/0/http/paths/0/backend/service/name
            spec.rules[0].http.paths[0].backend.service.name: Required value
        no /spec/rules/0/http/paths/0/pathType
            spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified
        /spec/rules = []
            spec: Invalid value: []: either `defaultBackend` or `rules` must be specified
        /spec/rules/0/host = "1.2.3.4"
            spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address
        /spec/rules/0/host = "a.*.com"
            spec.rules[0].host: Invalid value: "a.*.com": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /spec/rules/0/host = "Bad_Host"
            spec.rules[0].host: Invalid value: "Bad_Host": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /spec/rules/0/http/paths/0/path = "a"
            spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path
        /spec/rules/0/http/paths/0/path = "/a//b"
            spec.rules[0].http.paths[0].path: Invalid value: "/a//b": must not contain '//'
        /spec/rules/0/http/paths/0/path = "/a/.."
            spec.rules[0].http.paths[0].path: Invalid value: "/a/..": cannot end with '/..'
        /spec/rules/0/http/paths/0/pathType = "Magic"
            spec.rules[0].http.paths[0].pathType: Unsupported value: "Magic": supported values: "Exact", "ImplementationSpecific", "Prefix"
        /spec/rules/0/http/paths/0/backend = {}
            spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required
        /spec/rules/0/http/paths/0/backend = {"resource":{"kind":"A","name":"b"},"service":{"name":"web","port":{"number":80}}}
            spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both resource and service backends
        /spec/rules/0/http/paths/0/backend = {"resource":{"kind":"A"}}
            spec.rules[0].http.paths[0].backend.resource.name: Required value: name is required
        /spec/rules/0/http/paths/0/backend/service/name = "Bad"
            spec.rules[0].http.paths[0].backend.service.name: Invalid value: "Bad": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        /spec/rules/0/http/paths/0/backend/service/port = {}
            spec.rules[0].http.paths[0].backend.service.port: Required value: port name or number is required
        /spec/rules/0/http/paths/0/backend/service/port = {"number":70000}
            spec.rules[0].http.paths[0].backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive
        /spec/rules/0/http/paths/0/backend/service/port = {"name":"web","number":80}
            spec.rules[0].http.paths[0].backend.service.port: Invalid value: "": cannot set both port name & port number
        /spec/tls/0/hosts = ["no host"]
            spec.tls[0].hosts[0]: Invalid value: "no host": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /spec/ingressClassName = "No!"
            spec.ingressClassName: Invalid value: "No!": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        /spec/defaultBackend = {}
            spec.defaultBackend: Invalid value: "": resource or service backend is required
    "#]].assert_eq(&refusals(&Ingress, &valid(), changes));
}

#[test]
fn the_row_tells_the_essentials() {
    let mut object = admitted(&Ingress, valid());
    object["status"] =
        json!({"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}, {"hostname": "b.example.com"}]}});
    expect![[r"
        Name: web
        Class: nginx
        Hosts: *.example.com
        Address: 1.2.3.4,b.example.com
        Ports: 80, 443
        Age: 4m5s
    "]]
    .assert_eq(&row(&Ingress, &object));
}

#[test]
fn many_hosts_are_counted() {
    let mut ingress = admitted(&Ingress, valid());
    ingress["spec"]["rules"] = json!([{"host": "a"}, {"host": "b"}, {"host": "c"}, {"host": "d"}]);
    assert!(row(&Ingress, &ingress).contains("Hosts: a,b,c + 1 more..."));
    ingress["spec"]["rules"] = json!([{}]);
    assert!(row(&Ingress, &ingress).contains("Hosts: *\n"));
}

#[test]
fn the_annotation_of_old_is_warned_of() {
    let mut ingress = valid();
    ingress["metadata"]["annotations"] = json!({"kubernetes.io/ingress.class": "nginx"});
    assert!(Ingress.creation_warnings(&ingress).is_empty(), "the field counts");
    ingress["spec"]["ingressClassName"].take();
    assert_eq!(
        Ingress.creation_warnings(&ingress),
        [
            "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"
        ]
    );
}

#[test]
fn a_class_is_said_in_one_way() {
    let problems = |class: &str| {
        let mut ingress = valid();
        ingress["metadata"]["annotations"] = json!({"kubernetes.io/ingress.class": "nginx"});
        ingress["spec"]["ingressClassName"] = class.into();
        let errors = machinery::FieldErrors::new();
        Ingress.validate_create(&ingress, &errors);
        errors.into_vec().into_iter().map(|error| (error.path, error.detail)).collect::<Vec<_>>()
    };
    assert_eq!(problems("nginx"), []);
    let expected = "must match `ingressClassName` when both are specified";
    let path = "annotations.kubernetes.io/ingress.class";
    assert_eq!(problems("other"), [(path.to_owned(), expected.to_owned())]);
}

#[test]
fn points_of_ingress_are_addresses_or_names() {
    let changes = &[(
        "/status/loadBalancer/ingress",
        json!([{"ip": "x"}, {"hostname": "10.0.0.1"}, {"hostname": "a_b"}, {"ip": "10.0.0.1"}]),
    )];
    expect![[r#"
        /status/loadBalancer/ingress = [{"ip":"x"},{"hostname":"10.0.0.1"},{"hostname":"a_b"},{"ip":"10.0.0.1"}]
            status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
            status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address
            status.loadBalancer.ingress[2].hostname: Invalid value: "a_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    "#]].assert_eq(&refused_statuses(&Ingress, &valid(), changes));
}
