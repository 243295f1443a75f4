use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use super::{Entered, Listening};

/// A listener that is gone the moment it hears that it is to close.
struct Hasty(Mutex<Option<Entered>>);

impl Wake for Hasty {
    fn wake(self: Arc<Self>) {
        drop(self.0.lock().unwrap().take());
    }
}

#[test]
fn a_listener_that_closes_at_once_has_heard_that_it_was_to() {
    let listening = Arc::new(Listening::default());
    let hasty = Arc::new(Hasty(Mutex::new(Some(listening.enter()))));
    let waker = Waker::from(Arc::clone(&hasty));
    let mut closed = Box::pin(listening.closed());
    assert!(closed.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(listening.close());
    assert!(hasty.0.lock().unwrap().is_none());
    assert!(!listening.close(), "nobody is left");
}
