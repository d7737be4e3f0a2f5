//! What a decision to publish rests on besides the dossiers: minutes of the council, and appeals that a correction follows.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;

use super::error::Error;
use super::reader::Reader;
use crate::domain::appeal::{Appeal, AppealRef};
use crate::domain::council::{CouncilMeeting, CouncilMinutes, MinutesRef};
use crate::domain::rejection::Rejection;
use crate::domain::round::{Closing, Round};
use crate::domain::text::Text;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// Most appeals that one correction follows: they are written with the publication, and a commit holds 1,000 documents.
const MAX_FOLLOWED: usize = 500;

/// Most bytes, as JSON, of a decision with the appeals that it follows (6 MiB): they are written in one commit, of 8 MiB, in
/// which the round with all its units needs room, too.
const MAX_DECISION_BYTES: usize = 6 * 1024 * 1024;

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

    /// Whether the publication can be written together with the appeals that it follows: told when it is asked for, because
    /// the job that publishes could only fail.
    pub(super) fn check_room(&self, closing: &Closing) -> Result<(), Error> {
        if self.appeals.is_empty() {
            return Ok(());
        }
        let length = |error| Error::Internal(Box::new(error));
        let mut bytes = serde_json::to_vec(closing).map_err(length)?.len();
        for appeal in &self.appeals {
            bytes += serde_json::to_vec(appeal).map_err(length)?.len();
        }
        if bytes <= MAX_DECISION_BYTES {
            return Ok(());
        }
        Err(Error::TooLarge {
            field: "appealIds".to_owned(),
            message: Text::new(
                "Quyết định cùng các kiến nghị quá lớn cho một lần đính chính; hãy chia thành nhiều lần.",
                "The decision with its appeals is too large for one correction; make it several.",
            ),
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::appeal::{AppealGround, Letter};

    /// An appeal whose reason has so many bytes.
    fn appeal(bytes: usize) -> Appeal {
        Appeal {
            round: "R".to_owned(),
            unit: "U".to_owned(),
            number: 1,
            publication: 1,
            letter: Letter {
                number: "1/U".to_owned(),
                dated: "2020-03-01".parse().unwrap(),
                files: Vec::new(),
            },
            grounds: vec![AppealGround {
                criterion: "1.1".to_owned(),
                reason: "r".repeat(bytes),
            }],
            filed_at: jiff::Timestamp::UNIX_EPOCH,
            filed_by: "head".to_owned(),
            answer: None,
            followed_by: Vec::new(),
        }
    }

    #[test]
    fn a_correction_and_the_appeals_that_it_follows_fit_into_a_commit() {
        let closing = Closing {
            decision_number: "1/QĐ".to_owned(),
            decision_date: "2020-03-01".parse().unwrap(),
            correction: None,
            unverified: Vec::new(),
            council: None,
            appeals: Vec::new(),
        };
        let room = |lengths: &[usize]| {
            let appeals = lengths.iter().map(|bytes| appeal(*bytes)).collect();
            let found = FoundGrounds { minutes: None, appeals };
            found.check_room(&closing)
        };
        assert!(room(&[]).is_ok());
        assert!(room(&[2_000_000, 2_000_000, 2_000_000]).is_ok());
        let refused = room(&[2_000_000, 2_000_000, 2_300_000]).unwrap_err();
        assert_eq!(refused.field(), Some("appealIds"));
        assert!(matches!(refused, Error::TooLarge { .. }));
    }
}
