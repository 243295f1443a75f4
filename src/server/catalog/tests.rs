use super::*;

fn catalog() -> (Catalog, Arc<CacheProgress>) {
    let progress = Arc::new(CacheProgress::default());
    (Catalog::new(kinds::KINDS, &progress), progress)
}

#[test]
fn kinds_come_and_go_and_the_built_in_ones_stay() {
    let (catalog, progress) = catalog();
    let kind: Arc<dyn Kind> =
        Arc::new(Copied(kinds::find("", "v1", "configmaps").unwrap().names().clone()));
    let shelf = Arc::new(Shelf::new(kind.as_ref(), progress));
    let before = catalog.load().iter().count();
    catalog.serve(vec![Arc::new(Served::made(kind, View::Stored, Arc::clone(&shelf), source()))]);
    assert!(catalog.find("", "v1", "configmaps").unwrap().is_built_in());
    assert_eq!(catalog.load().iter().count(), before + 1);
    assert!(catalog.load().shelves().any(|other| Arc::ptr_eq(other, &shelf)));
    catalog.serve(Vec::new());
    assert_eq!(catalog.load().iter().count(), before);
}

#[test]
fn views_of_one_kind_share_a_shelf() {
    let (catalog, _) = catalog();
    let [v1, v2] = ["v1", "v2"]
        .map(|version| catalog.shelf("autoscaling", version, "horizontalpodautoscalers").unwrap());
    assert!(Arc::ptr_eq(&v1, &v2));
    let shelves: Vec<_> = catalog.load().shelves().cloned().collect();
    assert_eq!(shelves.iter().filter(|shelf| Arc::ptr_eq(shelf, &v1)).count(), 1);
}

/// A definition nobody looks at.
fn source() -> Arc<crate::cache::Cached> {
    let head = crate::cache::Head::new("v1", "Any");
    let stored = head.encode(&serde_json::json!({"metadata": {"name": "a"}})).unwrap();
    Arc::new(crate::cache::Cached::read(&head, &[], "a", &stored, 1).unwrap())
}

/// A kind made at run time.
#[derive(Debug)]
struct Copied(kinds::Names);

impl Kind for Copied {
    fn names(&self) -> &kinds::Names {
        &self.0
    }

    fn schema_name(&self) -> &'static str {
        ""
    }
}

#[test]
fn a_version_that_differs_in_name_alone_is_shown_without_a_look_at_the_document() {
    let (_, progress) = catalog();
    let named = |version: &'static str| {
        let names = kinds::find("autoscaling", version, "horizontalpodautoscalers").unwrap();
        let kind: Arc<dyn Kind> = Arc::new(Copied(names.names().clone()));
        kind
    };
    let shelf = Arc::new(Shelf::new(named("v2").as_ref(), progress));
    let stored = serde_json::json!({"metadata": {"name": "a"}, "spec": {"x": 1}});
    let bytes = shelf.head().with_revision(&shelf.head().encode(&stored).unwrap(), 7);
    let served = Served::made(named("v1"), View::Renamed, shelf, source());
    let shown = served.renamed(&bytes).unwrap();
    let expected = r#"{"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v1","metadata":{"resourceVersion":"7","name":"a"},"spec":{"x":1}}"#;
    assert_eq!(shown, expected);
}
