//! What a ranking is computed from: the sealed dossiers of a round, and what was published of the year before.

use std::collections::BTreeMap;

use super::documents::{result_fields, streams};
use super::error::Error;
use super::reader::Reader;
use crate::domain::analysis::{LeafFindings, of_dossier};
use crate::domain::assessment::{Assessment, Review};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::evidence::Link;
use crate::domain::ranking::{Before, SealedSums, SealedUnit};
use crate::domain::round::{NodeRanking, RankingRow, Round};
use crate::domain::sheet::SheetNode;
use crate::store::{Document, StreamId};

/// The sealed dossiers; `None` when one is not sealed, or was never opened.
pub(super) async fn sealed_units(read: &Reader<'_>, round: &Round) -> Result<Option<Vec<SealedUnit>>, Error> {
    let mut units = Vec::with_capacity(round.units.len());
    for unit in &round.units {
        let stream = streams::dossier(&round.code, unit);
        // One moment: what is published of a dossier is what its sealed entry left behind, all of it.
        let snapshot = read.app().store.snapshot(std::slice::from_ref(&stream)).await?;
        let read = Reader::new(read.app(), &*snapshot);
        let Some(dossier) = read.get::<Dossier>(&stream, stream.key()).await? else {
            return Ok(None);
        };
        let dossier = dossier.value;
        if dossier.phase != DossierPhase::Sealed {
            return Ok(None);
        }
        let head = read.head(&stream).await?.ok_or(Error::NotFound { what: "dossier" })?;
        let framework = read.framework_of(&dossier.framework).await?;
        let sums = sealed_sums(&read, &stream).await?;
        let entry = (head.number, head.hash.to_string());
        let findings = findings(&read, &stream, &sums).await?;
        units.push(SealedUnit::of(round, dossier, entry, framework, &sums).with_findings(findings));
    }
    Ok(Some(units))
}

/// The documents of one moment of a dossier that its points follow from.
pub(super) async fn sealed_sums(read: &Reader<'_>, stream: &StreamId) -> Result<SealedSums, Error> {
    let sheets = read.all::<SheetNode>(stream).await?.into_iter();
    let leaves = read.all::<Assessment>(stream).await?.into_iter();
    let dossier = read.require::<Dossier>(stream, stream.key(), "dossier").await?;
    Ok(SealedSums {
        late: dossier.late_points().cloned(),
        sheets: sheets.map(|sheet| (sheet.value.node, sheet.value.ledgers)).collect(),
        leaves: leaves.map(|leaf| (leaf.value.criterion.clone(), leaf.value)).collect(),
    })
}

/// What reviews found in a dossier of one moment, by leaf.
pub(super) async fn findings(
    read: &Reader<'_>,
    stream: &StreamId,
    sums: &SealedSums,
) -> Result<BTreeMap<String, LeafFindings>, Error> {
    let links = read.all::<Link>(stream).await?;
    let reviews = read.all::<Review>(stream).await?;
    Ok(of_dossier(
        sums.leaves.values(),
        links.iter().map(|link| &link.value),
        reviews.iter().map(|review| &review.value),
    ))
}

/// The newest publication of a round.
pub(super) async fn published(read: &Reader<'_>, code: &str) -> Result<Before, Error> {
    let stream = streams::round(code);
    let round = read.require::<Round>(&stream, code, "round").await?;
    let Some(version) = round.published_version else {
        return Ok(Before::default());
    };
    let rows = RankingRow::query()
        .filter(result_fields::ROUND.equal(code))
        .filter(result_fields::PUBLICATION.equal(i64::from(version)));
    let rows = read.every(rows).await?.into_iter();
    let nodes = read.all::<NodeRanking>(&stream).await?.into_iter();
    Ok(Before {
        rows: rows.map(|row| (row.unit.clone(), row.value)).collect(),
        nodes: nodes
            .filter(|ranking| ranking.publication == version)
            .map(|ranking| ((ranking.group.clone(), ranking.node.clone()), ranking.value))
            .collect(),
    })
}
