//! What may stand in a path and after it.

use serde_json::{Value, json};

/// A parameter of a query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query {
    name: &'static str,
    kind: &'static str,
    description: &'static str,
}

const fn text(name: &'static str, description: &'static str) -> Query {
    Query { name, kind: "string", description }
}

const fn flag(name: &'static str, description: &'static str) -> Query {
    Query { name, kind: "boolean", description }
}

const fn number(name: &'static str, description: &'static str) -> Query {
    Query { name, kind: "integer", description }
}

const DRY_RUN: Query =
    text("dryRun", "With the value All, everything is done except to store the outcome.");
const FIELD_MANAGER: Query =
    text("fieldManager", "Who owns the fields that are written; at most 128 printable characters.");
const FIELD_VALIDATION: Query = text(
    "fieldValidation",
    "What happens to unknown and duplicate fields: Ignore drops them, Warn says so in a header, Strict refuses.",
);
const FORCE: Query = flag("force", "Whether an apply takes fields over from other managers.");
const GRACE: Query = number(
    "gracePeriodSeconds",
    "Seconds until the object is deleted; zero is at once, and the kind's own is taken when it is left out.",
);
const ORPHAN: Query = flag("orphanDependents", "Deprecated: use propagationPolicy.");
const PROPAGATION: Query = text(
    "propagationPolicy",
    "What becomes of dependents: Orphan keeps them, Background deletes them afterwards, Foreground before.",
);
const LIMIT: Query =
    number("limit", "How many objects come at most; a token for the rest comes with them.");
const CONTINUE: Query =
    text("continue", "The token that came with the part of the list before this one.");
const FIELD_SELECTOR: Query = text("fieldSelector", "Only objects whose fields are as said.");
const LABEL_SELECTOR: Query = text("labelSelector", "Only objects whose labels are as said.");
const RESOURCE_VERSION: Query = text(
    "resourceVersion",
    "The version that the answer is to be of, as resourceVersionMatch says.",
);
const VERSION_MATCH: Query =
    text("resourceVersionMatch", "How resourceVersion is meant: Exact or NotOlderThan.");
const SEND_INITIAL: Query = flag(
    "sendInitialEvents",
    "Whether a watch begins with what there is, and a bookmark that says when all of it has come.",
);
const TIMEOUT: Query =
    number("timeoutSeconds", "How long the call lasts at most, whatever goes on.");
const BOOKMARKS: Query =
    flag("allowWatchBookmarks", "Whether a watch may send events that tell nothing but a version.");
const WATCH: Query = flag("watch", "Whether changes are sent as they happen, instead of a list.");
const PRETTY: Query = text("pretty", "If true, the answer is indented.");

pub(super) const WRITE: &[Query] = &[PRETTY, DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION];
pub(super) const PATCH: &[Query] = &[PRETTY, DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION, FORCE];
pub(super) const DELETE: &[Query] = &[PRETTY, DRY_RUN, GRACE, ORPHAN, PROPAGATION];
pub(super) const LIST: &[Query] = &[
    PRETTY,
    BOOKMARKS,
    CONTINUE,
    FIELD_SELECTOR,
    LABEL_SELECTOR,
    LIMIT,
    RESOURCE_VERSION,
    VERSION_MATCH,
    SEND_INITIAL,
    TIMEOUT,
    WATCH,
];
pub(super) const DELETE_COLLECTION: &[Query] = &[
    PRETTY,
    CONTINUE,
    DRY_RUN,
    FIELD_SELECTOR,
    GRACE,
    LABEL_SELECTOR,
    LIMIT,
    ORPHAN,
    PROPAGATION,
    RESOURCE_VERSION,
    VERSION_MATCH,
    TIMEOUT,
];

const CONTAINER: Query =
    text("container", "Which container of the pod; may be left out where there is only one.");
const STDIN: Query = flag("stdin", "Whether the container's standard input is written.");
const STDOUT: Query = flag("stdout", "Whether the container's standard output is read.");
const STDERR: Query = flag("stderr", "Whether the container's standard error is read.");
const TTY: Query = flag("tty", "Whether a terminal is wanted.");

pub(super) const LOG: &[Query] = &[
    CONTAINER,
    PRETTY,
    flag("follow", "Whether the log goes on as the container writes it."),
    flag("insecureSkipTLSVerifyBackend", "Whether the kubelet's certificate goes unverified."),
    number("limitBytes", "How many bytes come at most."),
    flag("previous", "Whether the log of the container's run before this one is meant."),
    number("sinceSeconds", "Only lines no older than so many seconds."),
    text("stream", "All, Stdout or Stderr."),
    number("tailLines", "Only so many lines from the end."),
    flag("timestamps", "Whether each line begins with its time."),
];
pub(super) const EXEC: &[Query] = &[
    CONTAINER,
    STDIN,
    STDOUT,
    STDERR,
    TTY,
    text("command", "What is executed, one parameter for each argument; no shell is involved."),
];
pub(super) const ATTACH: &[Query] = &[CONTAINER, STDIN, STDOUT, STDERR, TTY];
pub(super) const PORT_FORWARD: &[Query] =
    &[number("ports", "Which ports are forwarded; needed over WebSocket.")];
pub(super) const PROXY: &[Query] =
    &[text("path", "The part of the URL that the other server is asked for.")];

impl Query {
    pub(super) fn describe(&self) -> Value {
        json!({
            "name": self.name,
            "in": "query",
            "description": self.description,
            "schema": { "type": self.kind, "uniqueItems": true },
        })
    }
}

/// The variables of a path.
pub(super) fn of_path(path: &str) -> Vec<Value> {
    let describe = |name: &str| {
        let description = match name {
            "namespace" => "The namespace of the objects.",
            "path" => "What the other server is asked for.",
            _ => "The name of the object.",
        };
        json!({
            "name": name,
            "in": "path",
            "description": description,
            "required": true,
            "schema": { "type": "string", "uniqueItems": true },
        })
    };
    let variables = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    variables.map(describe).collect()
}
