use proptest::prelude::*;

use super::*;

fn networks() -> Networks {
    Networks {
        attached: vec!["10.42.0.0/24".parse().unwrap()],
        virtual_only: vec!["10.43.0.0/24".parse().unwrap()],
    }
}

/// Mostly addresses of the networks, some of the outside.
fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0_u8..8).prop_map(|last| IpAddr::from([10, 42, 0, last])),
        (0_u8..4).prop_map(|last| IpAddr::from([10, 43, 0, last])),
        (0_u8..4).prop_map(|last| IpAddr::from([192, 0, 2, last])),
    ]
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    (address(), 1_u16..4).prop_map(|(address, port)| Endpoint { address, port })
}

fn protocol() -> impl Strategy<Value = Protocol> {
    prop_oneof![Just(Protocol::Tcp), Just(Protocol::Udp)]
}

prop_compose! {
    fn tables()(
        services in prop::collection::vec(
            // An endpoint is a backend once: of the host or of the network, not both.
            (endpoint(), protocol(), prop::collection::btree_map(endpoint(), any::<bool>(), 0..4)),
            0..12,
        )
    ) -> Tables {
        let mut tables = Tables::default();
        for (at, protocol, backends) in services {
            let backends =
                backends.into_iter().map(|(endpoint, host)| Backend { endpoint, host }).collect();
            let service = Arc::new(Service { backends, affinity: None });
            tables.services.entry(at.address).or_default().insert((at.port, protocol), service);
        }
        tables
    }
}

prop_compose! {
    fn flow()(
        from in address(),
        to in endpoint(),
        protocol in protocol(),
        lot in any::<u64>(),
        kept in prop::option::of(endpoint()),
    ) -> Flow {
        Flow { from, to, protocol, lot, kept }
    }
}

proptest! {
    #[test]
    fn an_attached_verdict_never_leaves_the_network(tables in tables(), flow in flow()) {
        if let Verdict::Attached(endpoint) = tables.decide(&networks(), &flow) {
            prop_assert_eq!(networks().place(endpoint.address), Place::Attached);
        }
    }

    #[test]
    fn a_virtual_address_never_leads_outside_by_itself(tables in tables(), flow in flow()) {
        if let Verdict::Outside(endpoint) = tables.decide(&networks(), &flow) {
            prop_assert_eq!(networks().place(endpoint.address), Place::Outside);
        }
    }

    #[test]
    fn only_current_backends_are_chosen(tables in tables(), flow in flow()) {
        let verdict = tables.decide(&networks(), &flow);
        let Some(service) = tables.service(flow.to, flow.protocol) else {
            prop_assert!(verdict.endpoint().is_none_or(|endpoint| endpoint == flow.to));
            return Ok(());
        };
        let chosen = |endpoint, host| service.backends.contains(&Backend { endpoint, host });
        match verdict {
            Verdict::Attached(endpoint) | Verdict::Outside(endpoint) => {
                prop_assert!(chosen(endpoint, false));
            }
            Verdict::Host(endpoint) => prop_assert!(chosen(endpoint, true)),
            Verdict::Refuse => prop_assert!(service.backends.is_empty()),
            Verdict::Unreachable => {
                let virtual_only = |backend: &Backend| {
                    networks().place(backend.endpoint.address) == Place::Virtual
                };
                prop_assert!(service.backends.iter().any(virtual_only));
            }
        }
    }

    #[test]
    fn a_kept_backend_is_kept_while_it_exists(tables in tables(), flow in flow(), again in any::<u64>()) {
        let first = tables.decide(&networks(), &flow);
        if let Some(kept) = first.endpoint() {
            let second = Flow { lot: again, kept: Some(kept), ..flow };
            prop_assert_eq!(tables.decide(&networks(), &second).endpoint(), Some(kept));
        }
    }
}

#[test]
fn a_name_belongs_to_a_zone_at_whole_labels_only() {
    let tables = Tables { zones: vec!["cluster.local".to_owned()], ..Tables::default() };
    assert!(tables.is_authoritative_for("a.cluster.local"));
    assert!(tables.is_authoritative_for("cluster.local"));
    assert!(!tables.is_authoritative_for("mycluster.local"));
}
