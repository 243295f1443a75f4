//! Looking up names as a program of one sandbox means them.

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::plug::Plug;
use crate::{Attachment, Egress, Error, Tables, Uplink};

/// The longest name DNS can carry (RFC 1035, 2.3.4), as text without the last dot.
const MAX_NAME: usize = 253;

/// As many search domains as glibc and cluster resolver settings admit.
const MAX_SEARCH: usize = 32;

/// Longer chains of aliases are loops; resolvers give up after about as many.
const MAX_ALIASES: usize = 8;

/// A lookup that is under way.
pub struct Resolving(State);

enum State {
    Done(Option<Result<Vec<IpAddr>, Error>>),
    Waiting(Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, Error>> + Send>>),
}

impl Future for Resolving {
    type Output = Result<Vec<IpAddr>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Done(result) => {
                Poll::Ready(result.take().expect("a future is not polled after it is done"))
            }
            State::Waiting(future) => future.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for Resolving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.0 {
            State::Done(_) => "Done",
            State::Waiting(_) => "Waiting",
        };
        f.debug_tuple("Resolving").field(&state).finish()
    }
}

/// Looks `name` up for the sandbox at `plug`.
pub(crate) fn resolve(plug: &Arc<Plug>, name: &str) -> Resolving {
    let steps = steps(&plug.attachment, &plug.switch.tables.load(), name);
    let uplink = plug.switch.uplink.clone().filter(|_| plug.attachment.egress == Egress::Allowed);
    let lot = plug.switch.lot();
    match (steps.first(), uplink) {
        (Some(Step::Ask(_)), Some(uplink)) => {
            Resolving(State::Waiting(Box::pin(ask(uplink, steps))))
        }
        _ => Resolving(State::Done(Some(first_answer(steps, lot)))),
    }
}

/// One way to find the addresses of a name.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// They are these.
    Answer(Vec<IpAddr>),
    /// The outside may know this name.
    Ask(String),
}

/// What to try, in order; an answer is always the last step.
fn steps(attachment: &Attachment, tables: &Tables, name: &str) -> Vec<Step> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return vec![Step::Answer(vec![address])];
    }
    let lower = name.to_ascii_lowercase();
    let plain = lower.strip_suffix('.').unwrap_or(&lower);
    if plain.is_empty() || plain.len() > MAX_NAME {
        return Vec::new();
    }
    if plain == "localhost" || plain.ends_with(".localhost") {
        return vec![Step::Answer(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])];
    }
    let own = attachment.hosts.iter().filter(|(host, _)| host.eq_ignore_ascii_case(plain));
    let own: Vec<IpAddr> = own.map(|(_, address)| *address).collect();
    if !own.is_empty() {
        return vec![Step::Answer(own)];
    }
    let mut steps = Vec::new();
    for candidate in candidates(attachment, plain, lower.ends_with('.')) {
        let step = look_up(tables, candidate);
        let done = matches!(step, Some(Step::Answer(_)));
        steps.extend(step);
        if done {
            break;
        }
    }
    steps
}

/// The absolute names that `name` may stand for (resolv.conf(5): `search`, `ndots`).
fn candidates(attachment: &Attachment, name: &str, absolute: bool) -> Vec<String> {
    let mut candidates = Vec::new();
    if !absolute {
        let search = attachment.search.iter().take(MAX_SEARCH);
        candidates.extend(
            search
                .map(|domain| format!("{name}.{}", domain.trim_matches('.').to_ascii_lowercase())),
        );
    }
    let dots = name.bytes().filter(|byte| *byte == b'.').count();
    let own_place = if dots >= attachment.ndots { 0 } else { candidates.len() };
    candidates.insert(own_place, name.to_owned());
    candidates.retain(|candidate| candidate.len() <= MAX_NAME);
    candidates
}

fn look_up(tables: &Tables, mut name: String) -> Option<Step> {
    for _ in 0..MAX_ALIASES {
        if let Some(addresses) = tables.names.get(&name) {
            return Some(Step::Answer(addresses.clone()));
        }
        match tables.aliases.get(&name) {
            Some(target) => name.clone_from(target),
            None if tables.is_authoritative_for(&name) => return None,
            None => return Some(Step::Ask(name)),
        }
    }
    None
}

/// Without a way to ask the outside, only an answer helps.
fn first_answer(steps: Vec<Step>, lot: u64) -> Result<Vec<IpAddr>, Error> {
    let answer = steps.into_iter().find_map(|step| match step {
        Step::Answer(addresses) => Some(addresses),
        Step::Ask(_) => None,
    });
    let mut addresses = answer.filter(|found| !found.is_empty()).ok_or(Error::NameUnknown)?;
    // Clients take the first address: each shall have its turn.
    if addresses.len() > 1 && !addresses[0].is_loopback() {
        let turn = usize::try_from(lot % addresses.len() as u64).unwrap_or(0);
        addresses.rotate_left(turn);
    }
    Ok(addresses)
}

async fn ask(uplink: Uplink, steps: Vec<Step>) -> Result<Vec<IpAddr>, Error> {
    let mut failure = Error::NameUnknown;
    for step in steps {
        match step {
            Step::Answer(addresses) => return Ok(addresses),
            Step::Ask(name) => match uplink.resolve(&name).await {
                Ok(addresses) if !addresses.is_empty() => return Ok(addresses),
                Err(error) if error != Error::NameUnknown => failure = error,
                _ => (),
            },
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests;
