use super::*;

#[tokio::test]
async fn after_half_a_close_the_other_half_still_works() {
    let (_a, _b, client, server) = pair().await;
    write(&client, "last words");
    client.halves().1.shutdown();
    assert_eq!(read(&server), data("last words"));
    assert_eq!(read(&server), ReadOutcome::Eof);
    write(&server, "answer");
    assert_eq!(read(&client), data("answer"));
    assert_eq!(client.halves().1.permit(), Err(Closed::Shutdown));
}

#[tokio::test]
async fn a_dropped_writer_ends_the_stream_after_its_bytes() {
    let (_a, _b, client, server) = pair().await;
    write(&client, "bytes");
    let (_reader, writer) = client.into_split();
    drop(writer);
    assert_eq!(read(&server), data("bytes"));
    assert_eq!(read(&server), ReadOutcome::Eof);
}

#[tokio::test]
async fn a_closed_peer_is_an_end_to_readers_and_a_reset_to_writers() {
    let (_a, _b, client, server) = pair().await;
    write(&client, "bytes");
    drop(client);
    assert_eq!(read(&server), data("bytes"));
    assert_eq!(read(&server), ReadOutcome::Eof);
    assert_eq!(server.halves().1.permit(), Err(Closed::Reset));
}

#[tokio::test]
async fn closing_with_unread_bytes_resets() {
    let (_a, _b, client, server) = pair().await;
    write(&client, "never read");
    write(&server, "sent before");
    drop(server);
    assert_eq!(read(&client), data("sent before"));
    assert_eq!(read(&client), ReadOutcome::Reset);
    assert_eq!(client.halves().1.permit(), Err(Closed::Reset));
}

#[tokio::test]
async fn a_reader_that_is_dropped_first_lets_the_writer_finish() {
    let (_a, _b, client, server) = pair().await;
    let (reader, writer) = server.into_split();
    drop(reader);
    write(&client, "into the void");
    assert!(writer.try_write(chunk("answer")).unwrap().is_empty());
    assert_eq!(read(&client), data("answer"));
    drop(writer);
    assert_eq!(read(&client), ReadOutcome::Reset);
}

#[tokio::test]
async fn a_dropped_listener_resets_the_connections_nobody_accepted() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:80"), 16).unwrap();
    let stream = client.connect(None, at("10.42.0.2:80")).await.unwrap();
    drop(listener);
    assert_eq!(read(&stream), ReadOutcome::Reset);
    assert_eq!(client.connect(None, at("10.42.0.2:80")).await.unwrap_err(), Error::Refused);
}

#[tokio::test]
async fn detaching_resets_every_connection_and_frees_address_and_ports() {
    let switch = switch();
    let (client, server) = (pod(&switch, 1), pod(&switch, 2));
    let listener = server.listen(at("0.0.0.0:80"), 16).unwrap();
    let stream = client.connect(None, at("10.42.0.2:80")).await.unwrap();
    let accepted = listener.accept().await.unwrap();
    write(&accepted, "before");
    server.detach();
    assert_eq!(read(&stream), data("before"));
    assert_eq!(read(&stream), ReadOutcome::Reset);
    assert_eq!(stream.halves().1.permit(), Err(Closed::Reset));
    assert_eq!(read(&accepted), ReadOutcome::Reset);
    assert_eq!(listener.accept().await.unwrap_err(), Error::NotConnected);
    assert_eq!(server.listen(at("0.0.0.0:81"), 1).unwrap_err(), Error::NotConnected);

    let successor = pod(&switch, 2);
    let _listener = successor.listen(at("0.0.0.0:80"), 16).unwrap();
    drop((accepted, listener, server));
    client.connect(None, at("10.42.0.2:80")).await.unwrap();
}

#[tokio::test]
async fn a_waiting_reader_is_woken_when_the_peer_is_detached() {
    let (client, _server, mut stream, _theirs) = pair().await;
    let waiting = async { stream.read_u8().await };
    let (read, ()) = tokio::join!(biased; waiting, async { client.detach() });
    assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_full_window_pushes_back_until_half_of_it_is_read() {
    let (_a, _b, client, server) = pair().await;
    let (reader, writer) = (server.halves().0, client.halves().1);
    let rest = writer.try_write(Bytes::from(vec![0; 300 * 1024])).unwrap();
    assert_eq!(rest.len(), 44 * 1024);
    assert_eq!(writer.permit(), Ok(0));
    let mut writable = polled(writer.writable());
    assert!(!writable.is_woken_and_ready());
    assert!(matches!(reader.try_read(64 * 1024), ReadOutcome::Data(_)));
    assert!(!writable.woken());
    assert!(matches!(reader.try_read(64 * 1024), ReadOutcome::Data(_)));
    assert!(writable.is_woken_and_ready());
}

#[tokio::test]
async fn several_tasks_may_wait_for_one_stream() {
    let (_a, _b, client, server) = pair().await;
    let reader = server.halves().0;
    let mut one = polled(reader.readable());
    let mut two = polled(reader.readable());
    assert!(!one.is_woken_and_ready() && !two.is_woken_and_ready());
    write(&client, "x");
    assert!(one.is_woken_and_ready() && two.is_woken_and_ready());
}

/// A future with a waker that counts.
struct Polled<F> {
    future: std::pin::Pin<Box<F>>,
    flag: Arc<Flag>,
    begun: bool,
}

#[derive(Default)]
struct Flag(std::sync::atomic::AtomicBool);

impl std::task::Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

fn polled<F: Future>(future: F) -> Polled<F> {
    Polled { future: Box::pin(future), flag: Arc::default(), begun: false }
}

impl<F: Future> Polled<F> {
    fn woken(&self) -> bool {
        self.flag.0.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn is_woken_and_ready(&mut self) -> bool {
        if self.begun && !self.woken() {
            return false;
        }
        self.begun = true;
        let waker = Arc::clone(&self.flag).into();
        let mut cx = std::task::Context::from_waker(&waker);
        self.future.as_mut().poll(&mut cx).is_ready()
    }
}
