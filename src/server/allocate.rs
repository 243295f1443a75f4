//! Gives Services their addresses and node ports, each to one Service at a time, also under
//! concurrent creates.
//!
//! What is taken lives in memory and is learned from the stored Services at start. A write reserves
//! first and keeps the reservation only when it is stored, so a failed or dry-run write leaves nothing.

mod holdings;
mod pool;

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

use base::Random;
use ipnet::IpNet;
use kinds::Kind;
use machinery::{ApiError, FieldErrors};
use serde_json::{Value, json};

use crate::catalog::Catalog;
use holdings::{NodePort, addresses, node_ports, owner, protocol};
use pool::Pool;

/// Addresses below this offset are left for people who choose their own (KEP-3070).
const STATIC_BAND: u64 = 256;

/// Knows which addresses and ports are taken.
#[derive(Debug, Clone)]
pub(crate) struct Allocators(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    network: IpNet,
    ports: RangeInclusive<u16>,
    random: Random,
    addresses: Pool<IpAddr>,
    node_ports: Pool<NodePort>,
}

/// What an object was given. Dropped without [`Self::keep`], it is free again.
#[derive(Debug)]
#[must_use]
pub(crate) struct Reservation {
    allocators: Allocators,
    owner: String,
    new: Holdings,
    /// What an update lets go, once it is stored.
    old: Holdings,
}

#[derive(Debug, Default)]
struct Holdings {
    addresses: Vec<IpAddr>,
    ports: Vec<NodePort>,
}

impl Reservation {
    /// The object has been stored.
    pub(crate) fn keep(mut self) {
        self.new = std::mem::take(&mut self.old);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.allocators.free(&self.new, &self.owner);
    }
}

impl Allocators {
    /// Allocators over these ranges.
    pub(crate) fn new(network: IpNet, ports: RangeInclusive<u16>, random: Random) -> Self {
        let (addresses, node_ports) = (Pool::new(), Pool::new());
        Self(Arc::new(Shared { network, ports, random, addresses, node_ports }))
    }

    /// Marks what stored objects hold; called once, when the cache is filled.
    pub(crate) fn load(&self, catalog: &Catalog) {
        let services = catalog.shelf("", "v1", "services");
        for service in services.iter().flat_map(|shelf| shelf.all()) {
            self.learn(&service.object());
        }
    }

    fn learn(&self, service: &Value) {
        let owner = owner(service);
        for address in addresses(service) {
            let _ = self.0.addresses.take(address, &owner);
        }
        for (_, port) in node_ports(service) {
            let _ = self.0.node_ports.take(port, &owner);
        }
    }

    /// Fills in what the object needs, given what it had before; other kinds than Services need nothing.
    pub(crate) fn assign(
        &self,
        kind: &dyn Kind,
        new: &mut Value,
        old: Option<&Value>,
    ) -> Result<Reservation, ApiError> {
        let mut reservation = Reservation {
            allocators: self.clone(),
            owner: owner(new),
            new: Holdings::default(),
            old: Holdings::default(),
        };
        if !is_service(kind) {
            return Ok(reservation);
        }
        let errors = FieldErrors::new();
        self.assign_address(new, &mut reservation, &errors);
        self.assign_ports(new, &mut reservation, &errors);
        if !errors.is_empty() {
            let name = new["metadata"]["name"].as_str().unwrap_or_default();
            return Err(ApiError::invalid("", "Service", name, errors));
        }
        if let Some(old) = old {
            reservation.old = left_behind(old, new);
        }
        Ok(reservation)
    }

    /// Frees what an object held that is gone.
    pub(crate) fn release(&self, kind: &dyn Kind, old: &Value) {
        if is_service(kind) {
            self.free(&left_behind(old, &Value::Null), &owner(old));
        }
    }

    fn free(&self, holdings: &Holdings, owner: &str) {
        for address in &holdings.addresses {
            self.0.addresses.release(address, owner);
        }
        for port in &holdings.ports {
            self.0.node_ports.release(port, owner);
        }
    }

    fn assign_address(&self, service: &mut Value, taken: &mut Reservation, errors: &FieldErrors) {
        let spec = &mut service["spec"];
        if spec["type"] == "ExternalName" {
            return;
        }
        let wanted = spec["clusterIP"].as_str().unwrap_or_default().to_owned();
        if wanted != "None" {
            let given = if wanted.is_empty() {
                self.draw_address(&taken.owner).map(|address| (address, true))
            } else {
                self.take_address(&wanted, &taken.owner)
            };
            let (address, new) = match given {
                Ok(given) => given,
                Err(detail) => {
                    return errors.at("spec").invalid("clusterIPs", json!([wanted]), &detail);
                }
            };
            if new {
                taken.new.addresses.push(address);
            }
            spec["clusterIP"] = address.to_string().into();
        }
        spec["clusterIPs"] = json!([spec["clusterIP"]]);
        if spec["ipFamilies"].as_array().is_none_or(Vec::is_empty) {
            let family = if self.0.network.addr().is_ipv4() { "IPv4" } else { "IPv6" };
            spec["ipFamilies"] = json!([family]);
        }
        if spec["ipFamilyPolicy"].as_str().is_none_or(str::is_empty) {
            spec["ipFamilyPolicy"] = "SingleStack".into();
        }
    }

    /// The address somebody chose, and whether it was free.
    fn take_address(&self, wanted: &str, owner: &str) -> Result<(IpAddr, bool), String> {
        let address: IpAddr =
            wanted.parse().map_err(|_| "must be a valid IP address".to_owned())?;
        let network = &self.0.network;
        if !network.contains(&address) {
            return Err(format!(
                "failed to allocate IP {address}: the provided network does not match the current \
                 range {network}"
            ));
        }
        let taken = self.0.addresses.take(address, owner);
        taken.map(|new| (address, new)).map_err(|pool::Taken| {
            format!("failed to allocate IP {address}: provided IP is already allocated")
        })
    }

    fn draw_address(&self, owner: &str) -> Result<IpAddr, String> {
        // Neither the network's own address, nor the first (kubernetes), nor the last (broadcast).
        let last = self.size().saturating_sub(2);
        let first = if last > 2 * STATIC_BAND { STATIC_BAND } else { 2 };
        let draw = |range| {
            let pool = &self.0.addresses;
            pool.draw(&self.0.random, range, |offset| self.address(offset), owner)
        };
        draw((first, last))
            .or_else(|| draw((2, first.saturating_sub(1))))
            .ok_or_else(|| "failed to allocate IP: range is full".to_owned())
    }

    fn assign_ports(&self, service: &mut Value, taken: &mut Reservation, errors: &FieldErrors) {
        let list = errors.at("spec").at("ports");
        for (index, port) in node_ports(service) {
            if let Err(detail) = self.take_port(&port, taken) {
                list.index(index).invalid("nodePort", port.0, &detail);
            }
        }
        if !errors.is_empty() || !wants_node_ports(&service["spec"]) {
            return;
        }
        let Some(ports) = service["spec"]["ports"].as_array_mut() else { return };
        for (index, port) in ports.iter_mut().enumerate() {
            if port["nodePort"].as_u64().unwrap_or(0) != 0 {
                continue;
            }
            match self.draw_port(&protocol(port), &taken.owner) {
                Some(drawn) => {
                    port["nodePort"] = drawn.0.into();
                    taken.new.ports.push(drawn);
                }
                None => list.index(index).invalid(
                    "nodePort",
                    0,
                    "failed to allocate a nodePort: range is full",
                ),
            }
        }
    }

    fn take_port(&self, port: &NodePort, taken: &mut Reservation) -> Result<(), String> {
        let range = &self.0.ports;
        if !range.contains(&port.0) {
            return Err(format!(
                "provided port is not in the valid range. The range of valid ports is {}-{}",
                range.start(),
                range.end()
            ));
        }
        match self.0.node_ports.take(port.clone(), &taken.owner) {
            Ok(true) => taken.new.ports.push(port.clone()),
            Ok(false) => {}
            Err(pool::Taken) => return Err("provided port is already allocated".to_owned()),
        }
        Ok(())
    }

    fn draw_port(&self, protocol: &str, owner: &str) -> Option<NodePort> {
        let range = (u64::from(*self.0.ports.start()), u64::from(*self.0.ports.end()));
        let at = |number| {
            let port = u16::try_from(number).expect("a port of the range is a port");
            (port, protocol.to_owned())
        };
        self.0.node_ports.draw(&self.0.random, range, at, owner)
    }

    /// How many addresses the network has; a network larger than we count is as good as endless.
    fn size(&self) -> u64 {
        let host_bits = u32::from(self.0.network.max_prefix_len() - self.0.network.prefix_len());
        1_u64.checked_shl(host_bits).unwrap_or(u64::MAX)
    }

    fn address(&self, offset: u64) -> IpAddr {
        match self.0.network.network() {
            IpAddr::V4(base) => {
                let offset = u32::try_from(offset).expect("an offset lies inside the network");
                IpAddr::V4((u32::from(base) + offset).into())
            }
            IpAddr::V6(base) => IpAddr::V6((u128::from(base) + u128::from(offset)).into()),
        }
    }
}

fn is_service(kind: &dyn Kind) -> bool {
    kind.names().kind == "Service" && kind.names().group.is_empty()
}

fn wants_node_ports(spec: &Value) -> bool {
    match spec["type"].as_str() {
        Some("NodePort") => true,
        Some("LoadBalancer") => spec["allocateLoadBalancerNodePorts"] != false,
        _ => false,
    }
}

/// What the old document holds and the new one does not.
fn left_behind(old: &Value, new: &Value) -> Holdings {
    let kept = addresses(new);
    let kept_ports: Vec<NodePort> = node_ports(new).into_iter().map(|(_, port)| port).collect();
    let ports = node_ports(old).into_iter().map(|(_, port)| port);
    Holdings {
        addresses: addresses(old).into_iter().filter(|address| !kept.contains(address)).collect(),
        ports: ports.filter(|port| !kept_ports.contains(port)).collect(),
    }
}

#[cfg(test)]
mod tests;
