//! What publications and appeals rest on, and what names them, in both directions.

use jiff::tz::TimeZone;

use super::super::error::Error;
use super::super::keep_appeals::appeal_deadline;
use super::super::reader::Reader;
use crate::domain::appeal::Appeal;
use crate::domain::council::{CouncilMeeting, CouncilMinutes, MinutesRef, Rests};
use crate::domain::round::{Publication, Round};
use crate::store::StreamId;

/// What a publication says that it rests on is there and says the same.
pub(super) async fn verify_grounds(
    read: &Reader<'_>,
    stream: &StreamId,
    round: &Round,
    publication: &Publication,
) -> Result<Option<String>, Error> {
    for named in &publication.appeals {
        let key = Appeal::key_of(&named.unit, named.number);
        let appeal = read.get::<Appeal>(stream, &key).await?;
        let holds = |appeal: &Appeal| {
            let by_then = |dated| dated <= publication.decision_date;
            appeal.upheld().as_ref() == Some(named)
                && appeal.followed_by.contains(&publication.version)
                && appeal
                    .answer
                    .as_ref()
                    .is_some_and(|answer| by_then(answer.letter.dated))
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
    if council.check_before(publication.decision_date).is_err() {
        return Ok(Some(
            "the meeting that it rests on was held after its decision".to_owned(),
        ));
    }
    let meeting = read.get::<CouncilMeeting>(stream, &council.meeting).await?;
    let is_named = meeting.is_some_and(|meeting| meeting.publications.contains(&rests(publication, council)));
    Ok((!is_named).then(|| "the meeting that it rests on does not name it".to_owned()))
}

/// That a publication rests on minutes, as their meeting says it.
fn rests(publication: &Publication, council: &MinutesRef) -> Rests {
    Rests {
        publication: publication.version,
        minutes: council.edition,
    }
}

/// Each publication that a meeting names rests on it, and is named once: what is public of a meeting follows from that.
pub(super) async fn verify_meetings(
    read: &Reader<'_>,
    stream: &StreamId,
    publications: &[Publication],
) -> Result<Option<String>, Error> {
    for meeting in read.all::<CouncilMeeting>(stream).await? {
        let names = |publication: &Publication, named: &Rests| {
            let council = publication.council.as_ref();
            council.is_some_and(|council| council.meeting == meeting.id && rests(publication, council) == *named)
        };
        let is_there = |named: &Rests| publications.iter().any(|publication| names(publication, named));
        let once = meeting
            .publications
            .is_sorted_by(|one, next| one.publication < next.publication);
        if !once || !meeting.publications.iter().all(is_there) {
            return Ok(Some(format!(
                "council meeting {} names publications that do not rest on it",
                meeting.id
            )));
        }
    }
    Ok(None)
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

/// What appeals name is there and names them: the publication that each is against, in time, those that follow it, and the
/// minutes that its answer rests on.
pub(super) async fn verify_appeals(
    read: &Reader<'_>,
    stream: &StreamId,
    round: &Round,
    publications: &[Publication],
) -> Result<Option<String>, Error> {
    let published = |version: u32| publications.iter().find(|one| one.version == version);
    for appeal in read.all::<Appeal>(stream).await? {
        let key = appeal.key();
        let mut named = appeal.followed_by.iter().chain([&appeal.publication]);
        if let Some(version) = named.find(|version| published(**version).is_none()) {
            return Ok(Some(format!(
                "appeal {key} names version {version}, which is not there"
            )));
        }
        let follows = |version: &u32| {
            let names = |one: &Publication| {
                one.appeals
                    .iter()
                    .any(|named| Appeal::key_of(&named.unit, named.number) == key)
            };
            published(*version).is_some_and(names)
        };
        let once = appeal.followed_by.is_sorted_by(|one, next| one < next);
        if !once || !appeal.followed_by.iter().all(follows) {
            return Ok(Some(format!("appeal {key} names versions that do not follow it")));
        }
        let deadline = match published(appeal.publication) {
            Some(publication) => appeal_deadline(round, publication)?,
            None => None,
        };
        if deadline.is_none_or(|(_, end)| appeal.filed_at >= end) {
            return Ok(Some(format!("appeal {key} was not filed in time")));
        }
        if let Some(problem) = verify_answer(read, stream, round, &appeal).await? {
            return Ok(Some(format!("the answer to appeal {key}: {problem}")));
        }
    }
    Ok(None)
}

/// Whether an answer was given between the letter and the day on which it was recorded, on minutes of that time.
async fn verify_answer(
    read: &Reader<'_>,
    stream: &StreamId,
    round: &Round,
    appeal: &Appeal,
) -> Result<Option<String>, Error> {
    let Some(answer) = &appeal.answer else {
        return Ok(None);
    };
    if let Some(council) = &answer.council
        && let Some(problem) = verify_minutes(read, stream, council).await?
    {
        return Ok(Some(problem));
    }
    let (asked, answered) = (appeal.letter.dated, answer.letter.dated);
    let zone = TimeZone::get(&round.time_zone).map_err(|error| Error::Internal(Box::new(error)))?;
    if answered < asked || answered > zone.to_datetime(answer.at).date() {
        return Ok(Some("it is dated at a time at which it was not given".to_owned()));
    }
    let in_between = |council: &MinutesRef| council.check_after(asked).and(council.check_before(answered)).is_ok();
    Ok((!answer.council.iter().all(in_between))
        .then(|| "the meeting that it rests on was not between the letter and it".to_owned()))
}
