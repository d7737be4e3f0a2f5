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
use crate::store::typed::Versioned;
use crate::store::{MAX_BODY_BYTES, StreamId};

/// Most appeals that one correction follows: they are written with the publication, and a commit holds 1,000 documents.
const MAX_FOLLOWED: usize = 500;

/// Most bytes, as JSON, of a decision with the appeals that it follows (6 MiB): they are written in one commit, of 8 MiB, in
/// which the round with all its units needs room, too.
const MAX_DECISION_BYTES: usize = 6 * 1024 * 1024;

/// Most bytes, as JSON, of an appeal that a correction follows: a stored body without 1 KiB, in which the number of the
/// correction and what a store adds find room.
const MAX_FOLLOWED_BYTES: usize = MAX_BODY_BYTES - 1024;

/// What a decision names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Grounds {
    /// Id of a version of the minutes of the round's council.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<String>,
    /// Ids of the appeals that a correction follows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub appeals: Vec<String>,
}

/// What is named, as it is now.
pub struct FoundGrounds {
    minutes: Option<NamedMinutes>,
    appeals: Vec<Appeal>,
}

/// The input that names minutes.
const MINUTES_FIELD: &str = "councilMinutesId";

/// Minutes that are named, and the newest version that their meeting has.
pub struct NamedMinutes {
    minutes: CouncilMinutes,
    newest: u32,
}

impl NamedMinutes {
    /// Looks up a version of the minutes of a meeting.
    pub(super) async fn load(read: &Reader<'_>, round: &StreamId, id: &str) -> Result<Self, Error> {
        const WHAT: &str = "council minutes";
        let minutes = read.require::<CouncilMinutes>(round, id, WHAT).await;
        let minutes = minutes.map_err(|error| error.about(MINUTES_FIELD))?.value;
        let meeting = read.require::<CouncilMeeting>(round, &minutes.meeting, WHAT).await?;
        let newest = meeting.newest;
        Ok(Self { minutes, newest })
    }

    /// The minutes as something of a day names them that rests on them: who decided has read what they say now, and the
    /// council had met.
    pub(super) fn rested_on(&self, day: Date) -> Result<MinutesRef, Error> {
        let council = self.minutes.reference();
        let holds = council
            .check_newest(self.newest)
            .and_then(|()| council.check_before(day));
        holds.map_err(|rejection| Error::from(rejection).about(MINUTES_FIELD))?;
        Ok(council)
    }

    /// The same for the answer to a letter: the council met when it had the letter, or later.
    pub(super) fn answering(&self, asked: Date, answered: Date) -> Result<MinutesRef, Error> {
        let council = self.rested_on(answered)?;
        let after = council.check_after(asked);
        after.map_err(|rejection| Error::from(rejection).about(MINUTES_FIELD))?;
        Ok(council)
    }
}

impl Grounds {
    /// Looks up what is named in a round.
    pub(super) async fn load(&self, read: &Reader<'_>, round: &StreamId) -> Result<FoundGrounds, Error> {
        let minutes = match &self.minutes {
            Some(id) => Some(NamedMinutes::load(read, round, id).await?),
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
        minutes.rested_on(decision).map(Some)
    }

    /// Whether the publication can be written together with the appeals that it follows: told when it is asked for, because
    /// the job that publishes could only fail.
    pub(super) fn check_room(&self, closing: &Closing) -> Result<(), Error> {
        if self.appeals.is_empty() {
            return Ok(());
        }
        let length = |error| Error::Internal(Box::new(error));
        let mut bytes = serde_json::to_vec(closing).map_err(length)?.len();
        for (index, appeal) in self.appeals.iter().enumerate() {
            let own = serde_json::to_vec(appeal).map_err(length)?.len();
            if own > MAX_FOLLOWED_BYTES {
                return Err(Error::TooLarge {
                    field: format!("appealIds.{index}"),
                    message: Text::new(
                        "Kiến nghị này quá dài để ghi thêm lần đính chính; hãy bỏ khỏi appealIds và nêu trong correction.",
                        "This appeal is too long to name a correction as well; leave it out, and name it in correction.",
                    ),
                });
            }
            bytes += own;
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

    /// The appeals as a publication names them that follows them: each one upheld, and answered by the day of the decision.
    pub(super) fn followed(&self, decision: Date) -> Result<Vec<AppealRef>, Error> {
        let answers = self.appeals.iter().filter_map(|appeal| appeal.answer.as_ref());
        if let Some(late) = answers
            .map(|answer| &answer.letter)
            .find(|letter| letter.dated > decision)
        {
            let (letter, dated) = (late.number.clone(), late.dated);
            return Err(Error::from(Rejection::DecisionBeforeAnswer { letter, dated }).about("decisionDate"));
        }
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
        assert!(room(&[1_000_000; 6]).is_ok());
        let refused = room(&[1_000_000; 7]).unwrap_err();
        assert_eq!(refused.field(), Some("appealIds"));
        assert!(matches!(refused, Error::TooLarge { .. }));
        // One that fills a body alone has no room for the number of the correction.
        assert!(room(&[1_047_000]).is_ok());
        let refused = room(&[1_000, 1_048_000]).unwrap_err();
        assert_eq!(refused.field(), Some("appealIds.1"));
        assert!(matches!(refused, Error::TooLarge { .. }));
    }
}
