//! Reads a body of bounded length from a client of bounded patience.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::BodyDataStream;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::Mutex;

use super::limits::{BODY_SILENCE, DRAIN_BYTES, DRAIN_TIME};
use super::refusal::{Code, Refusal};
use crate::domain::text::Text;

/// What is still to come of a body.
pub struct Rest {
    stream: Mutex<BodyDataStream>,
    /// Whether any of it was asked for: a client that waits for leave to send has had it then.
    begun: AtomicBool,
}

impl Rest {
    pub fn of(stream: BodyDataStream) -> Arc<Self> {
        Arc::new(Self {
            stream: Mutex::new(stream),
            begun: AtomicBool::new(false),
        })
    }

    /// The next piece.
    pub async fn next(&self) -> Option<Result<Bytes, axum::Error>> {
        self.begun.store(true, Ordering::Relaxed);
        self.stream.lock().await.next().await
    }
}

/// The whole body, if it has at most `limit` bytes. A stated length over the limit is refused before anything is read.
pub async fn read(headers: &HeaderMap, rest: &Rest, limit: usize) -> Result<Bytes, Refusal> {
    if stated_length(headers).is_some_and(|length| length > limit as u64) {
        return Err(Refusal::too_large("body", limit as u64));
    }
    let mut bytes = BytesMut::new();
    while let Some(chunk) = tokio::time::timeout(BODY_SILENCE, rest.next())
        .await
        .map_err(|_| silence())?
    {
        let chunk = chunk.map_err(|_| cut_off())?;
        if bytes.len() + chunk.len() > limit {
            return Err(Refusal::too_large("body", limit as u64));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Throws away what a client still sends that is refused, while it is answered: one that is cut off while it sends, or a
/// proxy before it, may never read the answer.
pub fn drain(headers: &HeaderMap, rest: Arc<Rest>) {
    if headers.contains_key(header::EXPECT) && !rest.begun.load(Ordering::Relaxed) {
        return;
    }
    let drained = async move {
        let mut bytes = 0;
        while let Some(Ok(chunk)) = rest.next().await {
            bytes += chunk.len();
            if bytes > DRAIN_BYTES {
                return;
            }
        }
    };
    // Whoever is too slow is cut off; the answer was theirs to read.
    tokio::spawn(tokio::time::timeout(DRAIN_TIME, drained));
}

/// What the client says it sends.
pub fn stated_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The client stopped sending.
pub fn silence() -> Refusal {
    let message = Text::new(
        "Kết nối quá lâu không gửi dữ liệu; hãy gửi lại.",
        "Nothing came for too long; send it again.",
    );
    Refusal::new(StatusCode::REQUEST_TIMEOUT, Code::Invalid, message)
}

/// The body ended before its end.
pub fn cut_off() -> Refusal {
    Refusal::invalid(
        "body",
        "Dữ liệu gửi lên bị đứt giữa chừng; hãy gửi lại.",
        "The body ended early; send it again.",
    )
}
