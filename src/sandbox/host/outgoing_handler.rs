//! `wasi:http/outgoing-handler`: requests to others, over the virtual network and nothing else.
//!
//! wasmtime-wasi-http is built without its own sender, so a real socket cannot be opened even by mistake.

mod body;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ::network::{Interface, Stream};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use tokio::time::timeout;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use self::body::TimedBody;

/// When the guest gives no limit. Longer than any sane service takes, shorter than anybody's patience.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);

/// Addresses of a name that are tried in turn.
const MAX_ADDRESSES: usize = 4;

/// Sends the requests of one instance.
#[derive(Debug)]
pub(crate) struct Outgoing {
    interface: Interface,
}

impl Outgoing {
    pub(crate) fn new(interface: Interface) -> Self {
        Self { interface }
    }
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Outgoing {
    fn is_supported_scheme(&mut self, scheme: &Scheme) -> bool {
        *scheme == Scheme::HTTP
    }

    fn default_scheme(&mut self) -> Option<Scheme> {
        Some(Scheme::HTTP)
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Io,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Io), Error>> + Send> {
        let interface = self.interface.clone();
        Box::new(send(interface, request, Timeouts::new(options)))
    }
}

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
struct Timeouts {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Timeouts {
    fn new(options: Option<RequestOptions>) -> Self {
        let options = options.unwrap_or_default();
        Self {
            connect: options.connect_timeout.unwrap_or(DEFAULT_TIMEOUT),
            first_byte: options.first_byte_timeout.unwrap_or(DEFAULT_TIMEOUT),
            between_bytes: options.between_bytes_timeout.unwrap_or(DEFAULT_TIMEOUT),
        }
    }
}

async fn send(
    interface: Interface,
    mut request: Request<WasiBody>,
    timeouts: Timeouts,
) -> Result<(Response<WasiBody>, Io), Error> {
    let authority = request.uri().authority().ok_or(Error::HttpRequestUriInvalid)?;
    let connecting = connect(&interface, authority);
    let stream =
        timeout(timeouts.connect, connecting).await.map_err(|_| Error::ConnectionTimeout)??;
    // Scheme and authority are for proxies; a server is told its path only.
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(Error::from)?;
    let mut connection = Box::pin(connection);
    let response = timeout(timeouts.first_byte, async {
        let answer = sender.send_request(request);
        tokio::pin!(answer);
        tokio::select! { biased;
            answer = &mut answer => answer.map_err(Error::from),
            end = &mut connection => match end {
                Ok(()) => answer.await.map_err(Error::from),
                Err(error) => Err(error.into()),
            },
        }
    });
    let response = response.await.map_err(|_| Error::ConnectionReadTimeout)??;
    let response = response.map(|body| TimedBody::new(body, timeouts.between_bytes).boxed_unsync());
    // The sender must outlive the body, else the connection ends early; the connection drives the body.
    let io = async move {
        let end = connection.await.map_err(Error::from);
        drop(sender);
        end
    };
    Ok((response, Box::new(io)))
}

async fn connect(interface: &Interface, authority: &Authority) -> Result<Stream, Error> {
    let host = authority.host();
    let port = authority.port_u16().unwrap_or(80);
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let addresses = match literal {
        Ok(address) => vec![address],
        Err(_) => interface.resolve(host).await.map_err(translate)?,
    };
    let mut failure = Error::DestinationNotFound;
    for address in addresses.into_iter().take(MAX_ADDRESSES) {
        match interface.connect(None, SocketAddr::new(address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = translate(error),
        }
    }
    Err(failure)
}

/// The network's errors as `wasi:http` spells them.
fn translate(error: ::network::Error) -> Error {
    use ::network::Error as Network;
    match error {
        Network::Refused => Error::ConnectionRefused,
        Network::Reset | Network::NotConnected => Error::ConnectionTerminated,
        Network::TimedOut => Error::ConnectionTimeout,
        Network::Unreachable => Error::DestinationIpUnroutable,
        Network::Denied => Error::DestinationIpProhibited,
        Network::NameUnknown => Error::DnsError { rcode: Some("NXDOMAIN".into()), info_code: None },
        Network::NameUnavailable => Error::DnsTimeout,
        Network::TooMany(_) => Error::ConnectionLimitReached,
        Network::AddressInUse | Network::AddressNotAvailable | Network::MessageTooLong => {
            Error::DestinationUnavailable
        }
    }
}
