//! What a round publishes: versions of its results, rankings, and how each total came about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::UnverifiedLeaf;
use crate::domain::appeal::AppealRef;
use crate::domain::council::MinutesRef;
use crate::domain::exact::Exact;
use crate::domain::framework::{SectionKind, TieBreak, VetoEffect};
use crate::domain::tally::ClassLowered;
use crate::domain::text::Text;

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
    /// The minutes of the council that the decision rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub council: Option<MinutesRef>,
    /// The appeals that a correction follows, in the order given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub appeals: Vec<AppealRef>,
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
