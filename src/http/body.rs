//! Reads a body of bounded length from a client of bounded patience.

use std::sync::Arc;

use axum::body::BodyDataStream;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::Mutex;

use super::limits::{BODY_SILENCE, DRAIN_BYTES, DRAIN_TIME};
use super::refusal::{Code, Refusal};
use crate::domain::text::Text;

/// What is still to come of a body.
pub type Rest = Arc<Mutex<BodyDataStream>>;

/// The whole body, if it has at most `limit` bytes. A stated length over the limit is refused before anything is read.
pub async fn read(headers: &HeaderMap, rest: &Rest, limit: usize) -> Result<Bytes, Refusal> {
    if stated_length(headers).is_some_and(|length| length > limit as u64) {
        return Err(Refusal::too_large("body", limit as u64));
    }
    let mut stream = rest.lock().await;
    let mut bytes = BytesMut::new();
    while let Some(chunk) = tokio::time::timeout(BODY_SILENCE, stream.next())
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
pub async fn drain(rest: Rest) {
    let drained = async {
        let mut stream = rest.lock().await;
        let mut bytes = 0;
        while let Some(Ok(chunk)) = stream.next().await {
            bytes += chunk.len();
            if bytes > DRAIN_BYTES {
                return;
            }
        }
    };
    // Whoever is too slow is cut off; the answer was theirs to read.
    drop(tokio::time::timeout(DRAIN_TIME, drained).await);
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
