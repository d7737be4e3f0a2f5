//! A round: one assessment of many units by one owner unit, a framework per unit type, and what it publishes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::dossier::DossierPhase;
use super::exact::Exact;
use super::framework::{SectionKind, TieBreak, VetoEffect};
use super::second_person::AppraisalRules;
use super::tally::ClassLowered;
use super::text::Text;

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
            Self::Opening | Self::Advancing | Self::Rescheduling | Self::Closing => true,
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
    /// The phase to which the round is being moved, or to which it comes back with new dates; absent for appraisal, and
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

/// A published result of a round: versions follow each other, all stay readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Publication {
    /// 1 for the first.
    pub version: u32,
    pub round: String,
    /// Number and symbol of the announcing decision.
    pub decision_number: String,
    pub decision_date: Date,
    pub published_at: Timestamp,
    /// Why an earlier version was corrected; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
    /// Leaves that count zero because nobody verified them, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unverified: Vec<UnverifiedLeaf>,
}

/// What the manager asked to publish: the decision, and the leaves that may stay unverified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Closing {
    pub decision_number: String,
    pub decision_date: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
    pub unverified: Vec<UnverifiedLeaf>,
}

/// A value of the year before for one input of one leaf, when no published round holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Baseline {
    pub unit: String,
    pub criterion: String,
    pub input: String,
    pub value: super::input::InputValue,
    /// The document that it comes from.
    pub source: String,
}

/// A leaf that is published unverified: it counts zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnverifiedLeaf {
    pub unit: String,
    pub criterion: String,
    pub reason: String,
}

/// One unit's line in a published ranking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RankingRow {
    pub publication: u32,
    pub round: String,
    pub unit: String,
    pub unit_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Displayed final points, a decimal.
    pub points: String,
    pub applicable: String,
    /// Displayed percentage of the applicable maximum, a decimal; absent where nothing applies to the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<String>,
    /// Standard competition rank (1224) in the group; absent for units that are not ranked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Somebody else in the group has the same rank.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tied: bool,
    /// What told it apart from units of equal percentage; absent where nothing was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie: Option<Tie>,
    /// Why it has no rank although it is in a group and has a percentage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_from_rank: Option<KeptFromRank>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Why it is not a class that the percentage alone would give, best class first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class_lowered: Vec<ClassLowered>,
    /// Established vetoes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vetoes: Vec<PublishedVeto>,
    /// How the total came about; absent where it is the plain sum of the fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Breakdown>,
    /// Percentage points against the published year before; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent_change: Option<String>,
    /// Places gained (positive) against the published year before, in the same group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_change: Option<i32>,
    /// The sealed entry of the dossier that the row rests on.
    #[serde(with = "crate::domain::number_text")]
    pub sealed_entry: u64,
    pub sealed_hash: String,
    /// Points of each node in the final ledger.
    pub nodes: BTreeMap<String, NodePoints>,
}

/// Why a unit is kept from a rank that it would have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum KeptFromRank {
    /// The round says so when it is opened.
    Listed { reason: String },
    /// A veto, or several.
    Veto,
}

/// What units of equal displayed percentage were told apart by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tie {
    /// What decided: the last that had to be looked at. Absent where all of them are equal, and the rank is shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_by: Option<TieBreak>,
    /// What was compared, in order, as displayed: up to what decided, or all of it.
    pub values: Vec<TieValue>,
}

/// One value by which a tie was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TieValue {
    pub by: TieBreak,
    /// Absent where it does not apply to the unit: the last place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// An established veto as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishedVeto {
    /// Code of the leaf.
    pub leaf: String,
    /// When, and what it does, in words.
    pub because: Text,
    pub effect: VetoEffect,
}

/// How a total came about, exactly: base + bonus − penalty, not below zero, and zero after a veto that says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Breakdown {
    /// The fields as their leaves gave it.
    pub raw: NodePoints,
    /// The fields re-based.
    pub base: NodePoints,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<SectionPoints>,
    /// Points lost by being late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Exact>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rebased: Vec<RebasedLeaf>,
}

/// What a section outside the scale came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SectionPoints {
    pub node: String,
    pub kind: SectionKind,
    /// What its leaves come to.
    pub raw: Exact,
    pub cap: Exact,
    /// What was added or taken away.
    pub counted: Exact,
}

/// What became of a leaf that does not apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RebasedLeaf {
    pub leaf: String,
    pub points: Exact,
    /// The node under which its points were spread; absent where they went to all fields, or count as reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    /// To how many leaves they went, in equal parts; 0 where they count as reached.
    pub shares: u32,
}

/// Why a unit has no rank in a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unranked {
    /// It is in no ranking group: scored, but compared with nobody.
    NoGroup,
    /// No criterion applies to it: there is nothing to compare.
    NothingApplicable,
    /// The round lists it as one that is scored and not ranked.
    Listed,
    /// A veto keeps it from a rank.
    Veto,
}

impl RankingRow {
    /// Why the unit has no rank; `None` if it has one.
    pub fn unranked(&self) -> Option<Unranked> {
        match (self.rank, &self.kept_from_rank, &self.group) {
            (Some(_), _, _) => None,
            (None, Some(KeptFromRank::Listed { .. }), _) => Some(Unranked::Listed),
            (None, Some(KeptFromRank::Veto), _) => Some(Unranked::Veto),
            (None, None, None) => Some(Unranked::NoGroup),
            (None, None, Some(_)) => Some(Unranked::NothingApplicable),
        }
    }

    /// The id of a line: `publication~unit`.
    pub fn key_of(publication: u32, unit: &str) -> String {
        format!("{publication}~{unit}")
    }
}

/// The published ranking of a group by one field, criterion or leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeRanking {
    pub publication: u32,
    pub round: String,
    pub group: String,
    /// Code of the node.
    pub node: String,
    /// Best first; units to which the node does not apply come last. All units of a round (4,000) fit in a document.
    pub lines: Vec<NodeLine>,
}

impl NodeRanking {
    /// The id of a ranking: `publication~group~node`.
    pub fn key_of(publication: u32, group: &str, node: &str) -> String {
        format!("{publication}~{group}~{node}")
    }
}

/// One unit's line in the ranking by a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeLine {
    pub unit: String,
    /// Displayed final points, a decimal.
    pub points: String,
    pub applicable: String,
    /// Displayed percentage of the applicable maximum; absent where the node does not apply to the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<String>,
    /// Standard competition rank (1224) in the group; absent where the node does not apply to the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tied: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent_change: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_change: Option<i32>,
}

/// Final points of a node as published: re-based in the fields, at their caps the sections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodePoints {
    pub points: Exact,
    pub applicable: Exact,
}
