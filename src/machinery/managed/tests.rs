//! The laws of ownership, over random histories of an object.

mod structural;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::collect;
use super::*;
use crate::Schemas;
use crate::schema::sample;

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(sample::schemas);

/// Kinds with one version.
pub(super) struct Only;

impl Versions for Only {
    fn shape(&self, _: &str) -> Option<Shape<'_>> {
        None
    }

    fn convert(&self, _: &Value, _: &str) -> Option<Value> {
        None
    }
}

pub(super) fn schemas() -> &'static Schemas {
    &SCHEMAS
}

pub(super) fn shape(group: &str, kind: &str) -> Shape<'static> {
    Shape::of_definition(&SCHEMAS, SCHEMAS.by_gvk(group, "v1", kind).unwrap())
}

pub(super) fn deployment() -> Shape<'static> {
    shape("apps", "Deployment")
}

/// A write to a deployment.
pub(super) fn by(manager: &'static str) -> Write<'static> {
    written(manager, "apps/v1", deployment())
}

fn written<'a>(manager: &'a str, api_version: &'a str, shape: Shape<'a>) -> Write<'a> {
    Write {
        manager,
        api_version,
        subresource: "",
        now: "2026-01-01T00:00:00Z",
        reach: Reach::AllButStatus,
        shape,
        versions: &Only,
    }
}

pub(super) fn set(fields: Value) -> FieldSet {
    fields_v1::decode(&fields).unwrap()
}

pub(super) fn fields_of(managed: &ManagedFields, manager: &str, operation: Operation) -> Value {
    let found = managed
        .entries()
        .iter()
        .find(|entry| entry.manager == manager && entry.operation == operation);
    found.map_or(Value::Null, |entry| fields_v1::encode(&entry.fields))
}

/// Applies without a server around it.
pub(super) fn apply(
    managed: &ManagedFields,
    write: &Write<'_>,
    live: &Value,
    applied: &Value,
    force: bool,
) -> Result<(Value, ManagedFields), Conflicts> {
    let draft = managed.clone().draft(write, live, applied);
    let object = draft.object.clone();
    Ok((object.clone(), draft.settle(write, live, &object, force)?))
}

#[derive(Debug, Clone)]
enum Step {
    Apply(&'static str, Value, bool),
    Update(&'static str, Value),
    /// A change nobody is asked about, as a controller before tracking made them.
    Untracked(Value),
}

const MANAGERS: [&str; 3] = ["ann", "bob", "eve"];

fn steps<S: Strategy<Value = Value>>(objects: impl Fn() -> S) -> impl Strategy<Value = Vec<Step>> {
    let manager = || prop::sample::select(&MANAGERS[..]);
    let step = prop_oneof![
        (manager(), objects(), any::<bool>())
            .prop_map(|(who, what, force)| Step::Apply(who, what, force)),
        (manager(), objects()).prop_map(|(who, what)| Step::Update(who, what)),
        objects().prop_map(Step::Untracked),
    ];
    vec(step, 1..7)
}

fn deployments() -> impl Strategy<Value = Value> {
    let names = || btree_set(prop::sample::select(vec!["a", "b", "c"]), 0..3);
    let containers = vec(containers(), 0..3);
    (names(), names(), option::of(0..3_i64), option::of(0..2_i64), containers).prop_map(
        |(labels, finalizers, replicas, surge, containers)| {
            let mut seen = BTreeSet::new();
            let containers: Vec<Value> = containers
                .into_iter()
                .filter(|container| seen.insert(container["name"].to_string()))
                .collect();
            let labels: Map<String, Value> =
                labels.into_iter().map(|name| (name.to_owned(), "x".into())).collect();
            let mut object = json!({"apiVersion": "apps/v1", "kind": "Deployment"});
            object["metadata"] = json!({"name": "d", "labels": labels, "finalizers": finalizers});
            object["spec"] = json!({"template": {"spec": {"containers": containers}}});
            if let Some(replicas) = replicas {
                object["spec"]["replicas"] = replicas.into();
            }
            if let Some(surge) = surge {
                object["spec"]["strategy"] = json!({"rollingUpdate": {"maxSurge": surge}});
            }
            without_nothing(object)
        },
    )
}

fn containers() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["x", "y"]);
    let ports = btree_set((80..82_i64, prop::sample::select(vec!["", "TCP", "UDP"])), 0..3);
    (name, option::of(0..2), ports).prop_map(|(name, image, ports)| {
        let mut container = json!({"name": name});
        if let Some(image) = image {
            container["image"] = format!("image-{image}").into();
        }
        let mut seen = BTreeSet::new();
        for (port, protocol) in ports {
            let effective = if protocol.is_empty() { "TCP" } else { protocol };
            if !seen.insert((port, effective)) {
                continue;
            }
            let mut item = json!({"containerPort": port});
            if !protocol.is_empty() {
                item["protocol"] = protocol.into();
            }
            let ports = container.as_object_mut().unwrap().entry("ports").or_insert(json!([]));
            ports.as_array_mut().unwrap().push(item);
        }
        container
    })
}

/// Leaves out empty lists and maps, which documents do not carry.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map = map.into_iter().map(|(key, value)| (key, without_nothing(value)));
            map.filter(|(_, value)| !is_nothing(value)).collect::<Map<_, _>>().into()
        }
        value => value,
    }
}

fn is_nothing(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// Every value in a document that may have an owner.
fn places(write: &Write<'_>, object: &Value) -> FieldSet {
    write.ownable(collect::applied(write.shape, object)).leaves()
}

fn all_places(write: &Write<'_>, object: &Value) -> FieldSet {
    collect::below(write.shape, object, collect::Places::All)
}

/// Whether something has gone alone.
fn loses(before: &FieldSet, after: &FieldSet) -> bool {
    before.nodes().iter().any(|node| match after.get(&node.element) {
        Some(still) => loses(&node.below, &still.below),
        None => node.member,
    })
}

fn owned(managed: &ManagedFields) -> FieldSet {
    managed.entries().iter().fold(FieldSet::default(), |all, entry| all.union(&entry.fields))
}

/// Goes through a history, and looks at each step whether the laws hold.
fn laws_hold(
    api_version: &str,
    shape: Shape<'_>,
    start: Value,
    steps: Vec<Step>,
) -> Result<(), TestCaseError> {
    let by = |manager: &'static str| written(manager, api_version, shape);
    let mut managed = ManagedFields::created(&by("maker"), &start);
    let mut object = start;
    for step in steps {
        match step {
            Step::Apply(who, wanted, force) => {
                let write = by(who);
                let Ok((next, owners)) = apply(&managed, &write, &object, &wanted, force) else {
                    prop_assert!(!force, "force has no conflicts");
                    continue;
                };
                // What is applied is there, and its applier's.
                let again = merge(shape, next.clone(), &wanted);
                prop_assert!(
                    compare(shape, &next, &again).is_same(),
                    "{next} has not all of {wanted}"
                );
                let claimed = write.ownable(applied(shape, &wanted));
                prop_assert!(owned(&owners).covers(&claimed));
                let own = fields_of(&owners, who, Operation::Apply);
                prop_assert_eq!(
                    own,
                    if claimed.is_empty() { Value::Null } else { fields_v1::encode(&claimed) }
                );
                // What nobody owns, or others do, goes only with the object or item around it.
                let mine = fields_of(&managed, who, Operation::Apply);
                let mine = if mine.is_null() { FieldSet::default() } else { set(mine) };
                let others = places(&write, &object).difference(&mine);
                prop_assert!(!loses(&others, &all_places(&write, &next)), "{object} became {next}");
                // Whoever else had a changed field has it no more.
                let changed = compare(shape, &object, &next).changed();
                for entry in owners.entries() {
                    if entry.manager != who || entry.operation != Operation::Apply {
                        prop_assert!(entry.fields.intersection(&changed).is_empty());
                    }
                }
                // Doing it again changes nothing. But whoever applies to what nobody owns writes down what was there
                // before.
                let twice = apply(&owners, &write, &next, &wanted, false);
                if owners.is_empty() {
                    prop_assert_eq!(twice.map(|(object, _)| object), Ok(next.clone()));
                } else {
                    prop_assert_eq!(twice, Ok((next.clone(), owners.clone())));
                }
                (object, managed) = (next, owners);
            }
            Step::Update(who, next) => {
                let write = by(who);
                managed.update(&write, &object, &next);
                let changed =
                    places(&write, &next).intersection(&compare(shape, &object, &next).changed());
                prop_assert!(owned(&managed).covers(&changed));
                let before = managed.clone();
                managed.update(&by("other"), &next, &next);
                prop_assert_eq!(&before, &managed);
                object = next;
            }
            Step::Untracked(next) => object = next,
        }
        let text = managed.clone().encode();
        let read = ManagedFields::decode(&text).unwrap();
        prop_assert_eq!(read.encode(), text);
        prop_assert!(managed.entries().iter().all(|entry| !entry.fields.is_empty()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_of_ownership_hold(steps in steps(deployments)) {
        let start = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}});
        laws_hold("apps/v1", deployment(), start, steps)?;
    }

    #[test]
    fn sets_obey_the_algebra_of_sets(left in path_sets(), right in path_sets()) {
        let (a, b) = (tree(&left), tree(&right));
        prop_assert_eq!(a.union(&b), tree(&left.union(&right).cloned().collect()));
        prop_assert_eq!(a.difference(&b), tree(&left.difference(&right).cloned().collect()));
        prop_assert_eq!(a.intersection(&b), tree(&left.intersection(&right).cloned().collect()));
        prop_assert_eq!(a.covers(&b), left.is_superset(&right));
        let leaves = left.iter().filter(|path| !left.iter().any(|p| p.len() > path.len() && p.starts_with(path)));
        prop_assert_eq!(a.leaves(), tree(&leaves.cloned().collect()));
        prop_assert!(left.iter().all(|path| a.contains(path)));
        prop_assert_eq!(a.paths().len(), left.len());
        prop_assert_eq!(fields_v1::decode(&fields_v1::encode(&a)), Ok(a));
    }
}

type Paths = BTreeSet<Vec<Element>>;

fn path_sets() -> impl Strategy<Value = Paths> {
    let element = prop_oneof![
        prop::sample::select(vec!["a", "b"]).prop_map(|name| Element::Field(name.into())),
        (0..2_i64).prop_map(|port| Element::key(vec![("port".into(), port.into())])),
        prop::sample::select(vec!["v", "w"]).prop_map(|value| Element::Value(value.into())),
        (0..2_i64).prop_map(Element::Index),
    ];
    btree_set(vec(element, 1..4), 0..8)
}

fn tree(paths: &Paths) -> FieldSet {
    paths.iter().fold(FieldSet::default(), |all, path| all.union(&FieldSet::of(path)))
}
