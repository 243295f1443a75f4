//! Gives Services their addresses and node ports, each to one Service at a time, also under
//! concurrent creates.
//!
//! What is taken lives in memory. What stored Services hold is learned from the cache, which tells of every
//! change; a write claims what it needs first, and takes its claims back when it is over: by then what it stored
//! is known as stored, and what it did not store is free again. Where the caller goes away in the middle, the
//! write may still happen, and its claims stay until that is known.

mod families;
mod holdings;
mod pool;
mod range;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base::Random;
use ipnet::IpNet;
use kinds::Kind;
use machinery::{ApiError, FieldErrors};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cache::{Cached, Listener};
use crate::catalog::Catalog;
use holdings::{Holdings, health_check_port, node_ports, owner};
use pool::Pool;
use range::{AddressRange, PortRange};

/// How long a claim counts whose caller went away before the write was over. By then the store has long decided.
const DOUBT: Duration = Duration::from_mins(1);
/// Where Services are kept.
const SERVICES: &str = "/registry/services";

/// Knows which addresses and ports are taken.
#[derive(Debug, Clone)]
pub(crate) struct Allocators(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    catalog: Arc<Catalog>,
    network: IpNet,
    ports: PortRange,
    random: Random,
    addresses: Pool<IpAddr>,
    node_ports: Pool<u16>,
    /// What each stored Service holds, by `namespace/name`.
    stored: Mutex<BTreeMap<String, Holdings>>,
    claims: AtomicU64,
}

/// What a write would give an object. Dropped before [`Self::begin`] or after [`Self::end`] its claims are over;
/// dropped in between, the write may still happen.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Reservation(Option<Claims>);

#[derive(Debug)]
struct Claims {
    allocators: Allocators,
    owner: String,
    id: u64,
    things: Holdings,
    under_way: bool,
}

impl Reservation {
    /// The write goes to the store now.
    pub(crate) fn begin(&mut self) {
        self.0.iter_mut().for_each(|claims| claims.under_way = true);
    }

    /// The store has answered, and what it stored is in the cache.
    pub(crate) fn end(mut self) {
        self.0.iter_mut().for_each(|claims| claims.under_way = false);
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        let shared = &self.allocators.0;
        let in_doubt_since = self.under_way.then(Instant::now);
        for address in &self.things.addresses {
            shared.addresses.release(address, self.id, in_doubt_since);
        }
        for port in &self.things.ports {
            shared.node_ports.release(port, self.id, in_doubt_since);
        }
    }
}

impl Allocators {
    /// Allocators over these ranges.
    pub(crate) fn new(
        catalog: Arc<Catalog>,
        network: IpNet,
        ports: RangeInclusive<u16>,
        random: Random,
    ) -> Self {
        Self(Arc::new(Shared {
            catalog,
            network,
            ports: PortRange(ports),
            random,
            addresses: Pool::new(),
            node_ports: Pool::new(),
            stored: Mutex::default(),
            claims: AtomicU64::new(0),
        }))
    }

    /// Frees what writes claimed that nobody waits for and that have not happened in all this time.
    pub(crate) fn settle_doubts(&self) {
        self.0.addresses.settle(|since| since.elapsed() > DOUBT);
        self.0.node_ports.settle(|since| since.elapsed() > DOUBT);
    }

    /// Fills in what the object needs, given what it had before; other kinds than Services need nothing.
    pub(crate) fn assign(
        &self,
        kind: &dyn Kind,
        new: &mut Value,
        old: Option<&Value>,
    ) -> Result<Reservation, ApiError> {
        if !is_service(kind) {
            return Ok(Reservation::default());
        }
        let mut claims = Claims {
            allocators: self.clone(),
            owner: owner(new),
            id: self.0.claims.fetch_add(1, Ordering::Relaxed),
            things: Holdings::default(),
            under_way: false,
        };
        let errors = FieldErrors::new();
        self.assign_address(new, old, &mut claims, &errors);
        self.assign_ports(new, &mut claims, &errors);
        if !errors.is_empty() {
            let name = new["metadata"]["name"].as_str().unwrap_or_default();
            return Err(ApiError::invalid("", "Service", name, errors));
        }
        Ok(Reservation(Some(claims)))
    }

    /// A stored Service holds this now; none when it is gone.
    fn learn(&self, owner: &str, now: Option<Holdings>) {
        let now = now.unwrap_or_default();
        let mut stored = self.stored();
        // What is new first, so that nothing is free for a moment that moves from a claim to the store.
        for address in &now.addresses {
            self.0.addresses.store(*address, owner);
        }
        for port in &now.ports {
            self.0.node_ports.store(*port, owner);
        }
        let before = stored.remove(owner).unwrap_or_default();
        for address in before.addresses.iter().filter(|it| !now.addresses.contains(it)) {
            self.0.addresses.unstore(address, owner);
        }
        for port in before.ports.iter().filter(|it| !now.ports.contains(it)) {
            self.0.node_ports.unstore(port, owner);
        }
        if !now.is_empty() {
            stored.insert(owner.to_owned(), now);
        }
    }

    fn stored(&self) -> MutexGuard<'_, BTreeMap<String, Holdings>> {
        self.0.stored.lock().expect("nothing panics while holding it")
    }

    fn assign_address(
        &self,
        service: &mut Value,
        old: Option<&Value>,
        claims: &mut Claims,
        errors: &FieldErrors,
    ) {
        let spec = &mut service["spec"];
        if spec["type"] == "ExternalName" {
            return;
        }
        let first = &spec["clusterIPs"][0];
        if old.is_none() && !first.is_null() && *first != spec["clusterIP"] {
            let addresses = spec["clusterIPs"].clone();
            let path = errors.at("spec").at("clusterIPs").index(0);
            return path.invalid("", addresses, "first value must match `clusterIP`");
        }
        let family = if self.0.network.addr().is_ipv4() { "IPv4" } else { "IPv6" };
        families::settle(spec, old.map(|old| &old["spec"]), family, errors);
        if !errors.is_empty() {
            return;
        }
        let wanted = spec["clusterIP"].as_str().unwrap_or_default().to_owned();
        // An address that may not change is not worth an answer of its own: validation will say so.
        let settled = old.is_some_and(|old| has_other_address(&old["spec"], &wanted));
        if wanted != "None" && !settled {
            let given = if wanted.is_empty() {
                self.draw_address(claims)
            } else {
                self.take_address(&wanted, claims)
            };
            let address = match given {
                Ok(given) => given,
                Err(detail) => {
                    return errors.at("spec").invalid("clusterIPs", json!([wanted]), &detail);
                }
            };
            claims.things.addresses.push(address);
            spec["clusterIP"] = address.to_string().into();
        }
        spec["clusterIPs"] = json!([spec["clusterIP"]]);
    }

    /// The address somebody chose, if it is free.
    fn take_address(&self, wanted: &str, claims: &Claims) -> Result<IpAddr, String> {
        let address: IpAddr =
            wanted.parse().map_err(|_| "must be a valid IP address".to_owned())?;
        let network = self.0.network;
        if !network.contains(&address) && !self.further().any(|range| range.contains(&address)) {
            return Err(format!(
                "failed to allocate IP {address}: the provided network does not match the current \
                 range {network}"
            ));
        }
        if network.contains(&address) && !AddressRange(network).has(address) {
            return Err(format!(
                "failed to allocate IP {address}: the provided IP ({address}) is not in the valid \
                 range. The range of valid IPs is {network}"
            ));
        }
        let claimed = self.0.addresses.claim(address, &claims.owner, claims.id);
        claimed.map(|()| address).map_err(|pool::Taken| {
            format!("failed to allocate IP {address}: provided IP is already allocated")
        })
    }

    fn draw_address(&self, claims: &Claims) -> Result<IpAddr, String> {
        let draw = |network| {
            let range = AddressRange(network);
            let at = |offset| range.address(offset);
            let (pool, random) = (&self.0.addresses, &self.0.random);
            let mut bands = range.bands().into_iter();
            bands.find_map(|band| pool.draw(random, band, at, &claims.owner, claims.id))
        };
        // Other ranges are looked up only when the cluster's own is full.
        draw(self.0.network)
            .or_else(|| self.further().find_map(draw))
            .ok_or_else(|| "failed to allocate IP: range is full".to_owned())
    }

    /// The ranges that `ServiceCIDR`s add, in the order of their names (KEP-1880).
    fn further(&self) -> impl Iterator<Item = IpNet> {
        let shelf = self.0.catalog.shelf("networking.k8s.io", "v1", "servicecidrs");
        let objects = shelf.map(|shelf| shelf.all()).into_iter().flatten();
        let usable = objects.filter(|object| !object.terminating).map(|object| object.object());
        usable.filter(is_ready).flat_map(|object| ranges(&object, self.0.network))
    }

    fn assign_ports(&self, service: &mut Value, claims: &mut Claims, errors: &FieldErrors) {
        let path = errors.at("spec");
        let list = path.at("ports");
        for (index, port) in node_ports(service) {
            if let Err(detail) = self.take_port(port, claims) {
                list.index(index).invalid("nodePort", port, &detail);
            }
        }
        let wants_health_check = kinds::needs_health_check_port(&service["spec"]);
        let health_check = health_check_port(service).filter(|_| wants_health_check);
        if let Some(port) = health_check
            && let Err(detail) = self.take_port(port, claims)
        {
            path.invalid("healthCheckNodePort", port, &detail);
        }
        if !errors.is_empty() {
            return;
        }
        let full = "failed to allocate a nodePort: range is full";
        if kinds::has_node_ports(&service["spec"])
            && let Err(index) = self.draw_missing(&mut service["spec"]["ports"], claims)
        {
            list.index(index).invalid("nodePort", 0, full);
        }
        if wants_health_check && health_check.is_none() {
            match self.draw_port(claims) {
                Some(drawn) => service["spec"]["healthCheckNodePort"] = drawn.into(),
                None => path.invalid("healthCheckNodePort", 0, full),
            }
        }
    }

    /// Gives a node port to each port that has none, one number to a port that is served over several protocols. An
    /// error is the index of the first that gets none.
    fn draw_missing(&self, ports: &mut Value, claims: &mut Claims) -> Result<(), usize> {
        let Some(ports) = ports.as_array_mut() else { return Ok(()) };
        let is_given = |port: &Value| port["nodePort"].as_u64().unwrap_or(0) != 0;
        let key = |port: &Value| port["port"].as_u64();
        let mut known: BTreeMap<Option<u64>, Value> = BTreeMap::new();
        for port in ports.iter().filter(|port| is_given(port)) {
            known.entry(key(port)).or_insert_with(|| port["nodePort"].clone());
        }
        for (index, port) in ports.iter_mut().enumerate().filter(|(_, port)| !is_given(port)) {
            let number = match known.get(&key(port)) {
                Some(number) => number.clone(),
                None => self.draw_port(claims).ok_or(index)?.into(),
            };
            known.insert(key(port), number.clone());
            port["nodePort"] = number;
        }
        Ok(())
    }

    fn take_port(&self, port: u16, claims: &mut Claims) -> Result<(), String> {
        let PortRange(range) = &self.0.ports;
        if !range.contains(&port) {
            return Err(format!(
                "provided port is not in the valid range. The range of valid ports is {}-{}",
                range.start(),
                range.end()
            ));
        }
        let claimed = self.0.node_ports.claim(port, &claims.owner, claims.id);
        claimed.map_err(|pool::Taken| "provided port is already allocated".to_owned())?;
        claims.things.ports.push(port);
        Ok(())
    }

    fn draw_port(&self, claims: &mut Claims) -> Option<u16> {
        let at = |number| u16::try_from(number).expect("a port of the range is a port");
        let mut bands = self.0.ports.bands().into_iter();
        let drawn = bands.find_map(|band| {
            self.0.node_ports.draw(&self.0.random, band, at, &claims.owner, claims.id)
        })?;
        claims.things.ports.push(drawn);
        Some(drawn)
    }
}

fn is_service(kind: &dyn Kind) -> bool {
    kind.names().kind == "Service" && kind.names().group.is_empty()
}

fn is_ready(range: &Value) -> bool {
    let conditions = range["status"]["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().any(|it| it["type"] == "Ready" && it["status"] == "True")
}

/// What a `ServiceCIDR` adds to the cluster's own network, which has one family.
fn ranges(range: &Value, own: IpNet) -> Vec<IpNet> {
    let listed = range["spec"]["cidrs"].as_array().into_iter().flatten();
    let parsed = listed.filter_map(|range| range.as_str()?.parse::<IpNet>().ok());
    let is_same_family = |range: &IpNet| range.addr().is_ipv4() == own.addr().is_ipv4();
    parsed.filter(|range| is_same_family(range) && *range != own).collect()
}

/// Whether the Service already has an address, and it is not this one.
fn has_other_address(old: &Value, wanted: &str) -> bool {
    let address = old["clusterIP"].as_str().unwrap_or_default();
    old["type"] != "ExternalName" && ![address, wanted].contains(&"") && address != wanted
}

impl Listener for Allocators {
    fn changed(&self, prefix: &str, key: &str, current: Option<&Cached>) {
        if prefix == SERVICES {
            self.learn(key, current.map(|service| Holdings::of(&service.object())));
        }
    }

    fn restarted(&self) {
        let services = self.0.catalog.shelf("", "v1", "services").map(|shelf| shelf.all());
        let mut now = BTreeMap::new();
        for service in services.into_iter().flatten() {
            let object = service.object();
            now.insert(owner(&object), Holdings::of(&object));
        }
        let mut gone: Vec<String> = self.stored().keys().cloned().collect();
        gone.retain(|owner| !now.contains_key(owner));
        for owner in &gone {
            self.learn(owner, None);
        }
        for (owner, holdings) in now {
            self.learn(&owner, Some(holdings));
        }
    }
}

#[cfg(test)]
mod tests;
