//! Commands and what they say.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::cluster::Cluster;
use crate::support::space::Space;

fn isopod(arguments: &[&str]) -> (String, String, i32) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_isopod")).args(arguments).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap_or(-1))
}

#[tokio::test]
async fn a_second_instance_is_refused_by_name() {
    let cluster = Cluster::shared().await;
    let second = cluster.isopod(&["up", "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    let expected = format!("is in use by another isopod (process {})", cluster.pid());
    assert!(said.contains(&expected), "{said}");
    assert!(said.contains(&cluster.data_dir().display().to_string()), "{said}");
}

#[tokio::test]
async fn the_kubeconfig_is_for_its_owner_alone() {
    let cluster = Cluster::shared().await;
    let mode = fs::metadata(cluster.kubeconfig()).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let output = cluster.isopod(&["kubeconfig"]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let written = fs::read_to_string(cluster.kubeconfig()).expect("it is readable");
    assert_eq!(printed.trim(), written.trim());
    let path = cluster.isopod(&["kubeconfig", "--path"]);
    let expected = format!("{}\n", cluster.kubeconfig().display());
    assert_eq!(String::from_utf8_lossy(&path.stdout), expected);
}

#[tokio::test]
async fn images_are_imported_listed_and_removed_beside_a_running_node() {
    let cluster = Cluster::shared().await;
    let file = cluster.folder().join("beside.wasm");
    fs::write(&file, guests::bytes("batch")).expect("the folder is writable");
    let file = file.display().to_string();
    let imported = cluster.isopod(&["image", "import", &file, "team/app:v2"]);
    let said = String::from_utf8_lossy(&imported.stdout).into_owned();
    assert!(said.starts_with("docker.io/team/app:v2 sha256:"), "{said}");
    let list = || String::from_utf8_lossy(&cluster.isopod(&["image", "ls"]).stdout).into_owned();
    let listed = list();
    for name in [
        "docker.io/team/app:v2",
        "localhost/isopod/hello:latest",
        "localhost/isopod/udp-echo:latest",
    ] {
        assert!(listed.lines().any(|line| line.starts_with(name)), "no {name} in {listed}");
    }
    let space = Space::new(cluster.client().await, "beside").await;
    space.apply("apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {restartPolicy: Never, containers: [{name: c, image: 'team/app:v2', args: ['0']}]}\n").await;
    assert_eq!(space.ended("app").await.0, 0);
    assert!(cluster.isopod(&["image", "rm", "team/app:v2"]).status.success());
    assert!(!list().contains("team/app"));
    let again = cluster.isopod(&["image", "rm", "team/app:v2"]);
    assert_eq!(again.status.code(), Some(1));
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("team/app:v2"), "{said}");
}

#[tokio::test]
async fn an_application_is_applied_and_waited_for() {
    let mut cluster = Cluster::stopped();
    let manifest = cluster.folder().join("once.yaml");
    fs::write(&manifest, "apiVersion: v1\nkind: Pod\nmetadata: {name: once}\nspec: {containers: [{name: c, image: localhost/isopod/greeting, ports: [{containerPort: 8080}]}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: once}\nspec: {type: NodePort, selector: {app: x}, ports: [{port: 80}]}\n")
        .expect("the folder is writable");
    cluster.run(&["--apply", &manifest.display().to_string()]).await;
    crate::support::patience::until("the URLs", async || {
        let said = cluster.said();
        if said.contains("\nhttp://127.0.0.1:3") { Ok(()) } else { Err(said) }
    })
    .await;
    let said = cluster.said();
    for line in
        ["pod/once created", "service/once created", "pod/once: Running", "export KUBECONFIG="]
    {
        assert!(said.contains(line), "no {line:?} in {said}");
    }
}

#[test]
fn wrong_flags_and_files_are_refused_before_anything_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    for (arguments, expected) in [
        (vec!["up", "--apply", "/nowhere.yaml"], "/nowhere.yaml: No such file"),
        (
            vec!["up", "--pod-cidr", "10.43.0.0/24"],
            "--pod-cidr 10.43.0.0/24 and --service-cidr 10.43.0.0/16 overlap",
        ),
        (
            vec!["up", "--node-name", "Not_A_Name"],
            "--node-name \"Not_A_Name\": a lowercase RFC 1123 subdomain",
        ),
        (
            vec!["up", "--listen", "everywhere"],
            "invalid value 'everywhere' for '--listen <ADDR:PORT>'",
        ),
        (
            vec!["up", "--authorization-config", "a", "--authorization-mode", "RBAC"],
            "--authorization-config can not be specified when --authorization-mode or \
             --authorization-webhook-* flags are defined",
        ),
        (
            vec!["up", "--authorization-mode", "Webhook"],
            "authorization-mode Webhook's authorization config file not passed",
        ),
        (
            vec!["up", "--goaway-chance", "0.5"],
            "--goaway-chance can not be less than 0 or greater than 0.02",
        ),
        (vec!["up", "--tls-min-version", "1.3"], "unknown tls version \"1.3\""),
        (vec!["kubeconfig"], "start a cluster there with isopod up"),
        (vec!["image", "rm", "localhost/isopod/hello"], "localhost/isopod/hello:latest"),
        (vec!["swim"], "unrecognized subcommand 'swim'"),
    ] {
        let arguments = match arguments[0] {
            "swim" => arguments,
            _ => [arguments, vec!["--data-dir", &data]].concat(),
        };
        let (_, said, code) = isopod(&arguments);
        assert!(code == 1 || code == 2, "{arguments:?}: {code}");
        assert!(said.contains(expected), "{arguments:?}: no {expected:?} in {said}");
    }
}

#[test]
fn help_teaches_and_versions_are_told() {
    let (help, _, code) = isopod(&["--help"]);
    assert_eq!(code, 0);
    for part in ["isopod up ", "kubectl get nodes", "image import", "completions", "kubeconfig"] {
        assert!(help.contains(part), "no {part:?} in {help}");
    }
    let (version, _, _) = isopod(&["version"]);
    assert_eq!(
        version,
        format!("isopod {} (Kubernetes {})\n", isopod::VERSION, isopod::KUBERNETES_VERSION)
    );
    for shell in ["bash", "zsh", "fish"] {
        let (script, _, code) = isopod(&["completions", shell]);
        assert!(code == 0 && script.contains("isopod"), "{shell}");
    }
}
