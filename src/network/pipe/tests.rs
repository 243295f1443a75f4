use super::*;

fn bytes(outcome: ReadOutcome) -> Bytes {
    match outcome {
        ReadOutcome::Data(bytes) => bytes,
        other => panic!("no data but {other:?}"),
    }
}

#[test]
fn a_whole_chunk_is_handed_over_without_a_copy() {
    let pipe = Pipe::new(1 << 18);
    let chunk = Bytes::from(vec![7; 65_536]);
    let pointer = chunk.as_ptr();
    pipe.write(chunk).unwrap();
    assert_eq!(bytes(pipe.read(65_536)).as_ptr(), pointer);
}

#[test]
fn small_chunks_are_gathered_into_one_read() {
    let pipe = Pipe::new(1 << 18);
    for byte in 0..=255_u8 {
        pipe.write(Bytes::copy_from_slice(&[byte])).unwrap();
    }
    assert_eq!(bytes(pipe.read(65_536)), (0..=255).collect::<Vec<u8>>());
}

#[test]
fn a_short_read_leaves_the_rest() {
    let pipe = Pipe::new(1 << 18);
    pipe.write(Bytes::from_static(b"abcdef")).unwrap();
    assert_eq!(bytes(pipe.read(4)), "abcd");
    let mut buffer = [0; 8];
    assert_eq!(pipe.read_into(&mut buffer), Ok(2));
    assert_eq!(&buffer[..2], b"ef");
    assert_eq!(pipe.read_into(&mut buffer), Err(ReadOutcome::Empty));
}

#[test]
fn a_read_of_nothing_is_not_the_end() {
    let pipe = Pipe::new(1 << 18);
    pipe.finish();
    assert_eq!(pipe.read(0), ReadOutcome::Data(Bytes::new()));
    assert_eq!(pipe.read(1), ReadOutcome::Eof);
}

proptest::proptest! {
    /// Whatever the sizes of writes and reads, the bytes come out as they went in, and never more than the window waits.
    #[test]
    fn bytes_come_out_as_they_went_in(
        steps in proptest::collection::vec((0_usize..9_000, 0_usize..20_000, proptest::bool::ANY), 1..200),
    ) {
        let pipe = Pipe::new(32 * 1024);
        let (mut sent, mut received) = (Vec::new(), Vec::new());
        for (write, read, into) in steps {
            let chunk: Bytes = (0..write).map(|i| (i * 7 + sent.len()).to_le_bytes()[0]).collect();
            let rest = pipe.write(chunk.clone()).unwrap();
            sent.extend_from_slice(&chunk[..chunk.len() - rest.len()]);
            proptest::prop_assert!(sent.len() - received.len() <= 32 * 1024);
            if into {
                let mut buffer = vec![0; read];
                let count = pipe.read_into(&mut buffer).unwrap_or(0);
                received.extend_from_slice(&buffer[..count]);
            } else if let ReadOutcome::Data(data) = pipe.read(read) {
                proptest::prop_assert!(data.len() <= read);
                received.extend_from_slice(&data);
            }
            proptest::prop_assert_eq!(pipe.permit(), Ok(32 * 1024 - (sent.len() - received.len())));
        }
        pipe.finish();
        while let ReadOutcome::Data(data) = pipe.read(1 << 20) {
            received.extend_from_slice(&data);
        }
        proptest::prop_assert!(sent == received);
    }
}
