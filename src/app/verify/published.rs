//! Published lines against the sealed entries that they rest on.

use super::super::App;
use super::super::documents::{result_fields, streams};
use super::super::error::Error;
use super::super::rank_units::sealed_sums;
use super::super::reader::Reader;
use super::super::replay::Replay;
use crate::domain::appeal::Appeal;
use crate::domain::assessment::Assessment;
use crate::domain::council::{CouncilMeeting, CouncilMinutes, MinutesRef, Rests};
use crate::domain::dossier::Dossier;
use crate::domain::ranking::{Before, SealedUnit, rank_nodes, rank_totals};
use crate::domain::round::{NodeRanking, Publication, RankingRow, Round};
use crate::domain::sheet::SheetNode;
use crate::store::{Document, StreamId};

/// Ranks every publication of a round again, from each dossier as its sealed entry left it. The change from the year
/// before is not compared: that year may have been corrected since.
pub(super) async fn verify_published(read: &Reader<'_>, round: &StreamId) -> Result<Option<String>, Error> {
    // Who is listed as not ranked is settled when a round is opened.
    let settings = read.require::<Round>(round, round.key(), "round").await?.value;
    let published = settings.published_version.unwrap_or(0);
    if let Some(problem) = verify_appeals(read, round, published).await? {
        return Ok(Some(problem));
    }
    for publication in read.all::<Publication>(round).await? {
        let publication = publication.value;
        if let Some(problem) = verify_grounds(read, round, &settings, &publication).await? {
            return Ok(Some(format!("version {}: {problem}", publication.version)));
        }
        let query = RankingRow::query()
            .in_stream(round)
            .filter(result_fields::PUBLICATION.equal(i64::from(publication.version)));
        let mut rows: Vec<RankingRow> = read.every(query).await?.into_iter().map(|row| row.value).collect();
        let mut units = Vec::with_capacity(rows.len());
        for row in &rows {
            match sealed(read.app(), &settings, row).await? {
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

/// What a publication says that it rests on is there and says the same.
async fn verify_grounds(
    read: &Reader<'_>,
    stream: &StreamId,
    round: &Round,
    publication: &Publication,
) -> Result<Option<String>, Error> {
    for named in &publication.appeals {
        let key = Appeal::key_of(&named.unit, named.number);
        let appeal = read.get::<Appeal>(stream, &key).await?;
        let holds = |appeal: &Appeal| {
            appeal.upheld().as_ref() == Some(named) && appeal.followed_by.contains(&publication.version)
        };
        if !appeal.is_some_and(|appeal| holds(&appeal)) {
            return Ok(Some(format!("appeal {key} is not one that it could follow")));
        }
    }
    let Some(council) = &publication.council else {
        let decides = round.appraisal.as_ref().is_some_and(|rules| rules.council_decides);
        return Ok(decides.then(|| "it rests on no meeting of the council, which decides in this round".to_owned()));
    };
    if let Some(problem) = verify_minutes(read, stream, council).await? {
        return Ok(Some(problem));
    }
    let rests = Rests {
        publication: publication.version,
        minutes: council.edition,
    };
    let meeting = read.get::<CouncilMeeting>(stream, &council.meeting).await?;
    let is_named = meeting.is_some_and(|meeting| meeting.publications.contains(&rests));
    Ok((!is_named).then(|| "the meeting that it rests on does not name it".to_owned()))
}

/// Whether minutes are as something names them that rests on them.
async fn verify_minutes(read: &Reader<'_>, stream: &StreamId, council: &MinutesRef) -> Result<Option<String>, Error> {
    let key = CouncilMinutes::key_of(&council.meeting, council.edition);
    let minutes = read.get::<CouncilMinutes>(stream, &key).await?;
    Ok(minutes.is_none_or(|minutes| minutes.reference() != *council).then(|| {
        let what = format!("minutes {}, version {}", council.number, council.edition);
        format!("the council's {what} are not as it names them")
    }))
}

/// What appeals name is there: the publication that each is against, and the minutes that its answer rests on.
async fn verify_appeals(read: &Reader<'_>, stream: &StreamId, published: u32) -> Result<Option<String>, Error> {
    for appeal in read.all::<Appeal>(stream).await? {
        let named = appeal.followed_by.iter().chain([&appeal.publication]);
        if let Some(version) = named.into_iter().find(|version| !(1..=published).contains(*version)) {
            return Ok(Some(format!(
                "appeal {} names version {version}, which is not there",
                appeal.key()
            )));
        }
        let council = appeal.answer.as_ref().and_then(|answer| answer.council.as_ref());
        if let Some(council) = council
            && let Some(problem) = verify_minutes(read, stream, council).await?
        {
            return Ok(Some(format!("the answer to appeal {}: {problem}", appeal.key())));
        }
    }
    Ok(None)
}

/// A dossier as the entry left it that a published line names.
async fn sealed(app: &App, round: &Round, row: &RankingRow) -> Result<Result<SealedUnit, String>, Error> {
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
    let entry = (row.sealed_entry, row.sealed_hash.clone());
    Ok(Ok(SealedUnit::of(round, dossier, entry, framework, &sums)))
}
