//! Uploads by the GraphQL multipart request protocol: `operations`, then `map`, then the files.
//!
//! The order is the protection: the token holds before a byte of the body is read, the request is weighed and the caller
//! may upload before the first file, and every file is limited and hashed on its way to staging. Files become visible
//! only when the last of them has come and has passed.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::Response as GraphqlResponse;
use async_graphql::parser::types::OperationType;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use futures::Stream;
use jiff::{SignedDuration, Timestamp};
use multer::{Field, Multipart};
use serde_json::Value;

use super::body::Rest;
use super::document::{Parameters, Prepared, Unfit};
use super::refusal::{Code, Refusal, outcome_unknown};
use super::{Caller, Edge, body, edge as graphql, limits};
use crate::app::error::Error;
use crate::blob::sniff::{self, FileProblem};
use crate::blob::upload::{Kept, StagedFile, Uploads};
use crate::blob::{BlobError, Staged};
use crate::domain::text::Text;

/// One of these, with any value, tells that no HTML form sent the request: a form cannot set headers.
const PREFLIGHT: [&str; 2] = ["graphql-require-preflight", "apollo-require-preflight"];

/// How long the bytes are protected without a reference: a mutation ends long before.
const PINNED: SignedDuration = SignedDuration::from_hours(1);

/// So many bytes of the body are taken without a pause (256 KiB): the pieces in which a connection is read, or a few.
const BURST_BYTES: usize = 256 * 1024;

/// Takes one multipart request.
pub async fn take(
    edge: &Arc<Edge>,
    headers: &HeaderMap,
    rest: &Arc<Rest>,
    caller: Caller,
) -> Result<GraphqlResponse, Unfit> {
    let boundary = admit(edge, headers, &caller)?;
    let (prepared, files) = receive(edge, boundary, Arc::clone(rest), &caller).await?;
    let worker = Arc::clone(edge);
    Ok(graphql::detached(edge, async move { run(&worker, prepared, files, caller).await }).await)
}

/// What can be refused before a byte of the body is read. Answers the boundary.
fn admit(edge: &Edge, headers: &HeaderMap, caller: &Caller) -> Result<String, Refusal> {
    if !PREFLIGHT
        .iter()
        .any(|name| headers.get(*name).is_some_and(|value| !value.is_empty()))
    {
        return Err(Refusal::invalid(
            "GraphQL-Require-Preflight",
            "Tải tệp phải kèm tiêu đề GraphQL-Require-Preflight: 1.",
            "Send uploads with the header GraphQL-Require-Preflight: 1.",
        ));
    }
    if caller.claims.is_none() {
        return Err(Refusal::unauthenticated(Error::Unauthenticated.message()));
    }
    let most = edge
        .max_upload_bytes
        .saturating_mul(limits::FILES as u64)
        .saturating_add(1024 * 1024);
    if body::stated_length(headers).is_some_and(|length| length > most) {
        return Err(Refusal::too_large("body", most));
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    multer::parse_boundary(content_type).map_err(|_| {
        Refusal::invalid(
            "body",
            "Thiếu boundary trong Content-Type.",
            "Content-Type has no boundary.",
        )
    })
}

/// A file that has come and passed, and is not visible yet.
struct Arrived {
    staged: Staged,
    name: String,
    content_type: &'static str,
}

/// The body, with a pause after every burst: the parser takes into its memory whatever comes without one, so that a client
/// that is faster than the disk would fill it.
fn in_bursts(rest: Arc<Rest>) -> impl Stream<Item = Result<Bytes, axum::Error>> {
    futures::stream::unfold((rest, 0), |(rest, mut taken)| async move {
        if taken >= BURST_BYTES {
            tokio::task::yield_now().await;
            taken = 0;
        }
        let chunk = rest.next().await?;
        taken += chunk.as_ref().map_or(0, Bytes::len);
        Some((chunk, (rest, taken)))
    })
}

async fn receive(
    edge: &Edge,
    boundary: String,
    rest: Arc<Rest>,
    caller: &Caller,
) -> Result<(Prepared, Vec<Arrived>), Unfit> {
    let mut parts = Multipart::new(in_bursts(rest), boundary);
    let operations = text_part(&mut parts, "operations", limits::BODY_BYTES).await?;
    let mut parameters = graphql::from_json(&operations, "operations")?;
    let map = text_part(&mut parts, "map", limits::MAP_BYTES).await?;
    let map = places(&map, &mut parameters)?;
    let mut prepared = edge.documents.prepare(parameters)?;
    if prepared.kind != Some(OperationType::Mutation) {
        let vi = "Chỉ mutation mới kèm tệp.";
        return Err(Refusal::invalid("operations", vi, "Only mutations take files.").into());
    }
    edge.api.may_upload(caller).await.map_err(Refusal::from)?;

    let mut files: Vec<Option<Arrived>> = map.iter().map(|_| None).collect();
    while let Some(field) = next(&mut parts).await? {
        let name = field.name().unwrap_or_default().to_owned();
        let Some(index) = map
            .iter()
            .position(|place| place.part == name && files[place.index].is_none())
        else {
            let vi = format!("Phần \"{name}\" không có trong map hoặc gửi hai lần.");
            return Err(Refusal::invalid("map", vi, format!("Part \"{name}\" is not in map, or came twice.")).into());
        };
        files[index] = Some(file_part(edge, field, &map[index].field).await?);
    }
    let missing = map.iter().zip(&files).find(|(_, file)| file.is_none());
    if let Some((place, _)) = missing {
        let vi = format!("Thiếu tệp \"{}\" nêu trong map.", place.part);
        let en = format!("File \"{}\" of map did not come.", place.part);
        return Err(Refusal::invalid(place.field.clone(), vi, en).into());
    }
    // What was parsed is what runs: the variables hold the handles already.
    prepared.request.uploads.clear();
    Ok((prepared, files.into_iter().flatten().collect()))
}

/// Where a file goes.
struct Place {
    index: usize,
    part: String,
    /// Path of the first variable that stands for it; names the file in errors.
    field: String,
}

/// Puts a handle into every variable that stands for a file. Each must be null, as the protocol wants.
fn places(map: &[u8], parameters: &mut Parameters) -> Result<Vec<Place>, Refusal> {
    let malformed = || {
        let vi = "map phải là đối tượng JSON: tên phần → danh sách đường dẫn bắt đầu bằng \"variables.\".";
        Refusal::invalid(
            "map",
            vi,
            "map must be a JSON object: part name → list of paths that begin with \"variables.\".",
        )
    };
    let map: BTreeMap<String, Vec<String>> = serde_json::from_slice(map).map_err(|_| malformed())?;
    if map.is_empty() || map.len() > limits::FILES {
        let limit = limits::FILES;
        let vi = format!("Mỗi lần gửi từ 1 đến {limit} tệp.");
        return Err(Refusal::invalid(
            "map",
            vi,
            format!("Send 1 to {limit} files at a time."),
        ));
    }
    let mut places = Vec::new();
    for (index, (part, paths)) in map.into_iter().enumerate() {
        for path in &paths {
            let path = path.strip_prefix("variables.").ok_or_else(malformed)?;
            let variables = parameters.variables.as_mut().ok_or_else(malformed)?;
            let place = variable(variables, path).filter(|value| value.is_null());
            *place.ok_or_else(|| {
                let vi = format!("Biến {path} nêu trong map phải có mặt và là null.");
                Refusal::invalid(
                    in_input(path),
                    vi,
                    format!("The variable {path} of map must be there and be null."),
                )
            })? = Value::String(Uploads::handle(index));
        }
        let field = paths
            .first()
            .and_then(|path| path.strip_prefix("variables."))
            .map(in_input)
            .ok_or_else(malformed)?
            .to_owned();
        places.push(Place { index, part, field });
    }
    Ok(places)
}

/// A variable's path as a path in the mutation's input: the variable holds the input, unless it is the file itself.
fn in_input(path: &str) -> &str {
    path.split_once('.').map_or(path, |(_, rest)| rest)
}

fn variable<'a>(variables: &'a mut serde_json::Map<String, Value>, path: &str) -> Option<&'a mut Value> {
    let mut steps = path.split('.');
    let first = variables.get_mut(steps.next()?)?;
    steps.try_fold(first, |value, step| match value {
        Value::Object(object) => object.get_mut(step),
        Value::Array(list) => list.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The next part, which must have this name and no file in it.
async fn text_part(parts: &mut Multipart<'_>, name: &str, limit: usize) -> Result<Vec<u8>, Refusal> {
    let field = next(parts).await?;
    let Some(mut field) = field.filter(|field| field.name() == Some(name) && field.file_name().is_none()) else {
        let vi = format!("Phần \"{name}\" phải đứng trước: operations, rồi map, rồi các tệp.");
        let en = format!("The part \"{name}\" must come here: operations, then map, then the files.");
        return Err(Refusal::invalid(name, vi, en));
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = chunk(&mut field).await? {
        if bytes.len() + chunk.len() > limit {
            return Err(Refusal::too_large(name, limit as u64));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn file_part(edge: &Edge, mut field: Field<'_>, place: &str) -> Result<Arrived, Refusal> {
    let name = field.file_name().map(plain_name).unwrap_or_default();
    let mut staging = edge
        .blobs
        .stage(edge.max_upload_bytes)
        .await
        .map_err(|error| blob_refusal(error, place))?;
    while let Some(chunk) = chunk(&mut field).await? {
        staging
            .write(&chunk)
            .await
            .map_err(|error| blob_refusal(error, place))?;
    }
    let staged = staging.finish().await.map_err(|error| blob_refusal(error, place))?;
    let content_type = sniff::content_type(&name, &staged).map_err(|problem| file_refusal(&problem, place))?;
    Ok(Arrived {
        staged,
        name,
        content_type,
    })
}

/// The last part of the name, without characters that a terminal or a file system would act upon.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

async fn next<'a>(parts: &mut Multipart<'a>) -> Result<Option<Field<'a>>, Refusal> {
    let next = tokio::time::timeout(limits::BODY_SILENCE, parts.next_field()).await;
    next.map_err(|_| body::silence())?.map_err(|_| body::cut_off())
}

async fn chunk(field: &mut Field<'_>) -> Result<Option<Bytes>, Refusal> {
    let chunk = tokio::time::timeout(limits::BODY_SILENCE, field.chunk()).await;
    chunk.map_err(|_| body::silence())?.map_err(|_| body::cut_off())
}

fn blob_refusal(error: BlobError, place: &str) -> Refusal {
    match error {
        BlobError::TooLarge { limit } => Refusal::too_large(place, limit),
        other => Error::unavailable(other).into(),
    }
}

fn file_refusal(problem: &FileProblem, place: &str) -> Refusal {
    let vi = match problem {
        FileProblem::Empty => "Tệp rỗng; hãy gửi lại tệp có nội dung.".to_owned(),
        FileProblem::Extension(name) => format!("Không nhận tệp \"{name}\"; chỉ nhận: {}.", sniff::ACCEPTED),
        FileProblem::Content { extension, found } => {
            format!("Nội dung là {found}, không phải \".{extension}\" như tên tệp; hãy gửi tệp gốc.")
        }
        FileProblem::Encoding => "Tệp chữ không phải UTF-8; hãy lưu lại bằng UTF-8.".to_owned(),
    };
    Refusal::new(
        StatusCode::BAD_REQUEST,
        Code::Invalid,
        Text::new(vi, problem.to_string()),
    )
    .about(place)
}

/// Publishes the files, executes, and takes back what the mutation did not come to use.
async fn run(edge: &Edge, prepared: Prepared, files: Vec<Arrived>, caller: Caller) -> GraphqlResponse {
    let now = edge.api.now();
    let arrived = files
        .into_iter()
        .map(|file| (file.staged, (file.name, file.content_type)));
    let (staged, told): (Vec<_>, Vec<_>) = arrived.unzip();
    let kept = match Kept::publish(&*edge.blobs, staged, PINNED, now).await {
        Ok(kept) => kept,
        Err(error) => return graphql::failed(Error::unavailable(error)),
    };
    let upload = |(one, (name, content_type)): (&Kept, (String, &str))| StagedFile {
        sha256: one.blob.sha256.clone(),
        size: one.blob.size,
        name,
        content_type: content_type.to_owned(),
    };
    let uploads = Uploads::new(kept.iter().zip(told).map(upload).collect());
    let request = prepared.request.data(caller.clone()).data(uploads.clone());
    let response = edge.api.execute(request, caller).await;
    if response.errors.is_empty() {
        for one in &kept {
            match uploads.is_spent(&one.blob.sha256) {
                true => one.take_back(&*edge.blobs, edge.api.as_ref(), now).await,
                false => one.release(&*edge.blobs).await,
            }
        }
    } else if !outcome_unknown(&response) {
        take_back(edge, &kept, now).await;
    }
    response
}

async fn take_back(edge: &Edge, kept: &[Kept], now: Timestamp) {
    for one in kept {
        one.take_back(&*edge.blobs, edge.api.as_ref(), now).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::Body;

    use super::*;

    /// A client that is always ready: what lies in the parser's memory when a piece of a file is handed on is bounded.
    #[tokio::test]
    async fn a_fast_client_does_not_fill_the_memory() {
        const PIECE: usize = 64 * 1024;
        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        let begin = Bytes::from_static(b"--b\r\nContent-Disposition: form-data; name=\"0\"\r\n\r\n");
        let end = Bytes::from_static(b"\r\n--b--\r\n");
        let pieces = std::iter::repeat_n(Bytes::from(vec![7; PIECE]), 1000);
        let body = std::iter::once(begin).chain(pieces).chain([end]).map(move |piece| {
            count.fetch_add(piece.len(), Ordering::Relaxed);
            Ok::<_, std::io::Error>(piece)
        });
        let body = Body::from_stream(futures::stream::iter(body)).into_data_stream();
        let mut parts = Multipart::new(in_bursts(Rest::of(body)), "b");
        let mut field = parts.next_field().await.unwrap().unwrap();
        let mut taken = 0;
        while let Some(chunk) = field.chunk().await.unwrap() {
            taken += chunk.len();
            let held = sent.load(Ordering::Relaxed) - taken;
            assert!(held <= 2 * (BURST_BYTES + PIECE), "{held} bytes are held after {taken}");
        }
        assert_eq!(taken, 1000 * PIECE);
    }
}
