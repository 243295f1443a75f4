//! The paths of a kind, with what clients look up there: actions, kinds, media types, dry run.

use kinds::{DeletionAnswer, Kind, Scope, Subresource, Verb};
use machinery::GroupVersionKind;
use serde_json::{Map, Value};

use super::document::list_name;
use super::operation::{ANY, Answer, Body, Operation, STATUS, TEXT, WATCH_EVENT};
use super::parameters;

/// Adds every path of a kind below `/api/v1` or `/apis/<group>/<version>`.
pub(super) fn add(paths: &mut Map<String, Value>, root: &str, kind: &dyn Kind) {
    let of_kind = Paths { root, kind };
    of_kind.add_collection(paths);
    of_kind.add_item(paths);
    of_kind.add_watches(paths);
}

/// `core_v1`, `apps_v1` or `rbacAuthorization_v1`: what the operations of a group and version are filed under.
pub(super) fn tag(group: &str, version: &str) -> String {
    format!("{}_{version}", tag_of_group(group))
}

/// `core`, `apps` or `rbacAuthorization`.
pub(super) fn tag_of_group(group: &str) -> String {
    let camel = camel(group);
    let mut letters = camel.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// `CoreV1`, `AppsV1` or `RbacAuthorizationV1`: part of an operation's id.
pub(super) fn stem(group: &str, version: &str) -> String {
    format!("{}{}", camel(group), capital(version))
}

pub(super) fn camel(group: &str) -> String {
    let group = group.strip_suffix(".k8s.io").unwrap_or(group);
    if group.is_empty() {
        "Core".to_owned()
    } else {
        group.split(['.', '-']).map(capital).collect()
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The paths of one kind.
struct Paths<'a> {
    root: &'a str,
    kind: &'a dyn Kind,
}

impl Paths<'_> {
    fn is_namespaced(&self) -> bool {
        self.kind.scope() == Scope::Namespaced
    }

    fn has(&self, verb: Verb) -> bool {
        self.kind.verbs().contains(&verb)
    }

    fn plural(&self) -> &str {
        &self.kind.names().plural
    }

    /// Where the objects of one namespace, or of the cluster, are.
    fn base(&self, prefix: &str) -> String {
        let place = if self.is_namespaced() { "namespaces/{namespace}/" } else { "" };
        format!("/{}/{prefix}{place}{}", self.root, self.plural())
    }

    fn add_collection(&self, paths: &mut Map<String, Value>) {
        let (list, own) = (list_name(self.kind), self.kind.schema_name());
        let mut item = Map::new();
        if self.has(Verb::List) {
            item.insert("get".into(), self.list(&list, ""));
        }
        if self.has(Verb::Create) {
            let operation = Operation {
                description: format!("create {}", self.a_kind()),
                action: Some("post"),
                query: parameters::WRITE,
                body: Some(Body::Of(own)),
                answer: Answer::Of(own),
                codes: &["200", "201", "202"],
                ..self.operation("create", "")
            };
            item.insert("post".into(), operation.describe());
        }
        if self.has(Verb::DeleteCollection) {
            let operation = Operation {
                description: format!("delete collection of {}", self.kind.names().kind),
                action: Some("deletecollection"),
                query: parameters::DELETE_COLLECTION,
                body: Some(Body::Options),
                answer: Answer::Of(STATUS),
                ..self.operation("deleteCollection", "")
            };
            item.insert("delete".into(), operation.describe());
        }
        insert(paths, self.base(""), item);
        if self.has(Verb::List) && self.is_namespaced() {
            let mut all = Map::new();
            all.insert("get".into(), self.list(&list, "ForAllNamespaces"));
            insert(paths, format!("/{}/{}", self.root, self.plural()), all);
        }
    }

    fn add_item(&self, paths: &mut Map<String, Value>) {
        let own = self.kind.schema_name();
        let deleted = match self.kind.deletion_answer() {
            DeletionAnswer::Object => own,
            DeletionAnswer::Status => STATUS,
        };
        let mut item = Map::new();
        for verb in [Verb::Get, Verb::Update, Verb::Patch].into_iter().filter(|v| self.has(*v)) {
            let (method, operation) = self.change(verb, own, "");
            item.insert(method.into(), operation.describe());
        }
        if self.has(Verb::Delete) {
            let operation = Operation {
                description: format!("delete {}", self.a_kind()),
                action: Some("delete"),
                query: parameters::DELETE,
                body: Some(Body::Options),
                answer: Answer::Of(deleted),
                codes: &["200", "202"],
                ..self.operation("delete", "")
            };
            item.insert("delete".into(), operation.describe());
        }
        if item.is_empty() {
            return;
        }
        let named = format!("{}/{{name}}", self.base(""));
        for sub in self.kind.subresources() {
            let mut below = Map::new();
            let path = format!("{named}/{}", sub.name());
            match sub {
                Subresource::Exec | Subresource::Attach | Subresource::PortForward => {
                    self.add_streams(&mut below, sub, "");
                }
                Subresource::Proxy => {
                    self.add_streams(&mut below, sub, "");
                    let mut further = Map::new();
                    self.add_streams(&mut further, sub, "WithPath");
                    insert(paths, format!("{path}/{{path}}"), further);
                }
                _ => self.add_subresource(&mut below, sub),
            }
            insert(paths, path, below);
        }
        insert(paths, named, item);
    }

    /// The paths of old whose every answer is a watch.
    fn add_watches(&self, paths: &mut Map<String, Value>) {
        if !self.has(Verb::Watch) {
            return;
        }
        let watch = |action, id: &str| {
            let operation = Operation {
                description: format!(
                    "watch {}; deprecated: use the 'watch' parameter with a list instead",
                    self.kind.names().kind
                ),
                action: Some(action),
                query: parameters::LIST,
                answer: Answer::Watch(WATCH_EVENT),
                ..self.operation("watch", id)
            };
            Map::from_iter([("get".to_owned(), operation.describe())])
        };
        let base = self.base("watch/");
        insert(paths, format!("{base}/{{name}}"), watch("watch", ""));
        insert(paths, base, watch("watchlist", "List"));
        if self.is_namespaced() {
            let all = watch("watchlist", "ListForAllNamespaces");
            insert(paths, format!("/{}/watch/{}", self.root, self.plural()), all);
        }
    }

    fn add_subresource(&self, item: &mut Map<String, Value>, sub: &Subresource) {
        let carries = sub.carries(self.kind.names());
        let definition = kinds::schemas().by_gvk(&carries.group, &carries.version, &carries.kind);
        let carried = definition.map_or_else(|| self.kind.schema_name(), |known| &known.name);
        let suffix = capital(sub.name());
        for verb in sub.verbs() {
            if *verb == Verb::Create {
                let operation = Operation {
                    description: format!("create {} of {}", sub.name(), self.a_kind()),
                    action: Some("post"),
                    kind: Some(carries.clone()),
                    query: parameters::WRITE,
                    body: Some(Body::Of(carried)),
                    answer: Answer::Of(carried),
                    codes: &["200", "201", "202"],
                    ..self.operation("create", &suffix)
                };
                item.insert("post".into(), operation.describe());
                continue;
            }
            let (method, operation) = self.change(*verb, carried, &suffix);
            let mut operation = Operation { kind: Some(carries.clone()), ..operation };
            if matches!(sub, Subresource::Log) {
                operation.query = parameters::LOG;
                operation.answer = Answer::Media(TEXT);
            }
            item.insert(method.into(), operation.describe());
        }
    }

    /// The methods of a subresource that is a stream or another server.
    fn add_streams(&self, item: &mut Map<String, Value>, sub: &Subresource, suffix: &str) {
        let query = match sub {
            Subresource::Exec => parameters::EXEC,
            Subresource::Attach => parameters::ATTACH,
            Subresource::PortForward => parameters::PORT_FORWARD,
            _ => parameters::PROXY,
        };
        let of_verbs = sub.verbs().iter().map(|verb| match verb {
            Verb::Create => "post",
            Verb::Update => "put",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
            _ => "get",
        });
        // What is behind a proxy is asked these as well, which are no verbs.
        let others: &[&str] =
            if matches!(sub, Subresource::Proxy) { &["head", "options"] } else { &[] };
        for method in of_verbs.chain(others.iter().copied()) {
            let id = format!("{}{suffix}", capital(sub.name()));
            let operation = Operation {
                description: format!(
                    "connect {} requests to {} of {}",
                    method.to_uppercase(),
                    sub.name(),
                    self.kind.names().kind
                ),
                action: Some("connect"),
                kind: Some(sub.carries(self.kind.names())),
                query,
                answer: Answer::Media(ANY),
                ..self.operation(&format!("connect{}", capital(method)), &id)
            };
            item.insert(method.into(), operation.describe());
        }
    }

    fn list(&self, list: &str, suffix: &str) -> Value {
        let operation = Operation {
            description: format!("list or watch objects of kind {}", self.kind.names().kind),
            action: Some("list"),
            query: parameters::LIST,
            answer: Answer::List(list),
            ..self.operation("list", suffix)
        };
        operation.describe()
    }

    /// What reads, replaces or patches one object, or one subresource of it.
    fn change<'b>(
        &'b self,
        verb: Verb,
        name: &'b str,
        suffix: &str,
    ) -> (&'static str, Operation<'b>) {
        let what = if suffix.is_empty() {
            String::new()
        } else {
            format!("{} of ", suffix.to_lowercase())
        };
        let described =
            |word: &str| format!("{word} {what}the specified {}", self.kind.names().kind);
        let (answer, codes): (_, &[&str]) = (Answer::Of(name), &["200", "201"]);
        match verb {
            Verb::Update => {
                let operation = Operation {
                    description: described("replace"),
                    action: Some("put"),
                    query: parameters::WRITE,
                    body: Some(Body::Of(name)),
                    answer,
                    codes,
                    ..self.operation("replace", suffix)
                };
                ("put", operation)
            }
            Verb::Patch => {
                let operation = Operation {
                    description: described("partially update"),
                    action: Some("patch"),
                    query: parameters::PATCH,
                    body: Some(Body::Patch),
                    answer,
                    codes,
                    ..self.operation("patch", suffix)
                };
                ("patch", operation)
            }
            _ => {
                let operation = Operation {
                    description: described("read"),
                    action: Some("get"),
                    answer,
                    ..self.operation("read", suffix)
                };
                ("get", operation)
            }
        }
    }

    /// An operation with what all of this kind have in common.
    fn operation<'b>(&'b self, verb: &str, suffix: &str) -> Operation<'b> {
        let names = self.kind.names();
        let place = if self.is_namespaced() && !suffix.ends_with("ForAllNamespaces") {
            "Namespaced"
        } else {
            ""
        };
        let stem = stem(&names.group, &names.version);
        // `connectGet` becomes `connectCoreV1Get…`.
        let (verb, more) = verb.split_at(verb.find(char::is_uppercase).unwrap_or(verb.len()));
        Operation {
            id: format!("{verb}{stem}{more}{place}{}{suffix}", names.kind),
            tag: tag(&names.group, &names.version),
            description: String::new(),
            action: None,
            kind: Some(GroupVersionKind {
                group: names.group.to_string(),
                version: names.version.to_string(),
                kind: names.kind.to_string(),
            }),
            query: &[],
            body: None,
            answer: Answer::Media(ANY),
            custom: self.kind.structural().is_some(),
            codes: &["200"],
        }
    }

    fn a_kind(&self) -> String {
        let kind = &self.kind.names().kind;
        let vowel = kind.starts_with(['A', 'E', 'I', 'O', 'U']);
        format!("{} {kind}", if vowel { "an" } else { "a" })
    }
}

/// Adds a path with the variables in it.
fn insert(paths: &mut Map<String, Value>, path: String, mut item: Map<String, Value>) {
    if item.is_empty() {
        return;
    }
    let variables = parameters::of_path(&path);
    if !variables.is_empty() {
        item.insert("parameters".into(), variables.into());
    }
    paths.insert(path, item.into());
}
