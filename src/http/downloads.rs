//! Files by signed link. Always an attachment, never a page of this origin; the right to read is asked again each time.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Edge;
use super::edge::caller;
use super::negotiate::{Language, Media};
use super::refusal::{Code, Refusal};
use super::serve::RequestId;
use crate::app::error::Error;
use crate::blob::link::LinkProblem;
use crate::blob::upload::StagedFile;
use crate::blob::{BlobError, held_to_hash};
use crate::domain::text::Text;

/// `/files/{link}`.
pub async fn download(State(edge): State<Arc<Edge>>, Path(link): Path<String>, request: Request) -> Response {
    let headers = request.headers();
    let request_id = request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone())
        .unwrap_or_default();
    let language = Language::preferred(headers);
    // A browser that follows a link sends no token. Whoever sends one has to be the person that the link is for.
    let answer = match caller(&edge, headers, language, &request_id) {
        Ok(caller) => send(&edge, &link, caller.claims.map(|claims| claims.login), headers).await,
        Err(refusal) => Err(refusal),
    };
    answer.unwrap_or_else(|refusal| refusal.answer(Media::Json, language, &request_id))
}

async fn send(edge: &Edge, link: &str, login: Option<String>, headers: &HeaderMap) -> Result<Response, Refusal> {
    let link = edge.links.read(link, edge.api.now()).map_err(|problem| match problem {
        LinkProblem::Forged => Refusal::from(Error::NotFound { what: "file" }),
        LinkProblem::Expired => Refusal::new(
            StatusCode::GONE,
            Code::Forbidden,
            Text::new("Liên kết đã hết hạn; hãy lấy liên kết mới.", problem.to_string()),
        ),
    })?;
    if login.is_some_and(|login| login != link.viewer) {
        return Err(Refusal::from(Error::NotFound { what: "file" }));
    }
    let file = edge.api.open_file(&link).await?;
    let etag = format!("\"{}\"", file.sha256);
    if header_lists(headers, header::IF_NONE_MATCH, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, describe(&file, &etag)).into_response());
    }
    let whole = headers.contains_key(header::IF_RANGE) && !header_lists(headers, header::IF_RANGE, &etag);
    let wanted = headers
        .get(header::RANGE)
        .filter(|_| !whole)
        .and_then(|value| value.to_str().ok());
    let (status, range) = match wanted.and_then(|text| parse_range(text, file.size)) {
        None => (StatusCode::OK, 0..file.size),
        Some(Some(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(None) => return Ok(unsatisfiable(&file)),
    };
    let stream = edge
        .blobs
        .open(&file.sha256, Some(range.clone()))
        .await
        .map_err(|error| match error {
            BlobError::NotFound => {
                let what = format!("the stored file {} is not there; run `minhchung fixity`", file.sha256);
                Refusal::from(Error::Internal(what.into()))
            }
            other => Refusal::from(Error::unavailable(other)),
        })?;
    let stream = match status {
        StatusCode::OK => held_to_hash(stream, file.sha256.clone()),
        _ => stream,
    };
    let mut answer = (status, describe(&file, &etag), Body::from_stream(stream)).into_response();
    let sent = answer.headers_mut();
    sent.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {}-{}/{}", range.start, range.end - 1, file.size);
        sent.insert(header::CONTENT_RANGE, header_value(&text));
    }
    Ok(answer)
}

fn unsatisfiable(file: &StagedFile) -> Response {
    let range = header_value(&format!("bytes */{}", file.size));
    (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, range)]).into_response()
}

/// What every answer about a file says. The content is data, whatever a browser would like to see in it.
fn describe(file: &StagedFile, etag: &str) -> HeaderMap {
    HeaderMap::from_iter([
        (header::CONTENT_TYPE, header_value(&file.content_type)),
        (header::CONTENT_DISPOSITION, header_value(&disposition(&file.name))),
        (header::ETAG, header_value(etag)),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox; default-src 'none'"),
        ),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ])
}

fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"))
}

/// The name for old clients in ASCII, and for all others as it is (RFC 6266, RFC 8187).
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || ".-_ ()".contains(letter) {
                letter
            } else {
                '_'
            }
        })
        .collect();
    let exact: String = name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    });
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

/// Whether a list of entity tags names this one. Weak tags of the same content do too.
fn header_lists(headers: &HeaderMap, name: header::HeaderName, etag: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|text| {
            text.split(',')
                .map(str::trim)
                .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
        })
}

/// A single range of bytes (RFC 9110, 14.2): `None` if the header is to be ignored, `Some(None)` if nothing of it is there.
fn parse_range(text: &str, size: u64) -> Option<Option<Range<u64>>> {
    let (from, to) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let range = match (from.trim(), to.trim()) {
        ("", last) => {
            let last = last.parse::<u64>().ok()?;
            size.saturating_sub(last)..size
        }
        (first, "") => first.parse().ok()?..size,
        (first, last) => {
            let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(size)
        }
    };
    Some((range.start < range.end).then_some(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_standard() {
        assert_eq!(parse_range("bytes=0-4", 10), Some(Some(0..5)));
        assert_eq!(parse_range("bytes=5-", 10), Some(Some(5..10)));
        assert_eq!(parse_range("bytes=-3", 10), Some(Some(7..10)));
        assert_eq!(parse_range("bytes=-30", 10), Some(Some(0..10)));
        assert_eq!(parse_range("bytes=8-99", 10), Some(Some(8..10)));
        assert_eq!(parse_range("bytes=10-", 10), Some(None));
        assert_eq!(parse_range("bytes=-0", 10), Some(None));
        for ignored in ["bytes=4-2", "bytes=0-1,4-5", "items=0-1", "bytes=a-b", "bytes=-"] {
            assert_eq!(parse_range(ignored, 10), None, "{ignored}");
        }
    }

    #[test]
    fn names_survive_the_header() {
        assert_eq!(
            disposition("Báo cáo \"1\".pdf"),
            "attachment; filename=\"B_o c_o _1_.pdf\"; filename*=UTF-8''B%C3%A1o%20c%C3%A1o%20%221%22.pdf"
        );
    }
}
