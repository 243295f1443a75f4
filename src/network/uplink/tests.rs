use super::*;

async fn verdict(to: &str) -> Result<(), Error> {
    Uplink::new(Tasks::new()).check(to.parse().unwrap()).await
}

#[tokio::test]
async fn the_host_and_its_surroundings_are_denied() {
    for to in ["127.0.0.1:80", "127.9.9.9:80", "169.254.169.254:80", "[::1]:80", "0.0.0.0:80"] {
        assert_eq!(verdict(to).await, Err(Error::Denied), "{to}");
    }
}

#[tokio::test]
async fn the_outside_is_allowed() {
    assert_eq!(verdict("192.0.2.1:80").await, Ok(()));
}

#[tokio::test]
async fn an_own_address_is_recognised() {
    assert!(is_own_address("127.0.0.1:80".parse().unwrap()).await);
    assert!(!is_own_address("192.0.2.1:80".parse().unwrap()).await);
}
