//! GraphQL over HTTP: limits before parsing, weighing before validation, media types and statuses by the specification,
//! mutations by POST only and each in its own task.

use std::sync::Arc;

use async_graphql::Response as GraphqlResponse;
use async_graphql::parser::types::OperationType;
use axum::extract::{Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::body::Rest;
use super::document::{Parameters, Prepared, Unfit};
use super::negotiate::{Language, Media};
use super::refusal::{self, Code, Refusal};
use super::serve::RequestId;
use super::{Caller, Edge, body, limits, multipart};
use crate::app::error::Error;
use crate::domain::text::Text;

/// `/graphql`.
pub async fn graphql(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let language = Language::preferred(&parts.headers);
    let request_id = parts
        .extensions
        .get::<RequestId>()
        .map(|id| id.0.clone())
        .unwrap_or_default();
    let rest = Rest::of(body.into_data_stream());
    let refused = |refusal: Refusal, media| {
        body::drain(&parts.headers, Arc::clone(&rest));
        refusal.answer(media, language, &request_id)
    };
    let media = match Media::of(&parts.headers) {
        Ok(media) => media,
        Err(refusal) => return refused(refusal, Media::Json),
    };
    let caller = match caller(&edge, &parts.headers, language, &request_id) {
        Ok(caller) => caller,
        Err(refusal) => return refused(refusal, media),
    };
    let mut answer = match take(&edge, &parts, &rest, caller).await {
        Ok(response) => refusal::answer(&response, media, language, &request_id),
        Err(Unfit::Refused(refusal)) => refused(refusal, media),
        Err(Unfit::Syntax(error)) => {
            body::drain(&parts.headers, Arc::clone(&rest));
            refusal::answer(&GraphqlResponse::from_errors(vec![error]), media, language, &request_id)
        }
    };
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// Who asks. Without a token nobody; with one that does not hold, nothing is served.
pub fn caller(edge: &Edge, headers: &HeaderMap, language: Language, request_id: &str) -> Result<Caller, Refusal> {
    let claims = match headers.get(header::AUTHORIZATION) {
        None => None,
        Some(value) => {
            let token = value.to_str().ok().and_then(bearer).ok_or_else(|| {
                Refusal::unauthenticated(Text::new(
                    "Tiêu đề Authorization phải có dạng \"Bearer TOKEN\".",
                    "The Authorization header must read \"Bearer TOKEN\".",
                ))
            })?;
            let claims = edge.tokens.read(token, edge.api.now());
            Some(claims.map_err(|problem| {
                // The client learns what to do; which check failed is for whoever runs the server.
                tracing::info!(request_id, reason = %problem, "a token was refused");
                Refusal::unauthenticated(problem.message())
            })?)
        }
    };
    Ok(Caller {
        claims,
        language,
        request_id: request_id.to_owned(),
    })
}

/// The token after the scheme, whose letter case does not matter (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn take(edge: &Arc<Edge>, parts: &Parts, rest: &Arc<Rest>, caller: Caller) -> Result<GraphqlResponse, Unfit> {
    match parts.method {
        Method::GET => {
            let prepared = edge.documents.prepare(from_address(parts)?)?;
            if matches!(
                prepared.kind,
                Some(OperationType::Mutation | OperationType::Subscription)
            ) {
                return Err(only("POST", "Mutation phải gửi bằng POST.", "Send mutations by POST.").into());
            }
            Ok(execute(edge, prepared, caller).await)
        }
        Method::POST => match content_type(&parts.headers).as_deref() {
            Some("application/json") => {
                let signed_in = caller.claims.is_some();
                let limit = if signed_in {
                    limits::BODY_BYTES
                } else {
                    limits::ANONYMOUS_BODY_BYTES
                };
                let body = body::read(&parts.headers, rest, limit).await?;
                let prepared = edge.documents.prepare(from_json(&body, "body")?)?;
                Ok(execute(edge, prepared, caller).await)
            }
            Some("multipart/form-data") => multipart::take(edge, &parts.headers, rest, caller).await,
            _ => {
                let message = Text::new(
                    "Content-Type phải là application/json hoặc multipart/form-data.",
                    "Send application/json, or multipart/form-data with files.",
                );
                let refusal = Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::Invalid, message);
                Err(refusal.about("Content-Type").into())
            }
        },
        _ => Err(only(
            "GET, POST",
            "Chỉ nhận GET và POST.",
            "Send it by GET or POST: only GET and POST are served.",
        )
        .into()),
    }
}

fn only(allow: &'static str, vi: &str, en: &str) -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, Code::Invalid, Text::new(vi, en))
        .about("method")
        .with(header::ALLOW, HeaderValue::from_static(allow))
}

/// The media type without its parameters. Only UTF-8 is read.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?.to_owned();
    let charset = parts
        .find_map(|part| part.strip_prefix("charset="))
        .map(|charset| charset.trim_matches('"').to_owned());
    charset
        .is_none_or(|charset| matches!(charset.as_str(), "utf-8" | "utf8"))
        .then_some(name)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

fn from_address(parts: &Parts) -> Result<Parameters, Refusal> {
    let Query(address) = Query::<Address>::try_from_uri(&parts.uri).map_err(|_| {
        Refusal::invalid(
            "query",
            "Tham số của địa chỉ không hợp lệ.",
            "The parameters of the address are malformed.",
        )
    })?;
    let query = address
        .query
        .ok_or_else(|| Refusal::invalid("query", "Thiếu tham số query.", "The parameter query is missing."))?;
    Ok(Parameters {
        query,
        operation_name: address.operation_name.filter(|name| !name.is_empty()),
        variables: object(address.variables.as_deref(), "variables")?,
        extensions: object(address.extensions.as_deref(), "extensions")?,
    })
}

type Object = serde_json::Map<String, serde_json::Value>;

fn object(text: Option<&str>, field: &str) -> Result<Option<Object>, Refusal> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => serde_json::from_str(text).map_err(|_| {
            let vi = format!("{field} phải là một đối tượng JSON.");
            Refusal::invalid(field, vi, format!("{field} must be a JSON object."))
        }),
    }
}

/// Reads the parameters from JSON. A batch is refused at its first byte, however long it is.
pub fn from_json(bytes: &[u8], field: &str) -> Result<Parameters, Refusal> {
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let vi = "Không nhận nhiều truy vấn trong một lần gửi; hãy gửi từng truy vấn.";
        return Err(Refusal::invalid(
            field,
            vi,
            "Batches are not served; send one query at a time.",
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let vi = format!("Nội dung không phải JSON của một truy vấn GraphQL ({error}).");
        Refusal::invalid(
            field,
            vi,
            format!("The body is not the JSON of a GraphQL request: {error}."),
        )
    })
}

/// Executes. A mutation runs in its own task: whoever sent it may go away, it ends all the same.
pub async fn execute(edge: &Arc<Edge>, prepared: Prepared, caller: Caller) -> GraphqlResponse {
    let Prepared { request, kind } = prepared;
    let request = request.data(caller.clone());
    if kind != Some(OperationType::Mutation) {
        let answer = edge.api.execute(request, caller);
        return tokio::time::timeout(limits::QUERY_TIME, answer)
            .await
            .unwrap_or_else(|_| failed(Error::unavailable("the query took too long")));
    }
    let shared = Arc::clone(edge);
    detached(edge, async move { shared.api.execute(request, caller).await }).await
}

/// Runs what changes something to its end, whoever waits for it.
pub async fn detached(
    edge: &Arc<Edge>,
    work: impl Future<Output = GraphqlResponse> + Send + 'static,
) -> GraphqlResponse {
    let Ok(permit) = Arc::clone(&edge.mutations).acquire_owned().await else {
        return failed(Error::unavailable("the server is stopping"));
    };
    let task = tokio::spawn(async move {
        let answer = work.await;
        drop(permit);
        answer
    });
    task.await
        .unwrap_or_else(|error| failed(Error::Internal(Box::new(error))))
}

/// The answer to a request that was begun and came to nothing; `data` is null, as if its root had failed.
pub fn failed(error: Error) -> GraphqlResponse {
    let mut error = async_graphql::Error::new_with_source(error).into_server_error(async_graphql::Pos::default());
    error.locations.clear();
    GraphqlResponse::from_errors(vec![error])
}
