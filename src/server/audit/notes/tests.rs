use super::{NOTE_BYTES_MAX, NOTES_MAX, note, noting, take};

#[tokio::test]
async fn notes_belong_to_one_request_and_are_bounded() {
    note(|| unreachable!("nobody takes notes here"), String::new);
    let taken = noting(async {
        for key in ["a.example.com/b", "no-slash", "a/b/c", "_/x"] {
            note(|| key.to_owned(), || "one".to_owned());
        }
        note(|| "a.example.com/b".to_owned(), || "another".to_owned());
        note(|| "a.example.com/long".to_owned(), || "\u{e4}".repeat(NOTE_BYTES_MAX));
        take()
    })
    .await;
    let keys: Vec<&String> = taken.keys().collect();
    assert_eq!(keys, ["a.example.com/b", "a.example.com/long"]);
    assert_eq!(taken["a.example.com/b"].text, "one");
    assert_eq!(taken["a.example.com/long"].text.len(), NOTE_BYTES_MAX);
    let many = noting(async {
        for count in 0..2 * NOTES_MAX {
            note(|| format!("a.example.com/{count}"), String::new);
        }
        take()
    });
    assert_eq!(many.await.len(), NOTES_MAX);
}
