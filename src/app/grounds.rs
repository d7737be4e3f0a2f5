//! What a decision to publish rests on besides the dossiers: minutes of the council, and appeals that a correction follows.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;

use super::error::Error;
use super::reader::Reader;
use crate::domain::appeal::{Appeal, AppealRef};
use crate::domain::council::{CouncilMeeting, CouncilMinutes, MinutesRef};
use crate::domain::rejection::Rejection;
use crate::domain::round::Round;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// Most appeals that one correction follows: they are written with the publication, and a commit holds 1,000 documents.
const MAX_FOLLOWED: usize = 500;

/// What a decision names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Grounds {
    /// Id of a meeting of the round's council.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting: Option<String>,
    /// Ids of the appeals that a correction follows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub appeals: Vec<String>,
}

/// What is named, as it is now.
pub struct FoundGrounds {
    minutes: Option<CouncilMinutes>,
    appeals: Vec<Appeal>,
}

/// The minutes of a meeting in their newest version.
pub(super) async fn newest_minutes(
    read: &Reader<'_>,
    round: &StreamId,
    meeting: &str,
) -> Result<CouncilMinutes, Error> {
    const WHAT: &str = "council meeting";
    let found = read.require::<CouncilMeeting>(round, meeting, WHAT).await;
    let found = found.map_err(|error| error.about("councilMeetingId"))?;
    let key = CouncilMinutes::key_of(meeting, found.newest);
    Ok(read.require::<CouncilMinutes>(round, &key, WHAT).await?.value)
}

impl Grounds {
    /// Looks up what is named in a round.
    pub(super) async fn load(&self, read: &Reader<'_>, round: &StreamId) -> Result<FoundGrounds, Error> {
        let minutes = match &self.meeting {
            Some(meeting) => Some(newest_minutes(read, round, meeting).await?),
            None => None,
        };
        let appeals = self.named_appeals(read, round).await?;
        Ok(FoundGrounds { minutes, appeals })
    }

    /// The appeals that are named, each once.
    async fn named_appeals(&self, read: &Reader<'_>, round: &StreamId) -> Result<Vec<Appeal>, Error> {
        if self.appeals.len() > MAX_FOLLOWED {
            return Err(Error::invalid(
                "appealIds",
                format!("Tối đa {MAX_FOLLOWED} kiến nghị."),
                format!("At most {MAX_FOLLOWED} appeals."),
            ));
        }
        let mut seen = BTreeSet::new();
        if let Some(index) = self.appeals.iter().position(|id| !seen.insert(id)) {
            return Err(Error::invalid(
                format!("appealIds.{index}"),
                "Kiến nghị được nêu hai lần; chỉ gửi một lần.",
                "The appeal is named twice; send it once.",
            ));
        }
        let found = read.get_all::<Appeal>(round, &self.appeals).await?;
        let known = |(index, appeal): (usize, Option<Versioned<Appeal>>)| {
            let missing = || Error::NotFound { what: "appeal" }.about(format!("appealIds.{index}"));
            Ok(appeal.ok_or_else(missing)?.value)
        };
        found.into_iter().enumerate().map(known).collect()
    }
}

impl FoundGrounds {
    /// The minutes that a decision of a day rests on: of that day or before, and there where the round's council decides.
    pub(super) fn council(&self, round: &Round, decision: Date) -> Result<Option<MinutesRef>, Error> {
        let Some(minutes) = &self.minutes else {
            let decides = round.appraisal.as_ref().is_some_and(|rules| rules.council_decides);
            return if decides {
                Err(Rejection::CouncilDecides.into())
            } else {
                Ok(None)
            };
        };
        let council = minutes.reference();
        let in_time = council.check_before(decision);
        in_time.map_err(|rejection| Error::from(rejection).about("councilMeetingId"))?;
        Ok(Some(council))
    }

    /// The appeals as a publication names them that follows them: each one upheld.
    pub(super) fn followed(&self) -> Result<Vec<AppealRef>, Error> {
        let upheld = |(index, appeal): (usize, &Appeal)| {
            appeal.upheld().ok_or_else(|| {
                let letter = appeal.letter.number.clone();
                Error::from(Rejection::AppealNotUpheld { letter }).about(format!("appealIds.{index}"))
            })
        };
        self.appeals.iter().enumerate().map(upheld).collect()
    }
}
