//! The network's errors as the interfaces spell them.

use ::network::Error;
use wasmtime_wasi::p2::bindings::sockets::network::ErrorCode;

pub(super) fn code(error: Error) -> ErrorCode {
    match error {
        Error::AddressInUse => ErrorCode::AddressInUse,
        Error::AddressNotAvailable => ErrorCode::AddressNotBindable,
        Error::Refused => ErrorCode::ConnectionRefused,
        Error::Reset => ErrorCode::ConnectionReset,
        Error::TimedOut => ErrorCode::Timeout,
        Error::Unreachable => ErrorCode::RemoteUnreachable,
        Error::Denied => ErrorCode::AccessDenied,
        Error::NameUnknown => ErrorCode::NameUnresolvable,
        Error::NameUnavailable => ErrorCode::TemporaryResolverFailure,
        Error::NotConnected => ErrorCode::ConnectionAborted,
        Error::MessageTooLong => ErrorCode::DatagramTooLarge,
        Error::TooMany(_) => ErrorCode::NewSocketLimit,
    }
}
