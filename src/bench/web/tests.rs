use super::{length, once};
use tokio::io::AsyncWriteExt;

#[test]
fn a_length_needs_the_whole_head() {
    assert_eq!(length(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n").unwrap(), None);
    let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab";
    assert_eq!(length(whole).unwrap(), Some(whole.len() + 1));
}

#[test]
fn other_answers_are_errors() {
    assert!(length(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").is_err());
    assert!(length(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
}

#[tokio::test]
async fn an_answer_may_come_in_pieces() {
    let (mut ours, mut theirs) = tokio::io::duplex(64);
    let pieces = async {
        for piece in ["HTTP/1.1 200 OK\r\ncontent-le", "ngth: 4\r\n\r\nab", "cd"] {
            theirs.write_all(piece.as_bytes()).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let (answered, ()) = tokio::join!(once(&mut ours, "/"), pieces);
    answered.unwrap();
}
