//! What the edge itself says no to, and how every error of an answer gets its code.
//!
//! Fails closed: an error whose origin is not known to be meant for clients is logged and withheld.

use async_graphql::{Response as GraphqlResponse, ServerError, Value};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::limits;
use super::negotiate::{Language, Media};
pub use crate::app::error::Code;
use crate::app::error::Error;
use crate::app::prepare_dossier::ItemProblem;
use crate::domain::rows::RowReport;
use crate::domain::text::Text;

/// A request that was not executed.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// HTTP status.
    pub status: StatusCode,
    /// `extensions.code`.
    pub code: Code,
    /// `extensions.field`.
    pub field: Option<String>,
    /// What to do next.
    pub message: Text,
    /// A further header, boxed because few refusals have one.
    pub header: Option<Box<(HeaderName, HeaderValue)>>,
    /// Whether the document is wrong rather than the request around it: `application/json` answers that with 200.
    pub document: bool,
}

impl Refusal {
    /// A refusal with its status.
    pub fn new(status: StatusCode, code: Code, message: Text) -> Self {
        Self {
            status,
            code,
            field: None,
            message,
            header: None,
            document: false,
        }
    }

    /// A request that is not well formed.
    pub fn invalid(field: impl Into<String>, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::Invalid, Text::new(vi, en)).about(field)
    }

    /// A query document that is not executed.
    pub fn document(code: Code, message: Text) -> Self {
        Self {
            document: true,
            ..Self::new(StatusCode::BAD_REQUEST, code, message).about("query")
        }
    }

    /// A body that is too long.
    pub fn too_large(field: impl Into<String>, limit: u64) -> Self {
        let message = Text::new(
            format!("Vượt quá {limit} byte; hãy chia nhỏ hoặc nén lại."),
            format!("More than {limit} bytes; split it or make it smaller."),
        );
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge, message).about(field)
    }

    /// No token, or one that does not hold; `why` says what is wrong with it.
    pub fn unauthenticated(why: Text) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, why)
            .about("Authorization")
            .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// Names the input that is wrong.
    #[must_use]
    pub fn about(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some(Box::new((name, value)));
        self
    }

    /// The answer.
    pub fn answer(self, media: Media, language: Language, request_id: &str) -> Response {
        let entry = Entry {
            message: language.of(&self.message),
            locations: &[],
            path: &[],
            extensions: Extensions {
                code: self.code.name(),
                field: self.field.as_deref(),
                request_id,
                ..Extensions::default()
            },
        };
        let status = if self.document && media == Media::Json {
            StatusCode::OK
        } else {
            self.status
        };
        let body = serde_json::to_vec(&Body {
            errors: vec![entry],
            data: None,
            extensions: None,
        })
        .unwrap_or_default();
        let mut answer = (status, [(header::CONTENT_TYPE, media.content_type())], body).into_response();
        if let Some(header) = self.header {
            answer.headers_mut().insert(header.0, header.1);
        }
        answer
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        if matches!(error.code(), Code::Internal | Code::Unavailable) {
            tracing::error!(error = %chain(&error), "a request could not be served");
        }
        let field = error.field().map(str::to_owned);
        let mut refusal = Self::new(status_of(error.code()), error.code(), error.message());
        refusal.field = field;
        refusal
    }
}

/// The HTTP status of a code, outside of GraphQL answers.
pub fn status_of(code: Code) -> StatusCode {
    match code {
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Invalid => StatusCode::BAD_REQUEST,
        Code::Rejected | Code::Conflict => StatusCode::CONFLICT,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// An error with its causes, for the log.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<Omitted>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Omitted {
    omitted_errors: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    message: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    locations: &'a [async_graphql::Pos],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    path: &'a [async_graphql::PathSegment],
    extensions: Extensions<'a>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Extensions<'a> {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// What became of each row of a file that is refused for some of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<&'a RowReport>,
    /// Every item that is wrong, of a call that is applied as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<WrongItem<'a>>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct WrongItem<'a> {
    /// Its place in the call, from 0.
    index: usize,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    message: String,
}

/// Whether any error leaves it open what became of the change.
pub fn outcome_unknown(response: &GraphqlResponse) -> bool {
    response
        .errors
        .iter()
        .any(|error| match (&error.source, error.source::<Error>()) {
            (None, _) => false,
            (Some(_), Some(known)) => known.outcome_unknown() || known.code() == Code::Internal,
            (Some(_), None) => true,
        })
}

/// Turns what the schema answered into bytes: codes, at most so many errors, and no `data` if nothing was executed.
pub fn answer(response: &GraphqlResponse, media: Media, language: Language, request_id: &str) -> Response {
    let executed = response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty());
    let errors = response
        .errors
        .iter()
        .take(limits::ERRORS)
        .map(|error| entry(error, language, request_id))
        .collect();
    let omitted = response.errors.len().saturating_sub(limits::ERRORS);
    let body = Body {
        errors,
        data: executed.then_some(&response.data),
        extensions: (omitted > 0).then_some(Omitted {
            omitted_errors: omitted,
        }),
    };
    let status = if executed || media == Media::Json {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    match serde_json::to_vec(&body) {
        Ok(bytes) => (status, [(header::CONTENT_TYPE, media.content_type())], bytes).into_response(),
        Err(error) => Refusal::from(Error::Internal(Box::new(error))).answer(media, language, request_id),
    }
}

fn entry<'a>(error: &'a ServerError, language: Language, request_id: &'a str) -> Entry<'a> {
    let (message, extensions) = match (&error.source, error.source::<Error>()) {
        (None, _) => complaint(error, language),
        (Some(_), Some(known)) => known_error(known, request_id, language),
        (Some(_), None) => {
            tracing::error!(request_id, path = ?error.path, error = error.message, "an error without a code");
            let internal = Error::Internal("withheld".into());
            (
                language.of(&internal.message()),
                Extensions {
                    code: Code::Internal.name(),
                    ..Extensions::default()
                },
            )
        }
    };
    Entry {
        message,
        locations: &error.locations,
        path: &error.path,
        extensions: Extensions {
            request_id,
            ..extensions
        },
    }
}

/// What the GraphQL layer itself says about a query.
fn complaint(error: &ServerError, language: Language) -> (String, Extensions<'_>) {
    let (field, text) = super::complaint::read(&error.message, &error.locations);
    let extensions = Extensions {
        code: Code::Invalid.name(),
        field: Some(field),
        ..Extensions::default()
    };
    (language.of(&text), extensions)
}

fn known_error<'a>(error: &'a Error, request_id: &str, language: Language) -> (String, Extensions<'a>) {
    if matches!(error.code(), Code::Internal | Code::Unavailable) {
        tracing::error!(request_id, error = %chain(error), "a use case failed");
    }
    let extensions = Extensions {
        code: error.code().name(),
        field: error.field(),
        rule: error.rule(),
        outcome: error.outcome_unknown().then_some("UNKNOWN"),
        rows: error.rows(),
        items: error.items().iter().map(|item| wrong_item(item, language)).collect(),
        request_id: "",
    };
    (language.of(&error.message()), extensions)
}

fn wrong_item((index, problem): &(usize, ItemProblem), language: Language) -> WrongItem<'_> {
    WrongItem {
        index: *index,
        code: &problem.code,
        field: problem.field.as_deref(),
        rule: problem.rule.as_deref(),
        message: language.of(&problem.message),
    }
}
