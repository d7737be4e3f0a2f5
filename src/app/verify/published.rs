//! Published lines against the sealed entries that they rest on.

use std::collections::BTreeMap;

use super::super::documents::{result_fields, streams};
use super::super::error::Error;
use super::super::reader::Reader;
use crate::domain::assessment::Assessment;
use crate::domain::dossier::Dossier;
use crate::domain::ranking::{Before, SealedUnit, rank_nodes, rank_totals};
use crate::domain::round::{NodeRanking, Publication, RankingRow};
use crate::domain::sheet::SheetNode;
use crate::store::entry::EntryDocument;
use crate::store::{Document, MAX_PAGE, StoreError, StreamId};

/// Ranks every publication of a round again, from each dossier as its sealed entry left it. The change from the year
/// before is not compared: that year may have been corrected since.
pub(super) async fn verify_published(read: &Reader<'_>, round: &StreamId) -> Result<Option<String>, Error> {
    for publication in read.all::<Publication>(round).await? {
        let publication = publication.value;
        let query = RankingRow::query()
            .in_stream(round)
            .filter(result_fields::PUBLICATION.equal(i64::from(publication.version)));
        let mut rows: Vec<RankingRow> = read.every(query).await?.into_iter().map(|row| row.value).collect();
        let mut units = Vec::with_capacity(rows.len());
        for row in &rows {
            match sealed(read, row).await? {
                Ok(unit) => units.push(unit),
                Err(problem) => return Ok(Some(problem)),
            }
        }
        let mut again = rank_totals(publication.version, &units, &Before::default());
        for row in rows.iter_mut().chain(&mut again) {
            row.percent_change = None;
            row.rank_change = None;
        }
        if let Some((row, _)) = rows.iter().zip(&again).find(|(row, again)| row != again) {
            let what = format!("version {}: the line of {}", publication.version, row.unit);
            return Ok(Some(format!("{what} is not what its sealed dossier gives")));
        }
        for again in rank_nodes(publication.version, &units, &Before::default()) {
            let found = read.get::<NodeRanking>(round, &again.id()).await?;
            let mut found = found.map(|ranking| ranking.value);
            for line in found.iter_mut().flat_map(|ranking| &mut ranking.lines) {
                line.percent_change = None;
                line.rank_change = None;
            }
            if found.as_ref() != Some(&again) {
                let what = format!(
                    "version {}: the ranking of {} by {}",
                    again.publication, again.group, again.node
                );
                return Ok(Some(format!("{what} is not what the sealed dossiers give")));
            }
        }
    }
    Ok(None)
}

/// A dossier as the entry left it that a published line names.
async fn sealed(read: &Reader<'_>, row: &RankingRow) -> Result<Result<SealedUnit, String>, Error> {
    let stream = streams::dossier(&row.round, &row.unit);
    let mut dossier: Option<EntryDocument> = None;
    let mut sheets: BTreeMap<String, EntryDocument> = BTreeMap::new();
    let mut leaves: BTreeMap<String, EntryDocument> = BTreeMap::new();
    let mut hash = None;
    let mut next = 1;
    while next <= row.sealed_entry {
        let entries = read.entries(&stream, next, MAX_PAGE).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries.into_iter().filter(|entry| entry.number <= row.sealed_entry) {
            hash = (entry.number == row.sealed_entry).then(|| entry.hash.to_string());
            for document in entry.documents {
                if document.collection == Dossier::COLLECTION.name {
                    dossier = Some(document);
                } else if document.collection == SheetNode::COLLECTION.name {
                    sheets.insert(document.id.clone(), document);
                } else if document.collection == Assessment::COLLECTION.name {
                    leaves.insert(document.id.clone(), document);
                }
            }
        }
        next += MAX_PAGE as u64;
    }
    let (Some(hash), Some(dossier)) = (hash.filter(|hash| *hash == row.sealed_hash), dossier) else {
        return Ok(Err(format!(
            "the line of {} names a sealed entry that is not there",
            row.unit
        )));
    };
    let dossier: Dossier = body(&dossier)?;
    let framework = read.framework_of(&dossier.framework).await?;
    let mut nodes = BTreeMap::new();
    for sheet in sheets.values() {
        let sheet: SheetNode = body(sheet)?;
        nodes.insert(sheet.node, sheet.ledgers);
    }
    for leaf in leaves.values() {
        let leaf: Assessment = body(leaf)?;
        nodes.insert(leaf.criterion, leaf.ledgers);
    }
    Ok(Ok(SealedUnit {
        entry: row.sealed_entry,
        hash,
        nodes,
        framework,
        dossier,
    }))
}

fn body<D: Document>(document: &EntryDocument) -> Result<D, StoreError> {
    let redacted = || {
        StoreError::Corrupt(format!(
            "{}/{} has no body in its entry",
            document.collection, document.id
        ))
    };
    D::from_body(document.body.as_ref().ok_or_else(redacted)?)
}
