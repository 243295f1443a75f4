//! A tiny cluster in memory for tests of pure decisions: it holds objects and does what plans say.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::{Action, Cached, Key, Plan, Resource, Target};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::serde::Serialize;
use serde_json::{Value, json};

/// When tests happen.
pub(crate) fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

/// A typed object from its JSON.
pub(crate) fn object<K: Cached>(value: Value) -> Arc<K> {
    Arc::new(serde_json::from_value(value).unwrap())
}

#[derive(Debug)]
pub(crate) struct World {
    objects: BTreeMap<Target, Value>,
    written: u64,
    pub(crate) now: Timestamp,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { objects: BTreeMap::new(), written: 0, now: now() }
    }

    pub(crate) fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn list<K: Cached>(&self) -> Vec<Arc<K>> {
        let resource = Resource::of::<K>();
        let found = self.objects.iter().filter(|(target, _)| target.resource == resource);
        found.map(|(_, value)| object(value.clone())).collect()
    }

    pub(crate) fn get<K: Cached>(&self, key: &Key) -> Option<Arc<K>> {
        let target = Target { resource: Resource::of::<K>(), key: key.clone() };
        self.objects.get(&target).map(|value| object(value.clone()))
    }

    /// Puts an object as a client would.
    pub(crate) fn put<K: Cached + Serialize>(&mut self, object: &K) {
        let target = Target::of(object);
        let body = serde_json::to_value(object).unwrap();
        let body = match self.objects.get(&target) {
            Some(old) => {
                let mut new = old.clone();
                new["spec"] = body["spec"].clone();
                new
            }
            None => body,
        };
        self.write(target, body);
    }

    /// Changes an object as a kubelet would.
    pub(crate) fn change<K: Cached>(&mut self, key: &Key, patch: &Value) {
        let target = Target { resource: Resource::of::<K>(), key: key.clone() };
        let mut body = self.objects[&target].clone();
        merge(&mut body, patch);
        self.write(target, body);
    }

    /// Does what a plan says; true when that was anything but events.
    pub(crate) fn apply(&mut self, plan: Plan) -> bool {
        let before = self.written;
        for action in plan.actions {
            match action {
                Action::Create(creation) => {
                    for _ in 0..creation.count {
                        self.create(&creation.resource, &creation.namespace, creation.body.clone());
                    }
                }
                Action::Patch(patch) => {
                    let mut body = self.objects[&patch.target].clone();
                    let mut change = patch.body.clone();
                    if let Some(meta) = change["metadata"].as_object_mut() {
                        meta.remove("resourceVersion");
                    }
                    merge(&mut body, &change);
                    self.write(patch.target, body);
                }
                Action::Update { target, body, .. } => self.write(target, body),
                Action::SetStatus { target, body } => {
                    let mut new = self.objects[&target].clone();
                    new["status"] = body["status"].clone();
                    if let Some(annotations) = body["metadata"].get("annotations") {
                        new["metadata"]["annotations"] = annotations.clone();
                    }
                    self.write(target, new);
                }
                Action::Delete(deletion) => {
                    self.written += 1;
                    self.objects.remove(&deletion.target);
                }
                Action::DeleteAll { .. } | Action::Require(_) | Action::Emit(_) => {}
            }
        }
        self.written != before
    }

    fn create(&mut self, resource: &Resource, namespace: &str, mut body: Value) {
        if let Some(prefix) = body["metadata"]["generateName"].as_str() {
            body["metadata"]["name"] = json!(format!("{prefix}{:03}", self.written));
        }
        let name = body["metadata"]["name"].as_str().unwrap().to_owned();
        let key = Key::new(namespace, name);
        self.write(Target { resource: resource.clone(), key }, body);
    }

    fn write(&mut self, target: Target, mut body: Value) {
        let old = self.objects.get(&target);
        self.written += 1;
        let meta = &mut body["metadata"];
        match old {
            None => {
                meta["uid"] = json!(format!("uid-{}", self.written));
                meta["creationTimestamp"] = json!(self.now.to_string());
                meta["generation"] = json!(1);
            }
            Some(old) if old["spec"] != body["spec"] => {
                let generation = old["metadata"]["generation"].as_i64().unwrap_or(0);
                body["metadata"]["generation"] = json!(generation + 1);
            }
            Some(_) => {}
        }
        body["metadata"]["resourceVersion"] = json!(self.written.to_string());
        self.objects.insert(target, body);
    }
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut target[name.as_str()], value);
        }
    }
}
