//! Published lines against the sealed entries that they rest on.

use std::collections::BTreeSet;

use super::super::App;
use super::super::documents::{result_fields, streams};
use super::super::error::Error;
use super::super::measure_groups::{Measured, Stale};
use super::super::rank_units::{findings, sealed_sums};
use super::super::reader::Reader;
use super::super::replay::Replay;
use super::grounds::{verify_appeals, verify_grounds, verify_meetings};
use super::summaries;
use crate::domain::assessment::{Assessment, Review};
use crate::domain::dossier::Dossier;
use crate::domain::evidence::Link;
use crate::domain::ranking::{Before, SealedUnit, rank_nodes, rank_totals, summarise};
use crate::domain::round::{NodeRanking, Publication, RankingRow, Round};
use crate::domain::sheet::SheetNode;
use crate::store::{Document, StreamId};

/// Ranks every publication of a round again, from each dossier as its sealed entry left it. The change from the year
/// before is not compared: that year may have been corrected since.
pub(super) async fn verify_published(read: &Reader<'_>, round: &StreamId) -> Result<Option<String>, Error> {
    // Who is listed as not ranked is settled when a round is opened.
    let settings = read.require::<Round>(round, round.key(), "round").await?.value;
    let found = read.all::<Publication>(round).await?.into_iter();
    let publications: Vec<Publication> = found.map(|one| one.value).collect();
    if let Some(problem) = verify_appeals(read, round, &settings, &publications).await? {
        return Ok(Some(problem));
    }
    let mut ranked = BTreeSet::new();
    for publication in &publications {
        if let Some(problem) = verify_grounds(read, round, &settings, publication).await? {
            return Ok(Some(format!("version {}: {problem}", publication.version)));
        }
        if let Some(problem) = verify_version(read, round, (&settings, publication.version), &mut ranked).await? {
            return Ok(Some(problem));
        }
    }
    let versions: BTreeSet<u32> = publications.iter().map(|one| one.version).collect();
    // What an unfinished publication has written is not public: nothing names it yet.
    let rankings = read.all::<NodeRanking>(round).await?.into_iter();
    let mut public = rankings.filter(|ranking| versions.contains(&ranking.publication));
    if let Some(strange) = public.find(|ranking| !ranked.contains(&ranking.id())) {
        let what = format!(
            "version {}: the ranking of {} by {}",
            strange.publication, strange.group, strange.node
        );
        return Ok(Some(format!("{what} is one that nothing ranks")));
    }
    verify_meetings(read, round, &publications).await
}

/// Ranks one publication again. What it has rankings of is added to `ranked`.
async fn verify_version(
    read: &Reader<'_>,
    round: &StreamId,
    (settings, version): (&Round, u32),
    ranked: &mut BTreeSet<String>,
) -> Result<Option<String>, Error> {
    let units_of_round: BTreeSet<&str> = settings.units.iter().map(String::as_str).collect();
    let query = RankingRow::query()
        .in_stream(round)
        .filter(result_fields::PUBLICATION.equal(i64::from(version)));
    let mut rows: Vec<RankingRow> = read.every(query).await?.into_iter().map(|row| row.value).collect();
    if rows.iter().map(|row| row.unit.as_str()).collect::<BTreeSet<_>>() != units_of_round {
        let what = format!("version {}: its lines", version);
        return Ok(Some(format!("{what} are not those of the round's units")));
    }
    let mut units = Vec::with_capacity(rows.len());
    let mut measured = Measured::default();
    let mut are_whole = true;
    for row in &rows {
        match sealed(read.app(), settings, row, &mut measured).await? {
            Ok(sealed) => {
                are_whole &= sealed.has_reviews;
                units.push(sealed.unit);
            }
            Err(problem) => return Ok(Some(problem)),
        }
    }
    if let Some(Stale { unit, criterion }) = measured.stale() {
        let what = format!("version {}: what the group has in {criterion} of {unit}", version);
        return Ok(Some(format!("{what} is not what the sealed dossiers give")));
    }
    let mut again = rank_totals(version, &units, &Before::default());
    for row in rows.iter_mut().chain(&mut again) {
        row.percent_change = None;
        row.rank_change = None;
    }
    if let Some((row, _)) = rows.iter().zip(&again).find(|(row, again)| row != again) {
        let what = format!("version {}: the line of {}", version, row.unit);
        return Ok(Some(format!("{what} is not what its sealed dossier gives")));
    }
    let nodes = rank_nodes(version, &units, &Before::default());
    let summaries = summarise(version, &units, &again, &nodes);
    if let Some(problem) = summaries::differing(read, round, version, summaries, are_whole).await? {
        return Ok(Some(problem));
    }
    for again in nodes {
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
        ranked.insert(again.id());
    }
    Ok(None)
}

/// A dossier as its sealed entry left it.
struct Sealed {
    unit: SealedUnit,
    /// Whether every link and review can still be read: redacted ones are left out of what is counted.
    has_reviews: bool,
}

/// A dossier as the entry left it that a published line names.
async fn sealed(
    app: &App,
    round: &Round,
    row: &RankingRow,
    measured: &mut Measured,
) -> Result<Result<Sealed, String>, Error> {
    let stream = streams::dossier(&row.round, &row.unit);
    let replay = Replay::to_entry(&app.store, &stream, row.sealed_entry).await?;
    let is_named = |replay: &Replay| {
        let head = replay.last();
        head.number == row.sealed_entry && head.hash.to_string() == row.sealed_hash
    };
    let Some(replay) = replay.filter(is_named) else {
        return Ok(Err(format!(
            "the line of {} names a sealed entry that is not there",
            row.unit
        )));
    };
    let ranked = [Dossier::COLLECTION, SheetNode::COLLECTION, Assessment::COLLECTION].map(|ranked| ranked.name);
    let mut redacted = replay.redacted().iter();
    if let Some(document) = redacted.find(|document| ranked.contains(&document.collection.as_str())) {
        let what = format!("{}/{} has been redacted", document.collection, document.id);
        return Ok(Err(format!("the line of {} cannot be ranked again: {what}", row.unit)));
    }
    let read = Reader::new(app, &replay);
    let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?.value;
    let framework = read.framework_of(&dossier.framework).await?;
    let sums = sealed_sums(&read, &stream).await?;
    measured.add(&read, round, &row.unit).await?;
    let entry = (row.sealed_entry, row.sealed_hash.clone());
    let judged = [Link::COLLECTION, Review::COLLECTION].map(|judged| judged.name);
    let mut redacted = replay.redacted().iter();
    let found = findings(&read, &stream, &sums).await?;
    Ok(Ok(Sealed {
        unit: SealedUnit::of(round, dossier, entry, framework, &sums).with_findings(found),
        has_reviews: !redacted.any(|document| judged.contains(&document.collection.as_str())),
    }))
}
