//! A round: one assessment of many units by one owner unit, a framework per unit type, and what it publishes.

mod published;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::appeal::AppealRef;
use super::calendar::Calendar;
use super::council::MinutesRef;
use super::dossier::DossierPhase;
use super::second_person::AppraisalRules;
use super::text::Text;

pub use published::*;

/// Where a round stands. It only says what is wanted; each dossier carries its own phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoundPhase {
    /// A job creates the dossiers.
    Opening,
    SelfAssessment,
    /// A job moves every dossier to the next phase.
    Advancing,
    /// A job carries new dates into every dossier.
    Rescheduling,
    /// A job measures what all units have, for rules that compare them, and brings it into every dossier.
    Measuring,
    /// The first round of appraisal, or the only one.
    Appraisal,
    /// Between two rounds: units explain what the first one found.
    Explanation,
    /// The second round decides.
    SecondAppraisal,
    /// A job seals every dossier; nothing may be written to a sealed one.
    Closing,
    Published,
}

impl RoundPhase {
    /// The name used in the API and in projected fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opening => "OPENING",
            Self::SelfAssessment => "SELF_ASSESSMENT",
            Self::Advancing => "ADVANCING",
            Self::Rescheduling => "RESCHEDULING",
            Self::Measuring => "MEASURING",
            Self::Appraisal => "APPRAISAL",
            Self::Explanation => "EXPLANATION",
            Self::SecondAppraisal => "SECOND_APPRAISAL",
            Self::Closing => "CLOSING",
            Self::Published => "PUBLISHED",
        }
    }

    /// Whether a job carries the round's wish into the dossiers.
    pub fn is_moving(self) -> bool {
        match self {
            Self::Opening | Self::Advancing | Self::Rescheduling | Self::Measuring | Self::Closing => true,
            Self::SelfAssessment | Self::Appraisal | Self::Explanation | Self::SecondAppraisal | Self::Published => {
                false
            }
        }
    }
}

/// When a unit sees what appraisers found of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnitsSee {
    /// As it is found.
    AtOnce,
    /// When that round of appraisal is over: the second one is when its results are published.
    AfterTheRound,
    /// When the results are published.
    AtPublication,
}

/// A second round of appraisal, after the units have explained what the first one found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecondRound {
    /// When units see the findings of the first round.
    pub first_seen: UnitsSee,
    /// When they see those of the second.
    pub second_seen: UnitsSee,
}

/// What a unit does not see of its own dossier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Veil {
    /// What the first round of appraisal found, and so everything that rests on it.
    pub first: bool,
    /// What the second one decided.
    pub second: bool,
}

impl SecondRound {
    /// What is hidden from the unit of a dossier in a phase, before or after its results are published.
    pub fn veil(&self, phase: DossierPhase, published: bool) -> Veil {
        let hides = |seen: UnitsSee, under_way: bool| match seen {
            UnitsSee::AtOnce => false,
            UnitsSee::AfterTheRound => under_way,
            UnitsSee::AtPublication => true,
        };
        if published {
            return Veil::default();
        }
        let first_under_way = match phase {
            DossierPhase::SelfAssessment | DossierPhase::Appraisal => true,
            DossierPhase::Explanation | DossierPhase::SecondAppraisal | DossierPhase::Sealed => false,
        };
        let first = hides(self.first_seen, first_under_way);
        // A seal may come off again: the second round is over when its results are published.
        let second = hides(self.second_seen, true);
        Veil {
            first,
            second: first || second,
        }
    }
}

/// The framework that applies to a unit type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FrameworkRef {
    pub code: String,
    pub version: String,
    /// SHA-256 of the framework's canonical body, hexadecimal.
    pub digest: String,
}

impl FrameworkRef {
    /// Code and version, as people write them: `QNM-SO@2019`.
    pub fn id(&self) -> String {
        format!("{}@{}", self.code, self.version)
    }
}

/// One assessment of many units (kỳ đánh giá).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Round {
    pub code: String,
    pub name: Text,
    /// The year that is assessed: documents should be dated within it.
    pub year: i16,
    /// Code of the unit that owns the round.
    pub owner: String,
    /// IANA name of the time zone of its calendar dates.
    pub time_zone: String,
    /// Absent where the units may go on until the round is advanced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// Absent where one round of appraisal decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_round: Option<SecondRound>,
    /// What appraisers do beyond one review of each leaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appraisal: Option<AppraisalRules>,
    pub phase: RoundPhase,
    /// The phase to which the round is being moved, or to which it comes back with new dates or figures; absent for appraisal, and
    /// while it stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<RoundPhase>,
    /// By unit type.
    pub frameworks: BTreeMap<String, FrameworkRef>,
    /// Codes of the participating units, in order of code.
    pub units: Vec<String>,
    /// Participating units that are scored and published without a rank, by code, each with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unranked: BTreeMap<String, String>,
    /// Code of the published round whose values count as last year's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Job that is moving the round, or that last failed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// What is to be published once every dossier is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
    /// Number of the newest publication; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_version: Option<u32>,
    /// Units whose dossiers are taken from behind the seal for a correction: until each of them is open, the round is
    /// not published again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reopening: BTreeSet<String>,
}

impl Round {
    /// The phase that a job is moving the dossiers to.
    pub fn advancing_to(&self) -> RoundPhase {
        self.next.unwrap_or(RoundPhase::Appraisal)
    }

    /// The round of appraisal after which results are published.
    pub fn deciding_phase(&self) -> RoundPhase {
        match self.second_round {
            Some(_) => RoundPhase::SecondAppraisal,
            None => RoundPhase::Appraisal,
        }
    }

    /// The same of its dossiers.
    pub fn deciding_phase_of_dossiers(&self) -> DossierPhase {
        match self.second_round {
            Some(_) => DossierPhase::SecondAppraisal,
            None => DossierPhase::Appraisal,
        }
    }

    /// Whether the round is on the move and that job moves it. A job that has failed stays named, for its report.
    pub fn waits_for(&self, job: &str) -> bool {
        self.phase.is_moving() && self.job.as_deref() == Some(job)
    }

    /// Whether another round was opened with the same settings, whatever has happened to it since.
    pub fn is_opened_as(&self, other: &Self) -> bool {
        let settings = |round: &Self| {
            let Self {
                code,
                name,
                year,
                owner,
                time_zone,
                calendar,
                second_round,
                appraisal,
                phase: _,
                next: _,
                frameworks,
                units,
                unranked,
                previous,
                job: _,
                closing: _,
                published_version: _,
                reopening: _,
            } = round.clone();
            let kind = (calendar, second_round, appraisal, frameworks, previous);
            (code, name, year, owner, time_zone, kind, units, unranked)
        };
        settings(self) == settings(other)
    }
}

/// What the manager asked to publish: the decision with what it rests on, and the leaves that may stay unverified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Closing {
    pub decision_number: String,
    pub decision_date: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
    pub unverified: Vec<UnverifiedLeaf>,
    /// The minutes of the council that the decision rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub council: Option<MinutesRef>,
    /// The appeals that a correction follows, in the order given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub appeals: Vec<AppealRef>,
}

/// A value of an earlier year for one input of one leaf, when no published round holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Baseline {
    pub unit: String,
    pub criterion: String,
    /// The input of the assessed year, whose earlier value this is.
    pub input: String,
    /// How many years before the assessed one.
    #[serde(
        default = "super::input::last_year",
        skip_serializing_if = "super::input::is_last_year"
    )]
    pub years: u8,
    pub value: super::input::InputValue,
    /// The document that it comes from.
    pub source: String,
}

impl Baseline {
    /// The id of a baseline among those of its round; one of last year is named without a number of years.
    pub fn key(unit: &str, criterion: &str, input: &str, years: u8) -> String {
        match years {
            1 => format!("{unit}~{criterion}~{input}"),
            years => format!("{unit}~{criterion}~{input}~{years}"),
        }
    }
}

/// A leaf that is published unverified: it counts zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnverifiedLeaf {
    pub unit: String,
    pub criterion: String,
    pub reason: String,
}
