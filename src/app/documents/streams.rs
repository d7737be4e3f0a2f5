//! Names of streams.

use crate::domain::dossier::Dossier;
use crate::store::StreamId;

/// The register of units: one stream, because units form one tree.
pub fn units() -> StreamId {
    StreamId::new("register", "units")
}

/// An account and its grants.
pub fn user(login: &str) -> StreamId {
    StreamId::new("user", login)
}

/// A framework version; its id is the stream's key.
pub fn framework(code: &str, version: &str) -> StreamId {
    StreamId::new("framework", &format!("{code}@{version}"))
}

/// A column mapping with all its versions.
pub fn mapping(code: &str) -> StreamId {
    StreamId::new("mapping", code)
}

/// An index that others publish, with its editions and figures.
pub fn index(code: &str) -> StreamId {
    StreamId::new("index", code)
}

/// The evaluation of cases in a year, of all units: one stream, because one file is about all of them.
pub fn cases(year: i16) -> StreamId {
    StreamId::new("case_evaluation", &format!("{year:04}"))
}

/// A questionnaire version; its id is the stream's key.
pub fn questionnaire(code: &str, version: &str) -> StreamId {
    StreamId::new("questionnaire", &format!("{code}@{version}"))
}

/// A conclusion, with what it cites and what it asks of each unit.
pub fn conclusion(code: &str) -> StreamId {
    StreamId::new("conclusion", code)
}

pub fn round(code: &str) -> StreamId {
    StreamId::new("round", code)
}

pub fn dossier(round: &str, unit: &str) -> StreamId {
    StreamId::new("dossier", &Dossier::key(round, unit))
}

/// Whether a stream is a dossier's.
pub fn is_dossier(stream: &StreamId) -> bool {
    stream.kind() == "dossier"
}

pub fn job(id: &str) -> StreamId {
    StreamId::new("job", id)
}

/// The checks of the links of a round's documents: a stream of their own, so that no dossier goes on by them.
pub fn links(round: &str) -> StreamId {
    StreamId::new("links", round)
}

/// The passes over all files: one stream, because one process at a time reads them again.
pub fn fixity() -> StreamId {
    StreamId::new("fixity", "files")
}
