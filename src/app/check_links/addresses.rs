//! Which addresses a round's documents have, and which of them come first.

use std::collections::BTreeSet;

use super::record::LinkRun;
use crate::app::App;
use crate::app::documents::{evidence_fields, streams};
use crate::app::error::Error;
use crate::app::reader::Reader;
use crate::app::row_sets::rows_of;
use crate::domain::evidence::{Evidence, EvidenceKind, Revision};
use crate::domain::link_check::LinkCheck;
use crate::domain::round::Round;
use crate::store::Document;

/// The addresses of the documents that stand in the dossiers of a run, each once, as the newest revisions have them: of pages, and
/// of published procedures.
pub(super) async fn addresses_of(app: &App, run: &LinkRun) -> Result<BTreeSet<String>, Error> {
    let read = Reader::new(app, &*app.store);
    let round = read
        .require::<Round>(&streams::round(&run.round), &run.round, "round")
        .await?;
    let mut found = BTreeSet::new();
    for unit in round
        .units
        .iter()
        .filter(|unit| run.unit.as_ref().is_none_or(|one| one == *unit))
    {
        let stream = streams::dossier(&run.round, unit);
        let standing = Evidence::query()
            .in_stream(&stream)
            .filter(evidence_fields::STATE.equal("ACTIVE"));
        let documents = read.every(standing).await?;
        let keys: Vec<String> = documents
            .iter()
            .map(|one| Revision::key_of(&one.id, one.revision))
            .collect();
        let revisions = read.get_all::<Revision>(&stream, &keys).await?;
        for (document, revision) in documents.iter().zip(revisions) {
            let Some(revision) = revision else { continue };
            found.extend(revision.content.url.clone());
            if document.kind == EvidenceKind::PublishedProcedures
                && let Some(rows) = rows_of(app, &revision.value).await?
            {
                found.extend(rows.iter().map(|row| row.value("url").to_owned()));
            }
        }
    }
    found.remove("");
    Ok(found)
}

/// So many of the addresses: those that were never fetched, then those that were fetched longest ago.
pub(super) async fn oldest_first(
    app: &App,
    round: &str,
    addresses: BTreeSet<String>,
    most: usize,
) -> Result<Vec<String>, Error> {
    let read = Reader::new(app, &*app.store);
    let keys: Vec<String> = addresses.iter().map(|address| LinkCheck::key_of(address)).collect();
    let checks = read.get_all::<LinkCheck>(&streams::links(round), &keys).await?;
    let checked_at = checks.iter().map(|check| check.as_ref().map(|check| check.checked_at));
    let mut found: Vec<_> = checked_at.zip(addresses).collect();
    found.sort();
    Ok(found.into_iter().take(most).map(|(_, address)| address).collect())
}
