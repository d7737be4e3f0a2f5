//! Opaque ids and cursors: what they hold is the server's business.

use async_graphql::ID;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::error::Error;
use crate::store::{Cursor, Digest};

/// The opaque id of an object.
pub fn encode(kind: &str, key: &str) -> ID {
    ID(URL_SAFE_NO_PAD.encode(format!("{kind}:{key}")))
}

/// Kind and key of an id; `None` if it is not one of ours.
pub fn decode(id: &str) -> Option<(String, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let (kind, key) = text.split_once(':')?;
    Some((kind.to_owned(), key.to_owned()))
}

/// The opaque id of something that lies in a dossier.
pub fn encode_part(kind: &str, dossier: &str, part: &str) -> ID {
    encode(kind, &format!("{dossier}/{part}"))
}

/// Round, unit and own key of something that lies in a dossier.
pub fn split_part(key: &str) -> Option<(&str, &str, &str)> {
    let (round, rest) = key.split_once('/')?;
    let (unit, part) = rest.split_once('/')?;
    Some((round, unit, part))
}

/// The own key of something that has to lie in that dossier. An id of another kind or another dossier names nothing
/// there: its key is empty, which no object has, so that the gate answers `NOT_FOUND` after it has looked at the rights.
pub fn part_of(kind: &str, round: &str, unit: &str, id: &ID) -> String {
    decode(id)
        .filter(|(found, _)| found == kind)
        .and_then(|(_, key)| {
            let (in_round, of_unit, part) = split_part(&key)?;
            (in_round == round && of_unit == unit).then(|| part.to_owned())
        })
        .unwrap_or_default()
}

/// The own key of something that has to lie in that round and in none of its dossiers; empty for any other id, as with
/// [`part_of`].
pub fn in_round(kind: &str, round: &str, id: &ID) -> String {
    let key = decode(id).filter(|(found, _)| found == kind).map(|(_, key)| key);
    let part = key
        .as_deref()
        .and_then(|key| key.strip_prefix(round)?.strip_prefix('/'));
    part.unwrap_or_default().to_owned()
}

/// The cursors of one query.
#[derive(Clone, Copy)]
pub struct CursorsOf {
    /// The query's tag in hexadecimal.
    tag: [u8; 16],
}

/// What a cursor takes as JSON (bytes), nearly always; only memory is reserved by it.
const TYPICAL_CURSOR: usize = 192;

impl CursorsOf {
    /// A query, named by everything that decides what its pages hold and in which order.
    pub fn query(query: &str) -> Self {
        let mut tag = [0; 16];
        let digest = Digest::of(&[query.as_bytes()]);
        // The slice has just the room that eight bytes need.
        let _ = hex::encode_to_slice(&digest.0[..8], &mut tag);
        Self { tag }
    }

    fn tag(&self) -> &str {
        std::str::from_utf8(&self.tag).unwrap_or_default()
    }

    /// A cursor, bound to the query.
    pub fn encode(self, cursor: &Cursor) -> String {
        #[derive(serde::Serialize)]
        struct Bound<'a> {
            c: &'a Cursor,
            q: &'a str,
        }
        let mut json = Vec::with_capacity(TYPICAL_CURSOR);
        let bound = Bound {
            c: cursor,
            q: self.tag(),
        };
        // Memory takes everything, and a cursor has a JSON form.
        let _ = serde_json::to_writer(&mut json, &bound);
        URL_SAFE_NO_PAD.encode(json)
    }
}

/// The place that a cursor names; `field` is the argument that it was sent in.
///
/// # Errors
/// [`Error::Invalid`] for anything that is not a cursor of this query.
pub fn decode_cursor(query: &str, field: &str, text: Option<&str>) -> Result<Option<Cursor>, Error> {
    #[derive(serde::Deserialize)]
    struct Bound {
        q: String,
        c: Cursor,
    }
    let Some(text) = text else { return Ok(None) };
    let read = || serde_json::from_slice::<Bound>(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    match read() {
        Some(bound) if bound.q == CursorsOf::query(query).tag() => Ok(Some(bound.c)),
        Some(_) | None => Err(Error::invalid(
            field,
            "Con trỏ không thuộc truy vấn này; bắt đầu lại từ trang đầu.",
            "Not a cursor of this query; start again from the first page.",
        )),
    }
}
