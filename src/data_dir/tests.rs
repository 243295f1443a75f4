//! What a directory remembers.

use super::*;

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
