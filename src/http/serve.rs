//! Listening, one log line per request, and stopping without cutting anybody off.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tokio::net::TcpListener;

use super::Edge;

/// Seconds that open connections and mutations are given after the signal to stop.
const LAST_SECONDS: Duration = Duration::from_secs(30);

/// Header with the request's name, taken from the client if it is harmless, and given back.
const REQUEST_ID: &str = "x-request-id";

/// Name of the request in the log and in every error.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Serves until `shutdown` is done, then lets requests and mutations end. Answers within half a minute after that.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    edge: Arc<Edge>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let signal = async move {
        shutdown.await;
        tracing::info!("stopping: no new connections");
        // Nobody listens any more only if the server has ended by itself.
        let _ = stopping.send(());
    };
    let server = axum::serve(listener, router)
        .with_graceful_shutdown(signal)
        .into_future();
    let too_late = async {
        // A server that fails never signals; then nothing is too late.
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(LAST_SECONDS).await;
    };
    tokio::select! {
        result = server => result?,
        () = too_late => tracing::warn!("connections were still open"),
    }
    if tokio::time::timeout(LAST_SECONDS, edge.finish_mutations())
        .await
        .is_err()
    {
        tracing::warn!("mutations were still under way; their journal entries tell whether they were applied");
    }
    Ok(())
}

/// Names the request, logs it once, and turns a panic into an answer.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| harmless(id));
    let id = id.map(str::to_owned).unwrap_or_else(random_id);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    // Links are secrets for five minutes: the log keeps only where they lead.
    let path = match request.uri().path() {
        path if path.starts_with("/files/") => "/files/…".to_owned(),
        path => path.to_owned(),
    };
    let handled = std::panic::AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = handled.unwrap_or_else(|_| {
        tracing::error!(request_id = id, "a handler panicked");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    });
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request_id = id, %method, path, status = response.status().as_u16(), duration_ms, "request");
    response
}

fn harmless(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn random_id() -> String {
    let mut bytes = [0_u8; 12];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => hex::encode(bytes),
        Err(_) => "unnamed".to_owned(),
    }
}
