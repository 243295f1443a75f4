use std::sync::Arc;

use super::*;

#[test]
fn what_a_body_holds_lasts_as_long_as_the_stream_after_it() {
    let held = Arc::new(());
    let mut plain = Body::empty();
    plain.hold(Box::new(Arc::clone(&held)));
    drop(plain);
    assert_eq!(Arc::strong_count(&held), 1);
    let (mut body, lasting) = Body::before_stream();
    body.hold(Box::new(Arc::clone(&held)));
    drop(body);
    assert_eq!(Arc::strong_count(&held), 2);
    drop(lasting);
    assert_eq!(Arc::strong_count(&held), 1);
}
