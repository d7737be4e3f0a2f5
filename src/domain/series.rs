//! Series of neighbouring indices: what others publish about a province or a unit, year by year or month by month (PAPI, ICT Index, PAR
//! INDEX, SIPAS, QĐ 766), each figure with its source.
//!
//! **Nothing is derived from something else.** Points, rank, the rank before and the change are stated apart, as each source states
//! them; what does not agree is shown ([`contradictions`]) and never mended. An index is data: its parts, how they make the total, its
//! groups. This module knows no rounds and no dossiers.

mod contradiction;
mod period;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::exact::{Decimal, Exact};
use super::fault::Fault;
use super::text::Text;

pub use contradiction::{Contradiction, ContradictionKind, contradictions};
pub use period::{NotAPeriod, Period};

/// Most parts of an index: PAPI has 8 dimensions and 28 sub-dimensions.
pub const MAXIMUM_PARTS: usize = 60;
/// Most groups or classes of an index.
pub const MAXIMUM_GROUPS: usize = 12;
/// Most places of published points: ICT indices are published with four.
pub const MAXIMUM_PLACES: u32 = 6;

/// A version of an index that others publish: what its figures consist of, from which period on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexEdition {
    /// Short, unique: `PAPI`.
    pub code: String,
    /// From 1; each begins with another period.
    pub edition: u32,
    pub content: IndexContent,
    pub saved_at: Timestamp,
    pub saved_by: String,
}

/// What an index consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexContent {
    pub name: Text,
    /// Who publishes it.
    pub publisher: Text,
    /// The first period that is measured so.
    pub from: Period,
    /// Most points that there are; absent where there is no such bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Decimal>,
    /// Places of its published points.
    pub places: u32,
    /// How points follow from the parts.
    pub total: TotalRule,
    /// Dimensions, sub-indices or groups of indicators, in the order of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<IndexPart>,
    /// Groups or classes, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<IndexGroup>,
    /// Decisions and papers that say so.
    pub sources: Vec<String>,
}

/// How the points of an index follow from its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TotalRule {
    /// They add up (PAPI, QĐ 766).
    Sum,
    /// Their plain mean (ICT Index).
    Mean,
    /// By a method that is not told here.
    Stated,
}

/// A part of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexPart {
    pub code: String,
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Decimal>,
    /// Whether it is a part of a part or beside the total, and no term of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub beside: bool,
}

/// A group or class of results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexGroup {
    pub code: String,
    pub name: Text,
    /// From how many points on; absent where it depends on the others (quarters of the provinces).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Decimal>,
}

/// What one source states of one subject in one period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexFigure {
    /// Code of the index.
    pub index: String,
    /// Code of the unit that it is about; a province is a unit, too.
    pub subject: String,
    pub period: Period,
    /// Tells several sources of one period apart, from 1.
    pub statement: u32,
    /// The edition of the index by which it was measured when it was recorded.
    pub edition: u32,
    pub stated: Stated,
    pub source: Source,
    pub recorded_at: Timestamp,
    pub recorded_by: String,
    /// Why it took the place of what was recorded from the same source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a source states; what it does not state is absent, and never zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stated {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Decimal>,
    /// Points by code of the part.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Of how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u32>,
    /// Code of the group or class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The rank of the period before, as this source states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_before: Option<u32>,
    /// Places that were gained since then, as stated; below zero for places lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_change: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_before: Option<Decimal>,
    /// Points that were gained since then, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_change: Option<Decimal>,
    /// What all have on average, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<Decimal>,
}

/// Where it is stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// The document: number and title, or the paper and its date.
    pub document: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Page or section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl IndexEdition {
    /// The id of an edition in its index.
    pub fn key_of(edition: u32) -> String {
        format!("{edition:04}")
    }

    /// The edition by which a period is measured.
    pub fn of_period<'a>(editions: impl IntoIterator<Item = &'a Self>, period: &Period) -> Option<&'a Self> {
        let begun = editions.into_iter().filter(|one| one.content.from <= *period);
        begun.max_by_key(|one| one.edition)
    }
}

impl IndexContent {
    /// The parts that the total is made of.
    pub fn terms(&self) -> impl Iterator<Item = &IndexPart> {
        self.parts.iter().filter(|part| !part.beside)
    }

    /// What the total of these parts is by the rule, rounded as it is published; `None` where a term is not stated, or the rule is not told.
    pub fn total_of(&self, parts: &BTreeMap<String, Decimal>) -> Option<Exact> {
        let terms: Vec<&Exact> = self
            .terms()
            .map(|part| parts.get(&part.code).map(Decimal::exact))
            .collect::<Option<_>>()?;
        let count = i64::try_from(terms.len()).ok().filter(|count| *count > 0)?;
        let sum: Exact = terms.into_iter().sum();
        let total = match self.total {
            TotalRule::Sum => sum,
            TotalRule::Mean => sum.checked_div(&Exact::from_integer(count))?,
            TotalRule::Stated => return None,
        };
        Some(total.rounded_exact(self.places))
    }

    /// The group that so many points are in, where groups begin at points.
    pub fn group_of(&self, points: &Decimal) -> Option<&IndexGroup> {
        let begun = |group: &&IndexGroup| group.at_least.as_ref().is_some_and(|least| points >= least);
        self.groups.iter().find(begun)
    }

    /// Whether the index makes sense: codes once each, places that can be printed, groups from the best to the worst.
    pub fn check(&self) -> Result<(), Fault> {
        if self.places > MAXIMUM_PLACES {
            return Err(Fault::new(
                "places",
                format!("Tối đa {MAXIMUM_PLACES} chữ số thập phân."),
                format!("At most {MAXIMUM_PLACES} places."),
            ));
        }
        for (field, count, most) in [
            ("parts", self.parts.len(), MAXIMUM_PARTS),
            ("groups", self.groups.len(), MAXIMUM_GROUPS),
        ] {
            if count > most {
                return Err(Fault::new(field, format!("Tối đa {most}."), format!("At most {most}.")));
            }
        }
        if self.total != TotalRule::Stated && self.terms().next().is_none() {
            return Err(Fault::new(
                "total",
                "Không có thành phần nào để cộng hay lấy trung bình; nêu parts, hoặc dùng STATED.",
                "There is no part to add up or average; give parts, or take STATED.",
            ));
        }
        unique("parts", self.parts.iter().map(|part| &part.code))?;
        unique("groups", self.groups.iter().map(|group| &group.code))?;
        let bounds: Vec<&Decimal> = self.groups.iter().filter_map(|group| group.at_least.as_ref()).collect();
        if bounds.windows(2).any(|pair| pair[0] <= pair[1]) {
            return Err(Fault::new(
                "groups",
                "Các nhóm xếp từ tốt nhất, mức bắt đầu giảm dần.",
                "Groups stand from the best to the worst, and begin at fewer and fewer points.",
            ));
        }
        Ok(())
    }

    /// Whether a source can state this of the index: parts and groups that it has, points within bounds, a rank among so many.
    pub fn check_stated(&self, stated: &Stated) -> Result<(), Fault> {
        if *stated == Stated::default() {
            return Err(Fault::new("stated", "Không nêu số liệu nào.", "Nothing is stated."));
        }
        for (code, points) in &stated.parts {
            let Some(part) = self.parts.iter().find(|part| part.code == *code) else {
                let known: Vec<&str> = self.parts.iter().map(|part| part.code.as_str()).collect();
                let known = known.join(", ");
                return Err(Fault::new(
                    format!("parts.{code}"),
                    format!("Chỉ số không có thành phần {code}; các thành phần: {known}."),
                    format!("The index has no part {code}; its parts are {known}."),
                ));
            };
            within(&format!("parts.{code}"), points, part.maximum.as_ref())?;
        }
        for (field, points) in [
            ("points", &stated.points),
            ("pointsBefore", &stated.points_before),
            ("average", &stated.average),
        ] {
            if let Some(points) = points {
                within(field, points, self.maximum.as_ref())?;
            }
        }
        if let Some(group) = &stated.group
            && !self.groups.iter().any(|one| one.code == *group)
        {
            let known: Vec<&str> = self.groups.iter().map(|one| one.code.as_str()).collect();
            let known = known.join(", ");
            return Err(Fault::new(
                "group",
                format!("Chỉ số không có nhóm {group}; các nhóm: {known}."),
                format!("The index has no group {group}; its groups are {known}."),
            ));
        }
        let ranks = [("rank", stated.rank), ("rankBefore", stated.rank_before)];
        for (field, rank) in ranks {
            let outside = rank.is_some_and(|rank| rank == 0 || stated.of.is_some_and(|of| rank > of));
            if outside {
                return Err(Fault::new(
                    field,
                    "Thứ hạng từ 1 đến số đơn vị được xếp.",
                    "A rank lies between 1 and how many are ranked.",
                ));
            }
        }
        Ok(())
    }
}

fn within(field: &str, points: &Decimal, maximum: Option<&Decimal>) -> Result<(), Fault> {
    let above = maximum.is_some_and(|maximum| points > maximum);
    if points.exact().is_negative() || above {
        return Err(Fault::new(
            field,
            "Điểm từ 0 đến mức tối đa của chỉ số.",
            "Points lie between 0 and the maximum of the index.",
        ));
    }
    Ok(())
}

fn unique<'a>(field: &str, codes: impl Iterator<Item = &'a String>) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for code in codes {
        if !seen.insert(code) {
            return Err(Fault::new(
                field,
                format!("Mã {code} nêu hai lần."),
                format!("The code {code} is given twice."),
            ));
        }
    }
    Ok(())
}

impl IndexFigure {
    /// The id of a figure in its index: in the order of subjects, periods and sources.
    pub fn key_of(subject: &str, period: &Period, statement: u32) -> String {
        format!("{subject}~{period}~{statement:02}")
    }

    pub fn key(&self) -> String {
        Self::key_of(&self.subject, &self.period, self.statement)
    }
}

#[cfg(test)]
mod tests;
