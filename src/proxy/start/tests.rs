use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base::Random;
use client::Key;
use k8s_openapi::api::core::v1::{ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use network::{Attachment, Interface, Networks};

use super::*;

struct Fixture {
    services: Cache<Service>,
    slices: Cache<EndpointSlice>,
    switch: Switch,
    tasks: Tasks,
}

fn fixture() -> Fixture {
    let networks = Networks {
        attached: vec!["10.42.0.0/16".parse().unwrap()],
        virtual_only: vec!["10.43.0.0/16".parse().unwrap()],
    };
    let switch = Switch::new(network::Config { networks, uplink: None, random: Random::seeded(1) });
    let host = switch.host([10, 42, 0, 254].into()).unwrap();
    let tasks = Tasks::new();
    let (services, slices) = (Cache::default(), Cache::default());
    let proxy = Proxy {
        services: services.clone(),
        slices: slices.clone(),
        switch: switch.clone(),
        node_ports: NodePorts::new(Ipv4Addr::LOCALHOST.into(), host, tasks.clone()),
        health_ports: HealthPorts::new(Ipv4Addr::LOCALHOST.into(), tasks.clone()),
        node_name: "here".to_owned(),
        cluster_domain: "cluster.local".to_owned(),
    };
    tasks.spawn("proxy", |stop| async move {
        stop.clone().run_until_cancelled_owned(proxy.run(stop)).await;
    });
    Fixture { services, slices, switch, tasks }
}

fn metadata(name: &str) -> ObjectMeta {
    let labels = [("kubernetes.io/service-name".to_owned(), "web".to_owned())];
    ObjectMeta {
        namespace: Some("default".to_owned()),
        name: Some(name.to_owned()),
        labels: Some(labels.into()),
        ..ObjectMeta::default()
    }
}

fn service() -> Service {
    let port = ServicePort { port: 80, ..ServicePort::default() };
    let spec = ServiceSpec {
        cluster_ip: Some("10.43.0.5".to_owned()),
        ports: Some(vec![port]),
        ..ServiceSpec::default()
    };
    Service { metadata: metadata("web"), spec: Some(spec), ..Service::default() }
}

fn slice(address: &str) -> EndpointSlice {
    let endpoint = Endpoint { addresses: vec![address.to_owned()], ..Endpoint::default() };
    let port = EndpointPort { port: Some(8080), ..EndpointPort::default() };
    EndpointSlice {
        metadata: metadata("web-1"),
        endpoints: vec![endpoint],
        ports: Some(vec![port]),
        ..EndpointSlice::default()
    }
}

impl Fixture {
    fn pod(&self, last: u8) -> Interface {
        self.switch.attach(Attachment::new(IpAddr::from([10, 42, 0, last]))).unwrap()
    }

    /// Waits until the tables say so; the clock is paused, so that waiting takes no time.
    async fn until(&self, condition: impl Fn(&Switch) -> bool) {
        while !condition(&self.switch) {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_is_reachable_by_its_name_and_follows_its_endpoints() {
    let fixture = fixture();
    let (client, one, two) = (fixture.pod(1), fixture.pod(2), fixture.pod(3));
    let any = SocketAddr::from(([0, 0, 0, 0], 8080));
    let (one, two) = (one.listen(any, 16).unwrap(), two.listen(any, 16).unwrap());

    fixture.slices.insert(slice("10.42.0.2"));
    fixture.services.insert(service());
    fixture.until(|switch| !switch.tables().names.is_empty()).await;
    let address = client.resolve("web.default.svc.cluster.local").await.unwrap()[0];
    client.connect(None, SocketAddr::new(address, 80)).await.unwrap();
    assert!(one.try_accept().is_some());

    let before = fixture.switch.tables();
    fixture.slices.insert(slice("10.42.0.3"));
    fixture.until(|switch| switch.tables() != before).await;
    client.connect(None, SocketAddr::new(address, 80)).await.unwrap();
    assert!(two.try_accept().is_some());

    fixture.services.remove(&Key::new("default", "web"));
    fixture.until(|switch| switch.tables().names.is_empty()).await;
    assert!(fixture.tasks.shutdown(Duration::from_secs(5)).await);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_installed_before_both_lists_are_there() {
    let fixture = fixture();
    fixture.services.insert(service());
    sleep(Duration::from_secs(1)).await;
    assert!(fixture.switch.tables().zones.is_empty());
    fixture.slices.insert(slice("10.42.0.2"));
    fixture.until(|switch| !switch.tables().zones.is_empty()).await;
}
