//! Every failure of the API, and the `Status` document it is sent as.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::FieldErrors;

/// A failure a client can act on: its reason decides the HTTP code.
#[derive(Debug)]
pub struct ApiError {
    /// What clients match on.
    pub reason: Reason,
    /// What people read.
    pub message: String,
    /// Which object, and which of its fields.
    pub details: Option<Box<Details>>,
    /// The cause inside the server: logged, never sent.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
    /// The `Status` in somebody else's words, which is then sent as it is.
    pub foreign: Option<Box<Value>>,
}

/// The machine-readable reasons of a `Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The request is malformed.
    BadRequest,
    /// The caller is unknown.
    Unauthorized,
    /// The caller may not do this.
    Forbidden,
    /// There is no such object or path.
    NotFound,
    /// The resource does not know this verb.
    MethodNotAllowed,
    /// No offered reply type is known.
    NotAcceptable,
    /// The name is taken.
    AlreadyExists,
    /// The object changed meanwhile.
    Conflict,
    /// It was there once.
    Gone,
    /// The revision is no longer kept.
    Expired,
    /// The body is larger than allowed.
    RequestEntityTooLarge,
    /// The body is of an unknown type.
    UnsupportedMediaType,
    /// The object does not validate.
    Invalid,
    /// The caller has to slow down.
    TooManyRequests,
    /// The server is broken.
    InternalError,
    /// The server could not finish in time; the request is worth repeating.
    ServerTimeout,
    /// The server does not serve at present.
    ServiceUnavailable,
    /// The request did not finish within its time.
    Timeout,
}

impl Reason {
    /// The only table of HTTP codes.
    pub fn code(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::AlreadyExists | Self::Conflict => 409,
            Self::Gone | Self::Expired => 410,
            Self::RequestEntityTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::TooManyRequests => 429,
            Self::InternalError | Self::ServerTimeout => 500,
            Self::ServiceUnavailable => 503,
            Self::Timeout => 504,
        }
    }

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequest",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "NotFound",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::NotAcceptable => "NotAcceptable",
            Self::AlreadyExists => "AlreadyExists",
            Self::Conflict => "Conflict",
            Self::Gone => "Gone",
            Self::Expired => "Expired",
            Self::RequestEntityTooLarge => "RequestEntityTooLarge",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
            Self::Invalid => "Invalid",
            Self::TooManyRequests => "TooManyRequests",
            Self::InternalError => "InternalError",
            Self::ServerTimeout => "ServerTimeout",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::Timeout => "Timeout",
        }
    }
}

/// What a failure is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Name of the object.
    pub name: String,
    /// API group of the object.
    pub group: String,
    /// The resource (plural), or the kind when the object is invalid.
    pub kind: String,
    /// UID of the object.
    pub uid: String,
    /// One entry per field or sub-failure.
    pub causes: Vec<Cause>,
    /// How long the client should wait before it tries again; zero says nothing.
    pub retry_after_seconds: u32,
}

/// One of several causes of a failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// Machine-readable, such as `FieldValueRequired`.
    pub reason: String,
    /// What people read.
    pub message: String,
    /// The path of the field.
    pub field: String,
}

/// A resource by group and plural: `deployments.apps`, `pods`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// Plural name.
    pub resource: Cow<'static, str>,
}

impl Resource {
    /// The resource `resource` of `group`.
    pub fn new(
        group: impl Into<Cow<'static, str>>,
        resource: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { group: group.into(), resource: resource.into() }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

impl ApiError {
    /// An error of this reason without details.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), details: None, cause: None, foreign: None }
    }

    /// What somebody else decided, such as a webhook: their `Status`, which has a code of 400 or more.
    pub fn foreign(status: Value) -> Self {
        let reason = match status["code"].as_u64() {
            Some(401) => Reason::Unauthorized,
            Some(403) => Reason::Forbidden,
            Some(404) => Reason::NotFound,
            Some(409) => Reason::Conflict,
            Some(422) => Reason::Invalid,
            Some(429) => Reason::TooManyRequests,
            Some(500..) => Reason::InternalError,
            _ => Reason::BadRequest,
        };
        let message = status["message"].as_str().unwrap_or_default().to_owned();
        Self { foreign: Some(Box::new(status)), ..Self::new(reason, message) }
    }

    /// A failure that Kubernetes has no reason for: clients see a code of 500 and the message, and nothing else.
    pub fn without_reason(message: impl Into<String>) -> Self {
        Self::foreign(json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message.into(),
            "code": 500,
        }))
    }

    /// `pods "x" not found`.
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        Self::about(Reason::NotFound, resource, name, format!("{resource} {name:?} not found"))
    }

    /// The path itself is unknown.
    pub fn unknown_path() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(Reason::NotFound, message).with_details(|_| ())
    }

    /// `pods "x" already exists`.
    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{resource} {name:?} already exists");
        Self::about(Reason::AlreadyExists, resource, name, message)
    }

    /// `Operation cannot be fulfilled on pods "x": message`.
    pub fn conflict(resource: &Resource, name: &str, message: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {resource} {name:?}: {message}");
        Self::about(Reason::Conflict, resource, name, message)
    }

    /// The conflict of a write that carries a stale resource version.
    pub fn modified(resource: &Resource, name: &str) -> Self {
        let message = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, message)
    }

    /// `pods "x" is forbidden: message`; without a name `pods is forbidden: message`.
    pub fn forbidden(resource: &Resource, name: &str, message: &str) -> Self {
        let message = match (resource.resource.is_empty(), name.is_empty()) {
            (true, _) => format!("forbidden: {message}"),
            (_, true) => format!("{resource} is forbidden: {message}"),
            _ => format!("{resource} {name:?} is forbidden: {message}"),
        };
        Self::about(Reason::Forbidden, resource, name, message)
    }

    /// `Pod "x" is invalid: …`, with one cause per field.
    pub fn invalid(group: &str, kind: &str, name: &str, errors: FieldErrors) -> Self {
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let message = format!("{qualified} {name:?} is invalid: {errors}");
        Self::new(Reason::Invalid, message).with_details(|details| {
            name.clone_into(&mut details.name);
            group.clone_into(&mut details.group);
            kind.clone_into(&mut details.kind);
            details.causes = errors.into_causes();
        })
    }

    /// The request is malformed.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Reason::BadRequest, message)
    }

    /// The caller is unknown.
    pub fn unauthorized() -> Self {
        Self::new(Reason::Unauthorized, "Unauthorized")
    }

    /// The revision is no longer kept.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(Reason::Expired, message)
    }

    /// The client asks for a revision that has not happened yet.
    pub fn too_large_resource_version(requested: u64, current: u64) -> Self {
        let message = format!("Too large resource version: {requested}, current: {current}");
        Self::new(Reason::Timeout, message).with_details(|details| {
            details.retry_after_seconds = 1;
            details.causes.push(Cause {
                reason: "ResourceVersionTooLarge".to_owned(),
                message: "Too large resource version".to_owned(),
                field: String::new(),
            });
        })
    }

    /// The resource does not know this verb.
    pub fn method_not_supported(resource: &Resource, verb: &str) -> Self {
        let message = format!("{verb} is not supported on resources of kind \"{resource}\"");
        Self::about(Reason::MethodNotAllowed, resource, "", message)
    }

    /// The body is of none of the `accepted` types.
    pub fn unsupported_media_type(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(Reason::UnsupportedMediaType, message)
    }

    /// The client wants none of the `offered` types.
    pub fn not_acceptable(offered: &[&str]) -> Self {
        let message =
            format!("only the following media types are accepted: {}", offered.join(", "));
        Self::new(Reason::NotAcceptable, message)
    }

    /// The body is larger than allowed.
    pub fn request_too_large(message: &str) -> Self {
        let message = format!("Request entity too large: {message}");
        Self::new(Reason::RequestEntityTooLarge, message)
    }

    /// The caller has to slow down.
    pub fn too_many_requests(message: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self::new(Reason::TooManyRequests, message)
            .with_details(|details| details.retry_after_seconds = retry_after_seconds)
    }

    /// The server is broken; the cause stays inside.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let mut error = Self::new(Reason::InternalError, "Internal error occurred");
        error.cause = Some(cause.into());
        error
    }

    /// The request did not finish within its time.
    pub fn timeout(message: &str, retry_after_seconds: u32) -> Self {
        Self::new(Reason::Timeout, format!("Timeout: {message}"))
            .with_details(|details| details.retry_after_seconds = retry_after_seconds)
    }

    /// The server does not serve at present.
    pub fn service_unavailable(message: impl Into<String>) -> Self {
        Self::new(Reason::ServiceUnavailable, message)
    }

    /// A patch that parses but cannot be applied. The reason is in the message: kubectl prints a cause
    /// without a field badly.
    pub fn unprocessable(cause: impl fmt::Display) -> Self {
        let message = "the server rejected our request due to an error in our request";
        Self::new(Reason::Invalid, format!("{message}: {cause}"))
    }

    /// Fills in the details, which are created when missing.
    pub fn with_details(mut self, fill: impl FnOnce(&mut Details)) -> Self {
        fill(self.details.get_or_insert_default());
        self
    }

    /// The HTTP code of the reply.
    pub fn code(&self) -> u16 {
        let foreign = self.foreign.as_ref().and_then(|status| status["code"].as_u64());
        foreign.and_then(|code| u16::try_from(code).ok()).unwrap_or_else(|| self.reason.code())
    }

    /// The `Status` document clients receive.
    pub fn to_status(&self) -> Value {
        if let Some(status) = &self.foreign {
            return Value::clone(status);
        }
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason.as_str(),
            "code": self.code(),
        });
        if let Some(details) = &self.details {
            status["details"] = details.to_value();
        }
        status
    }

    fn about(reason: Reason, resource: &Resource, name: &str, message: String) -> Self {
        Self::new(reason, message).with_details(|details| {
            name.clone_into(&mut details.name);
            details.group = resource.group.clone().into_owned();
            details.kind = resource.resource.clone().into_owned();
        })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

impl Details {
    fn to_value(&self) -> Value {
        let mut map = strings([
            ("name", &self.name),
            ("group", &self.group),
            ("kind", &self.kind),
            ("uid", &self.uid),
        ]);
        if !self.causes.is_empty() {
            let causes = self.causes.iter().map(Cause::to_value).collect();
            map.insert("causes".to_owned(), Value::Array(causes));
        }
        if self.retry_after_seconds > 0 {
            map.insert("retryAfterSeconds".to_owned(), self.retry_after_seconds.into());
        }
        Value::Object(map)
    }
}

impl Cause {
    fn to_value(&self) -> Value {
        Value::Object(strings([
            ("reason", &self.reason),
            ("message", &self.message),
            ("field", &self.field),
        ]))
    }
}

/// The entries that are not empty.
fn strings<const N: usize>(entries: [(&str, &String); N]) -> Map<String, Value> {
    entries
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), Value::String(value.clone())))
        .collect()
}

#[cfg(test)]
mod tests;
