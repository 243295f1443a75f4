//! What a directory remembers.

use super::*;

#[test]
fn the_name_of_the_node_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::claim(folder.path()).unwrap();
    assert_eq!(node_name_of(folder.path()), None);
    data_dir.keep_node_name("laptop").unwrap();
    assert_eq!(node_name_of(folder.path()).as_deref(), Some("laptop"));
    data_dir.keep_node_name("desk").unwrap();
    assert_eq!(node_name_of(folder.path()).as_deref(), Some("desk"));
}

#[test]
fn half_a_cluster_is_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::claim(folder.path()).unwrap();
    data_dir.begin_restore().unwrap();
    let refusal = data_dir.check_whole().unwrap_err().to_string();
    assert!(refusal.ends_with("was broken off; run isopod restore again"), "{refusal}");
    data_dir.end_restore().unwrap();
    data_dir.check_whole().unwrap();
}
