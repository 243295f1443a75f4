use super::*;

#[test]
fn instances_of_a_container_share_its_limit() {
    let ledger = Ledger::new(Some(100));
    let mut one = MemoryLimit::new(Arc::clone(&ledger));
    let mut two = MemoryLimit::new(Arc::clone(&ledger));
    assert!(one.memory_growing(0, 60, None).unwrap());
    assert!(!two.memory_growing(0, 60, None).unwrap());
    assert!(two.denied().load(Ordering::Relaxed));
    drop(one);
    assert!(two.memory_growing(0, 60, None).unwrap());
    assert!(!two.denied().load(Ordering::Relaxed));
    assert_eq!(ledger.used(), 60);
}

#[test]
fn tables_count_like_memories() {
    let mut limit = MemoryLimit::new(Ledger::new(Some(100)));
    assert!(limit.table_growing(0, 10, None).unwrap());
    assert!(!limit.memory_growing(0, 30, None).unwrap());
}

#[test]
fn a_memory_beyond_its_own_maximum_is_not_a_denial() {
    let mut limit = MemoryLimit::new(Ledger::new(Some(100)));
    assert!(!limit.memory_growing(0, 60, Some(50)).unwrap());
    assert!(!limit.denied().load(Ordering::Relaxed));
}

#[test]
fn nothing_overflows() {
    let mut limit = MemoryLimit::new(Ledger::new(Some(u64::MAX)));
    assert!(limit.memory_growing(0, usize::MAX, None).unwrap());
    assert!(!limit.table_growing(0, usize::MAX, None).unwrap());
}
