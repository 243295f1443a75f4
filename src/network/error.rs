//! What can go wrong on the pod network, in the words of a socket's caller.

use std::io;

/// Why a socket call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another socket of the interface holds the address and port.
    #[error("address already in use")]
    AddressInUse,
    /// The address does not belong to the interface, or cannot be the source of this flow.
    #[error("address not available")]
    AddressNotAvailable,
    /// The host is there, but nobody listens.
    #[error("connection refused")]
    Refused,
    /// The connection was cut by the other side, or with the interface.
    #[error("connection reset")]
    Reset,
    /// Nobody answered in time.
    #[error("connection timed out")]
    TimedOut,
    /// No interface has the address.
    #[error("host unreachable")]
    Unreachable,
    /// Policy forbids the flow.
    #[error("access denied")]
    Denied,
    /// No such name.
    #[error("name unknown")]
    NameUnknown,
    /// The name may exist, but its resolver did not answer.
    #[error("temporary failure in name resolution")]
    NameUnavailable,
    /// The socket is not (or no longer) usable: its interface is gone.
    #[error("not connected")]
    NotConnected,
    /// A datagram is larger than UDP can carry.
    #[error("message too long")]
    MessageTooLong,
    /// A limit of the interface is reached.
    #[error("too many {0}")]
    TooMany(Limit),
}

/// The limits of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Open connections.
    Connections,
    /// Bound and listening sockets.
    Sockets,
    /// Free ephemeral ports.
    Ports,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connections => "connections",
            Self::Sockets => "sockets",
            Self::Ports => "ports in use",
        })
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::AddressInUse => io::ErrorKind::AddrInUse,
            Error::AddressNotAvailable => io::ErrorKind::AddrNotAvailable,
            Error::Refused => io::ErrorKind::ConnectionRefused,
            Error::Reset => io::ErrorKind::ConnectionReset,
            Error::TimedOut => io::ErrorKind::TimedOut,
            Error::Unreachable => io::ErrorKind::HostUnreachable,
            Error::Denied => io::ErrorKind::PermissionDenied,
            Error::NameUnknown => io::ErrorKind::NotFound,
            Error::NameUnavailable => io::ErrorKind::WouldBlock,
            Error::NotConnected => io::ErrorKind::NotConnected,
            Error::MessageTooLong => io::ErrorKind::InvalidInput,
            Error::TooMany(_) => io::ErrorKind::QuotaExceeded,
        };
        io::Error::new(kind, error)
    }
}

impl Error {
    /// The nearest meaning of an error of the host's own sockets.
    pub(crate) fn from_host(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Reset,
            io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::AddrInUse => Self::AddressInUse,
            io::ErrorKind::AddrNotAvailable => Self::AddressNotAvailable,
            _ => Self::Unreachable,
        }
    }
}
