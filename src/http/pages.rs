//! The small pages: health, keys, schema, explorer.

use std::sync::Arc;

use async_graphql::http::GraphiQLSource;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::Edge;

/// Shown above the explorer: whoever opens it should know whose scripts run there.
const EXPLORER_NOTE: &str = "<body><p style=\"margin:0;padding:4px 8px;font:12px sans-serif\">This explorer loads its \
    script and styles from a public CDN (esm.sh); the API itself loads nothing from anywhere.</p>";

/// `/healthz`: the process answers.
pub async fn healthy() -> &'static str {
    "ok\n"
}

/// `/readyz`: the store answers too.
pub async fn ready(State(edge): State<Arc<Edge>>) -> Response {
    match edge.api.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(error = %super::refusal::chain(&error), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

/// `/.well-known/jwks.json`.
pub async fn jwks(State(edge): State<Arc<Edge>>) -> Json<serde_json::Value> {
    Json(edge.tokens.jwks().clone())
}

/// `/schema.graphql`.
pub async fn schema(State(edge): State<Arc<Edge>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], edge.api.sdl()).into_response()
}

/// `/graphiql`.
pub async fn graphiql() -> Html<String> {
    let page = GraphiQLSource::build()
        .endpoint("/graphql")
        .title("Minh Chứng")
        .finish();
    Html(page.replacen("<body>", EXPLORER_NOTE, 1))
}
