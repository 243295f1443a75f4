//! Lists, single objects and descriptions.

use expect_test::expect;

use crate::support::kubectl::{Session, with_every_kubectl};
use crate::support::patience::until;

const WEB: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: localhost/isopod/greeting
        imagePullPolicy: IfNotPresent
        env: [{name: GREETING, value: hi}]
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {tcpSocket: {port: http}, periodSeconds: 10}
        resources: {requests: {memory: 4Mi}, limits: {memory: 32Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
";

async fn ready(k: &Session<'_>) {
    k.apply(WEB).await;
    k.ok("rollout status deployment/web").await;
    // Others than the rollout's controllers put them behind the Service.
    let endpoints = "get endpoints web -o jsonpath={.subsets[0].addresses[*].ip}";
    k.until(endpoints, " ").await;
    let slices = "get endpointslices -o jsonpath={.items[*].endpoints[*].conditions.ready}";
    k.until(slices, "true true").await;
}

/// Orders the events at the end of a description: two components report, and which of them is first is not promised.
fn with_ordered_events(description: &str) -> String {
    let mut lines: Vec<&str> = description.lines().collect();
    let events = lines.iter().position(|line| line.starts_with("  Normal ")).unwrap_or(lines.len());
    lines[events..].sort_unstable();
    lines.join("\n")
}

#[tokio::test]
async fn what_runs_is_listed() {
    with_every_kubectl("listing", async |k| {
        ready(k).await;
        k.check("get node reef", expect![[r#"
            NAME STATUS ROLES AGE VERSION
            reef Ready <none> AGE v1.35.0+isopod"#]]).await;
        k.check("get pods -o wide", expect![[r#"
            NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES
            web-HASH-XXXXX 1/1 Running 0 AGE POD-IP reef <none> <none>
            web-HASH-XXXXX 1/1 Running 0 AGE POD-IP reef <none> <none>"#]]).await;
        k.check("get deployments,replicasets,services", expect![[r#"
            NAME READY UP-TO-DATE AVAILABLE AGE
            deployment.apps/web 2/2 2 2 AGE

            NAME DESIRED CURRENT READY AGE
            replicaset.apps/web-HASH 2 2 2 AGE

            NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE
            service/web ClusterIP SERVICE-IP <none> 80/TCP AGE"#]]).await;
        k.check("get deployment,rs,svc -o wide", expect![[r#"
            NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR
            deployment.apps/web 2/2 2 2 AGE web localhost/isopod/greeting app=web

            NAME DESIRED CURRENT READY AGE CONTAINERS IMAGES SELECTOR
            replicaset.apps/web-HASH 2 2 2 AGE web localhost/isopod/greeting app=web,pod-template-hash=HASH

            NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR
            service/web ClusterIP SERVICE-IP <none> 80/TCP AGE app=web"#]]).await;
        k.check("get all", expect![[r#"
            NAME READY STATUS RESTARTS AGE
            pod/web-HASH-XXXXX 1/1 Running 0 AGE
            pod/web-HASH-XXXXX 1/1 Running 0 AGE

            NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE
            service/web ClusterIP SERVICE-IP <none> 80/TCP AGE

            NAME READY UP-TO-DATE AVAILABLE AGE
            deployment.apps/web 2/2 2 2 AGE

            NAME DESIRED CURRENT READY AGE
            replicaset.apps/web-HASH 2 2 2 AGE"#]]).await;
        k.check("get endpointslices,ep", expect![[r#"
            NAME ADDRESSTYPE PORTS ENDPOINTS AGE
            endpointslice.discovery.k8s.io/web-XXXXX IPv4 8080 POD-IP,POD-IP AGE

            NAME ENDPOINTS AGE
            endpoints/web POD-IP:8080,POD-IP:8080 AGE
            ! Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"#]]).await;
        k.check("get sa,cm", expect![[r#"
            NAME SECRETS AGE
            serviceaccount/default 0 AGE

            NAME DATA AGE
            configmap/kube-root-ca.crt 1 AGE"#]]).await;
    })
    .await;
}

#[tokio::test]
async fn lists_are_narrowed_sorted_and_reshaped() {
    with_every_kubectl("shaping", async |k| {
        for (name, label) in [("b", "odd"), ("a", "even"), ("c", "odd")] {
            k.ok(&format!("create configmap {name} --from-literal=key=value")).await;
            k.ok(&format!("label configmap {name} is={label}")).await;
        }
        k.check(
            "get cm -l is=odd",
            expect![[r#"
            NAME DATA AGE
            b 1 AGE
            c 1 AGE"#]],
        )
        .await;
        k.check("get cm -l 'is in (even,odd),is!=odd' -o name", expect!["configmap/a"]).await;
        k.check("get cm -l '!is' -o name", expect!["configmap/kube-root-ca.crt"]).await;
        k.check("get cm --field-selector metadata.name=b -o name", expect!["configmap/b"]).await;
        k.check(
            "get cm -l is --show-labels",
            expect![[r#"
            NAME DATA AGE LABELS
            a 1 AGE is=even
            b 1 AGE is=odd
            c 1 AGE is=odd"#]],
        )
        .await;
        k.check(
            "get cm -l is -L is --no-headers",
            expect![[r#"
            a 1 AGE even
            b 1 AGE odd
            c 1 AGE odd"#]],
        )
        .await;
        k.check(
            "get cm -l is --sort-by=.metadata.labels.is -o name",
            expect![[r#"
            configmap/a
            configmap/b
            configmap/c"#]],
        )
        .await;
        k.check("get cm a -o jsonpath={.data.key}", expect!["value"]).await;
        k.check(
            "get cm -l is -o custom-columns=NAME:.metadata.name,IS:.metadata.labels.is",
            expect![[r#"
            NAME IS
            a even
            b odd
            c odd"#]],
        )
        .await;
        k.check(
            "get cm a c -o name",
            expect![[r#"
            configmap/a
            configmap/c"#]],
        )
        .await;
        k.check(
            "get cm a -o yaml",
            expect![[r#"
                apiVersion: v1
                data:
                  key: value
                kind: ConfigMap
                metadata:
                  creationTimestamp: "TIME"
                  labels:
                    is: even
                  name: a
                  namespace: HERE
                  resourceVersion: N
                  uid: N"#]],
        )
        .await;
        k.check(
            "get cm --chunk-size=1 -l is -o name",
            expect![[r#"
            configmap/a
            configmap/b
            configmap/c"#]],
        )
        .await;
        k.check("get pods", expect!["! No resources found in HERE namespace."]).await;
        k.check(
            "get namespace default",
            expect![[r#"
            NAME STATUS AGE
            default Active AGE"#]],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn objects_are_described() {
    with_every_kubectl("describing", async |k| {
        ready(k).await;
        let pod = k.ok("get pods -o jsonpath={.items[0].metadata.name}").await;
        let replicas = k.ok("get replicasets -o jsonpath={.items[0].metadata.name}").await;
        // Events are written when there is time for them.
        k.space.event(&pod, "Started container web").await;
        k.space.event(&pod, "Successfully assigned").await;
        k.space.event("web", "Scaled up replica set").await;
        until("two events", async || {
            let events = k.space.events(&replicas).await;
            if events.len() == 2 { Ok(()) } else { Err(events.join("\n")) }
        })
        .await;
        let description = k.run(&format!("describe pod {pod}")).await;
        expect![[r#"
            Name: web-HASH-XXXXX
            Namespace: HERE
            Priority: 0
            Service Account: default
            Node: reef/127.0.0.1
            Start Time: TIME
            Labels: app=web
                              pod-template-hash=HASH
            Annotations: <none>
            Status: Running
            IP: POD-IP
            IPs:
              IP: POD-IP
            Controlled By: ReplicaSet/web-HASH
            Containers:
              web:
                Container ID: wasm://DIGEST
                Image: localhost/isopod/greeting
                Image ID: localhost/isopod/greeting@sha256:DIGEST
                Port: 8080/TCP
                Host Port: 0/TCP
                State: Running
                  Started: TIME
                Ready: True
                Restart Count: 0
                Limits:
                  memory: 32Mi
                Requests:
                  memory: 4Mi
                Readiness: tcp-socket :http delay=0s timeout=1s period=10s successThreshold=1 failureThreshold=3
                Environment:
                  GREETING: hi
                Mounts:
                  /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-XXXXX (ro)
            Conditions:
              Type Status
              PodReadyToStartContainers True
              Initialized True
              Ready True
              ContainersReady True
              PodScheduled True
            Volumes:
              kube-api-access-XXXXX:
                Type: Projected (a volume that contains injected data from multiple sources)
                TokenExpirationSeconds: 3607
                ConfigMapName: kube-root-ca.crt
                Optional: false
                DownwardAPI: true
            QoS Class: Burstable
            Tolerations: node.kubernetes.io/not-ready:NoExecute op=Exists for AGE
                                         node.kubernetes.io/unreachable:NoExecute op=Exists for AGE
            Events:
              Type Reason Age From Message
              ---- ------ ---- ---- -------
              Normal Created AGE kubelet Created container: web
              Normal Pulled AGE kubelet Container image "localhost/isopod/greeting" already present on machine
              Normal Scheduled AGE default-scheduler Successfully assigned HERE/web-HASH-XXXXX to reef
              Normal Started AGE kubelet Started container web"#]].assert_eq(&with_ordered_events(&k.shown(&description)));
        k.check("describe deployment web", expect![[r#"
            Name: web
            Namespace: HERE
            CreationTimestamp: TIME
            Labels: app=web
            Annotations: deployment.kubernetes.io/revision: 1
            Selector: app=web
            Replicas: 2 desired | 2 updated | 2 total | 2 available | 0 unavailable
            StrategyType: RollingUpdate
            MinReadySeconds: 0
            RollingUpdateStrategy: 25% max unavailable, 25% max surge
            Pod Template:
              Labels: app=web
              Containers:
               web:
                Image: localhost/isopod/greeting
                Port: 8080/TCP
                Host Port: 0/TCP
                Limits:
                  memory: 32Mi
                Requests:
                  memory: 4Mi
                Readiness: tcp-socket :http delay=0s timeout=1s period=10s successThreshold=1 failureThreshold=3
                Environment:
                  GREETING: hi
                Mounts: <none>
              Volumes: <none>
            Conditions:
              Type Status Reason
              ---- ------ ------
              Available True MinimumReplicasAvailable
              Progressing True NewReplicaSetAvailable
            OldReplicaSets: <none>
            NewReplicaSet: web-HASH (2/2 replicas created)
            Events:
              Type Reason Age From Message
              ---- ------ ---- ---- -------
              Normal ScalingReplicaSet AGE deployment-controller Scaled up replica set web-HASH from 0 to 2"#]]).await;
        let mut described = k.run("describe service web").await;
        if k.minor() <= 30 {
            // These look at Endpoints, and are told what has come after them.
            assert!(described.stderr.contains("v1 Endpoints is deprecated"));
            described.stderr.clear();
        }
        k.compare(&described, expect![[r#"
            Name: web
            Namespace: HERE
            Labels: app=web
            Annotations: <none>
            Selector: app=web
            Type: ClusterIP
            IP Family Policy: SingleStack
            IP Families: IPv4
            IP: SERVICE-IP
            IPs: SERVICE-IP
            Port: http 80/TCP
            TargetPort: http/TCP
            Endpoints: POD-IP:8080,POD-IP:8080
            Session Affinity: None
            Events: <none>"#]]);
        k.check("describe replicaset -l app=web", expect![[r#"
            Name: web-HASH
            Namespace: HERE
            Selector: app=web,pod-template-hash=HASH
            Labels: app=web
                            pod-template-hash=HASH
            Annotations: deployment.kubernetes.io/desired-replicas: 2
                            deployment.kubernetes.io/max-replicas: 3
                            deployment.kubernetes.io/revision: 1
            Controlled By: Deployment/web
            Replicas: 2 current / 2 desired
            Pods Status: 2 Running / 0 Waiting / 0 Succeeded / 0 Failed
            Pod Template:
              Labels: app=web
                       pod-template-hash=HASH
              Containers:
               web:
                Image: localhost/isopod/greeting
                Port: 8080/TCP
                Host Port: 0/TCP
                Limits:
                  memory: 32Mi
                Requests:
                  memory: 4Mi
                Readiness: tcp-socket :http delay=0s timeout=1s period=10s successThreshold=1 failureThreshold=3
                Environment:
                  GREETING: hi
                Mounts: <none>
              Volumes: <none>
            Events:
              Type Reason Age From Message
              ---- ------ ---- ---- -------
              Normal SuccessfulCreate AGE replicaset-controller Created pod: web-HASH-XXXXX
              Normal SuccessfulCreate AGE replicaset-controller Created pod: web-HASH-XXXXX"#]]).await;
        let node = k.ok("describe node reef").await;
        for part in [
            "Container Runtime Version:  wasmtime://",
            "Kubelet Version:            v1.35.",
            "KubeletReady",
            "InternalIP:  127.0.0.1",
            "PodCIDR:                      10.42.0.0/17",
            "Allocated resources:",
            pod.as_str(),
        ] {
            assert!(node.contains(part), "no {part:?} in {node}");
        }
    })
    .await;
}

#[tokio::test]
async fn events_are_listed_by_both_commands() {
    with_every_kubectl("events", async |k| {
        k.ok("run once --image=localhost/isopod/batch --restart=Never").await;
        k.ok("wait pod/once --for=jsonpath={.status.phase}=Succeeded --timeout=60s").await;
        k.space.event("once", "Started container once").await;
        k.space.event("once", "Successfully assigned").await;
        let columns = "custom-columns=TYPE:.type,REASON:.reason,FROM:.source.component,MESSAGE:.message";
        // Two components report; which of their events is written first is not promised.
        k.check(&format!("get events --sort-by=.reason -o {columns}"), expect![[r#"
            TYPE REASON FROM MESSAGE
            Normal Created kubelet Created container: once
            Normal Pulled kubelet Container image "localhost/isopod/batch" already present on machine
            Normal Scheduled default-scheduler Successfully assigned HERE/once to reef
            Normal Started kubelet Started container once"#]]).await;
        let lines = k.ok("events --for pod/once --types=Normal").await;
        assert!(lines.contains("Started container once"), "{lines}");
    })
    .await;
}
