//! Carrying bytes between a socket of the host and a virtual one.

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::TcpStream;

use crate::Stream;

/// What one direction holds at a time; larger buffers gain little over a kernel's socket.
const BUFFER: usize = 16 * 1024;

/// Carries bytes until both sides have finished; when one breaks, breaks the other.
pub(crate) async fn splice(mut socket: TcpStream, mut stream: Stream) {
    let copied = copy_bidirectional_with_sizes(&mut socket, &mut stream, BUFFER, BUFFER).await;
    if copied.is_err() {
        stream.reset();
        abort(socket);
    }
}

/// Closes a socket of the host so that its peer sees a reset.
pub(crate) fn abort(socket: TcpStream) {
    // Where the option is not supported the peer sees an orderly end, which is the best left to do.
    let _ = socket.set_zero_linger();
}
