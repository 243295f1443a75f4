use super::*;

fn kubelet() -> Request {
    Request {
        common_name: "system:node:one".to_owned(),
        organizations: vec!["system:nodes".to_owned()],
        ..Request::default()
    }
}

fn usages(usages: &[&'static str]) -> BTreeSet<&'static str> {
    usages.iter().copied().collect()
}

#[track_caller]
fn check(signer: Signer, request: Request, uses: &[&'static str], refusal: &str) {
    assert_eq!(signer.refusal(&request, &usages(uses)).unwrap_or_default(), refusal);
}

#[test]
fn a_users_certificate_is_for_clients() {
    let ada = || Request { common_name: "ada".to_owned(), ..Request::default() };
    check(Signer::ApiClient, ada(), &[CLIENT_AUTH], "");
    check(Signer::ApiClient, ada(), &[CLIENT_AUTH, SIGNATURE, ENCIPHERMENT], "");
    check(Signer::ApiClient, ada(), &[SIGNATURE], "missing required usage: client auth");
    let server = [CLIENT_AUTH, SERVER_AUTH];
    check(Signer::ApiClient, ada(), &server, "invalid usage for client certificate: server auth");
}

#[test]
fn a_kubelets_client_certificate_names_its_node_and_nothing_else() {
    let signer = Signer::KubeletClient;
    let uses = [CLIENT_AUTH, SIGNATURE];
    check(signer, kubelet(), &uses, "");
    check(signer, kubelet(), &[CLIENT_AUTH, SIGNATURE, ENCIPHERMENT], "");
    let organizations = vec!["system:nodes".to_owned(), "system:masters".to_owned()];
    let masters = Request { organizations, ..kubelet() };
    check(signer, masters, &uses, "subject organization is not system:nodes");
    let unnamed = Request { common_name: "system:node:".to_owned(), ..kubelet() };
    check(signer, unnamed, &uses, "subject common name does not begin with system:node:");
    check(
        signer,
        Request { dns_names: 1, ..kubelet() },
        &uses,
        "DNS subjectAltNames are not allowed",
    );
    check(
        signer,
        Request { other_names: 1, ..kubelet() },
        &uses,
        "other subjectAltNames are not allowed",
    );
    let refusal = "usages did not match [key encipherment digital signature client auth]";
    check(signer, kubelet(), &[CLIENT_AUTH], refusal);
    check(signer, kubelet(), &[CLIENT_AUTH, SIGNATURE, SERVER_AUTH], refusal);
}

#[test]
fn a_kubelets_server_certificate_names_addresses() {
    let signer = Signer::KubeletServing;
    let uses = [SERVER_AUTH, SIGNATURE];
    check(signer, Request { addresses: 1, ..kubelet() }, &uses, "");
    check(signer, Request { dns_names: 1, ..kubelet() }, &uses, "");
    check(signer, kubelet(), &uses, "DNS or IP subjectAltName is required");
    let with_uri = Request { addresses: 1, uris: 1, ..kubelet() };
    check(signer, with_uri, &uses, "URI subjectAltNames are not allowed");
}

#[test]
fn a_node_passes_for_itself_and_a_bootstrapper_for_any_node() {
    let uses = usages(&[CLIENT_AUTH, SIGNATURE]);
    let of = |signer, requester| shortcuts(signer, &kubelet(), &uses, requester);
    assert_eq!(of(Signer::KubeletClient, "system:node:one"), &[OWN, ANY]);
    assert_eq!(of(Signer::KubeletClient, "system:bootstrap:abcdef"), &[ANY]);
    assert_eq!(of(Signer::KubeletServing, "system:node:one"), &[]);
    assert_eq!(of(Signer::ApiClient, "system:node:one"), &[]);
}
