//! The appraisal council (hội đồng thẩm định) of a round: its meetings, and their minutes (biên bản) in versions.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::evidence::FileRef;
use super::rejection::Rejection;

/// What somebody is in the council.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CouncilRole {
    /// Chủ tịch hội đồng.
    Chair,
    /// Phó chủ tịch thường trực.
    StandingViceChair,
    /// Thư ký.
    Secretary,
    /// Ủy viên.
    Member,
}

/// Somebody who was present at a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CouncilMember {
    /// As in the minutes; members of a council need no account.
    pub name: String,
    pub role: CouncilRole,
}

/// What the council decided about one unit, or one criterion of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CouncilDecision {
    /// Code of the unit.
    pub unit: String,
    /// Code of a field, criterion or leaf; absent for the unit as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criterion: Option<String>,
    pub text: String,
}

/// A meeting of a round's council: what stays the same over the versions of its minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CouncilMeeting {
    pub id: String,
    pub round: String,
    /// The newest version of the minutes, from 1.
    pub newest: u32,
    /// The day of the meeting, as the first version has it: meetings are listed by it, and what stands in a list tells nothing
    /// of a version that is not public.
    pub held_on: Date,
    /// The publications that rest on it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publications: Vec<Rests>,
}

/// That a publication rests on a version of the minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rests {
    /// Number of the publication.
    pub publication: u32,
    /// Version of the minutes.
    pub minutes: u32,
}

impl CouncilMeeting {
    /// The version of the minutes that is public: of the newest publication that rests on the meeting.
    pub fn published_version(&self) -> Option<u32> {
        self.publications.last().map(|rests| rests.minutes)
    }
}

/// One version of a meeting's minutes; none is ever changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CouncilMinutes {
    /// Id of the meeting.
    pub meeting: String,
    /// Number of the version, from 1.
    pub edition: u32,
    /// Number and symbol: `45/BB-HĐTĐ`.
    pub number: String,
    pub held_on: Date,
    /// Name of who chaired; one of those present.
    pub chaired_by: String,
    pub present: Vec<CouncilMember>,
    /// What the council concluded, in words.
    pub conclusion: String,
    /// What it decided about single units, in the order of the minutes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<CouncilDecision>,
    /// The minutes themselves.
    pub files: Vec<FileRef>,
    pub recorded_at: Timestamp,
    pub recorded_by: String,
    /// Why they were corrected; absent for the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl CouncilMinutes {
    /// The minutes as a decision names them.
    pub fn reference(&self) -> MinutesRef {
        MinutesRef {
            meeting: self.meeting.clone(),
            edition: self.edition,
            number: self.number.clone(),
            held_on: self.held_on,
            files: self.files.iter().map(|file| file.sha256.clone()).collect(),
        }
    }

    /// The id of a version: `meeting~version`.
    pub fn key_of(meeting: &str, version: u32) -> String {
        format!("{meeting}~{version}")
    }
}

/// The minutes that a decision rests on, as they were then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MinutesRef {
    /// Id of the meeting.
    pub meeting: String,
    /// Number of the version.
    pub edition: u32,
    /// Number and symbol.
    pub number: String,
    pub held_on: Date,
    /// SHA-256 of each file, hexadecimal.
    pub files: Vec<String>,
}

impl MinutesRef {
    /// What rests on minutes rests on their newest version: whoever names an older one has not read what they say now.
    ///
    /// # Errors
    /// [`Rejection::MinutesCorrected`] for an older one.
    pub fn check_newest(&self, newest: u32) -> Result<(), Rejection> {
        match self.edition == newest {
            true => Ok(()),
            false => Err(Rejection::MinutesCorrected {
                number: self.number.clone(),
                named: self.edition,
                newest,
            }),
        }
    }

    /// An answer rests on a meeting of the day of the letter or of one after it.
    ///
    /// # Errors
    /// [`Rejection::MeetingBeforeLetter`] for an earlier meeting.
    pub fn check_after(&self, letter: Date) -> Result<(), Rejection> {
        match self.held_on >= letter {
            true => Ok(()),
            false => Err(Rejection::MeetingBeforeLetter {
                number: self.number.clone(),
                held_on: self.held_on,
                letter,
            }),
        }
    }

    /// A decision of a day rests on a meeting of that day or of one before.
    ///
    /// # Errors
    /// [`Rejection::MeetingAfterDecision`] for a later meeting.
    pub fn check_before(&self, decision: Date) -> Result<(), Rejection> {
        match self.held_on <= decision {
            true => Ok(()),
            false => Err(Rejection::MeetingAfterDecision {
                number: self.number.clone(),
                held_on: self.held_on,
            }),
        }
    }
}
