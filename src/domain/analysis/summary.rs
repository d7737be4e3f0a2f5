//! What a publication says of a group in one document: the totals of its units, how each node's percentages lie, what
//! reviews found in its criteria. Everything in it follows from ranking rows, node rankings and the sealed dossiers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::findings::CriterionCounts;
use super::statistics::Spread;
use crate::domain::exact::Exact;
use crate::domain::round::{NodeRanking, RankingRow};

/// A group in a publication, in one document: some 500 KiB for 3,400 units of 80 nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupSummary {
    pub publication: u32,
    pub round: String,
    /// Absent for the units that are in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The unit types of its units: each has one framework in the round.
    pub unit_types: BTreeSet<String>,
    /// Places of displayed percentages: those of the framework that has most.
    pub places: u32,
    /// By code.
    pub units: Vec<UnitTotal>,
    /// How the totals of ranked units lie; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Spread>,
    /// The same of fields, criteria and leaves, by code; nothing of a node that applies to no ranked unit.
    pub nodes: BTreeMap<String, Spread>,
    /// What reviews found, by leaf, of leaves where they found anything; absent in publications from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<BTreeMap<String, CriterionCounts>>,
}

/// One unit in a [`GroupSummary`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnitTotal {
    pub unit: String,
    /// Displayed final points.
    pub points: String,
    /// Displayed percentage; absent where nothing applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<String>,
    /// Rank in the group; absent for a unit that is not ranked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// What the unit claimed; absent in publications from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<DeclaredTotal>,
}

/// The total that a unit claimed, as displayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeclaredTotal {
    pub points: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<String>,
}

/// What a summary needs beside the published lines.
pub struct Beside<'a> {
    /// Places of displayed percentages.
    pub places: u32,
    /// What units claimed, by unit; those of publications from before it was kept are not there.
    pub declared: BTreeMap<&'a str, DeclaredTotal>,
    pub findings: Option<BTreeMap<String, CriterionCounts>>,
}

/// A displayed number as the number it shows.
pub fn shown(text: &str) -> Exact {
    Exact::parse_decimal(text).unwrap_or_else(|_| Exact::zero())
}

impl GroupSummary {
    /// The id of a summary: `publication~group`, of the units in no group `publication~`.
    pub fn key_of(publication: u32, group: Option<&str>) -> String {
        format!("{publication}~{}", group.unwrap_or_default())
    }

    /// The summary of a group; `rows` and `rankings` are those of the group and not empty.
    pub fn of(rows: &[&RankingRow], rankings: &[&NodeRanking], beside: Beside<'_>) -> Option<Self> {
        let Beside {
            places,
            mut declared,
            findings,
        } = beside;
        let first = rows.first()?;
        let mut units: Vec<UnitTotal> = rows
            .iter()
            .map(|row| UnitTotal {
                unit: row.unit.clone(),
                points: row.points.clone(),
                percent: row.percent.clone(),
                rank: row.rank,
                declared: declared.remove(row.unit.as_str()),
            })
            .collect();
        units.sort_by(|one, other| one.unit.cmp(&other.unit));
        let ranked = units.iter().filter(|unit| unit.rank.is_some());
        let totals: Vec<Exact> = ranked.filter_map(|unit| unit.percent.as_deref()).map(shown).collect();
        let node = |ranking: &&NodeRanking| {
            let ranked = ranking.lines.iter().filter(|line| line.rank.is_some());
            let values: Vec<Exact> = ranked.filter_map(|line| line.percent.as_deref()).map(shown).collect();
            Some((ranking.node.clone(), Spread::of(&values, places)?))
        };
        Some(Self {
            publication: first.publication,
            round: first.round.clone(),
            group: first.group.clone(),
            unit_types: rows.iter().map(|row| row.unit_type.clone()).collect(),
            places,
            units,
            total: Spread::of(&totals, places),
            nodes: rankings.iter().filter_map(node).collect(),
            findings,
        })
    }

    pub fn id(&self) -> String {
        Self::key_of(self.publication, self.group.as_deref())
    }

    /// One of its units.
    pub fn unit(&self, code: &str) -> Option<&UnitTotal> {
        let place = self.units.binary_search_by(|unit| unit.unit.as_str().cmp(code)).ok()?;
        self.units.get(place)
    }

    /// The one unit type of its units; nothing where there are several, whose frameworks differ.
    pub fn only_unit_type(&self) -> Option<&str> {
        let mut types = self.unit_types.iter();
        types.next().filter(|_| types.next().is_none()).map(String::as_str)
    }
}
