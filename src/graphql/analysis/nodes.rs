//! Nodes: a unit against its group, a group's weak nodes and those that tell nobody apart, two rounds against each other.

use std::sync::Arc;

use async_graphql::{Enum, Object, Result, SimpleObject};

use super::{AnalysedNode, FigureSource};
use crate::app::analyse_results::{self, ComparedNode, Edition, NodeFigures, NodeOfSide, ProfileLine, change};
use crate::domain::analysis::{self, Spread};
use crate::domain::exact::Exact;
use crate::graphql::allocation::{count, page};
use crate::graphql::scalars::Long;

/// How the displayed percentages of a group lie, of ranked units to which the node applies. All figures are percentages, rounded
/// to the places of the results, halves up.
#[derive(SimpleObject)]
pub struct PercentSpread {
    /// Of how many units.
    pub unit_count: u32,
    /// The least.
    pub lowest: String,
    /// A quarter of the way from the least to the greatest in order, in a straight line between neighbours.
    pub lower_quartile: String,
    /// Half of the way.
    pub median: String,
    /// Three quarters of the way.
    pub upper_quartile: String,
    /// The greatest.
    pub highest: String,
    /// Arithmetic mean.
    pub mean: String,
    /// Standard deviation of all of them, who are no sample.
    pub deviation: String,
    /// Units with 100 % or more.
    pub full_count: u32,
    /// Units with 0 %.
    pub zero_count: u32,
    /// Units with less than 50 %.
    pub below_half_count: u32,
    /// Whether everybody has the same: it tells nobody apart.
    pub is_none: bool,
}

impl PercentSpread {
    fn of(spread: &Spread, places: u32) -> Self {
        let shown = |figure: &crate::domain::exact::Decimal| figure.exact().rounded(places);
        Self {
            unit_count: spread.count,
            lowest: shown(&spread.lowest),
            lower_quartile: shown(&spread.lower_quartile),
            median: shown(&spread.median),
            upper_quartile: shown(&spread.upper_quartile),
            highest: shown(&spread.highest),
            mean: shown(&spread.mean),
            deviation: shown(&spread.deviation),
            full_count: spread.full,
            zero_count: spread.none,
            below_half_count: spread.below_half,
            is_none: spread.is_none(),
        }
    }
}

/// How a group lies in the nodes of one level.
pub struct NodeStatistics(Arc<analyse_results::NodeStatistics>);

impl From<analyse_results::NodeStatistics> for NodeStatistics {
    fn from(found: analyse_results::NodeStatistics) -> Self {
        Self(Arc::new(found))
    }
}

/// How a group lies in the nodes of one level.
#[Object]
impl NodeStatistics {
    /// The publication that was read.
    async fn source(&self) -> FigureSource {
        FigureSource::of(&self.0.edition, None, None)
    }

    /// Code of the ranking group.
    async fn group(&self) -> &str {
        &self.0.group
    }

    /// How many nodes there are that apply to a ranked unit.
    async fn line_count(&self) -> Long {
        count(self.0.nodes.len())
    }

    /// Those nodes.
    async fn lines(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<NodeSpread>> {
        let line = |one: &NodeFigures| NodeSpread {
            node: (&one.node).into(),
            spread: PercentSpread::of(&one.spread, self.0.places),
            source: FigureSource::of(&self.0.edition, None, Some(&one.node)),
        };
        Ok(page(&self.0.nodes, first, skip)?.iter().map(line).collect())
    }
}

/// How a group lies in one node.
#[derive(SimpleObject)]
pub struct NodeSpread {
    /// The field, criterion or leaf.
    pub node: AnalysedNode,
    /// How the percentages lie.
    pub spread: PercentSpread,
    /// What it is computed from.
    pub source: FigureSource,
}

/// Where a unit is against its group.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "analysis::Position")]
pub enum ProfilePosition {
    /// Above the median by more than the tolerance.
    Strength,
    /// Within the tolerance.
    Average,
    /// Below the median by more than the tolerance.
    Weakness,
}

/// A unit against its group and another round.
pub struct UnitProfile(Arc<analyse_results::Profile>);

impl From<analyse_results::Profile> for UnitProfile {
    fn from(found: analyse_results::Profile) -> Self {
        Self(Arc::new(found))
    }
}

/// A unit against the ranked units of its group and against another round.
#[Object]
impl UnitProfile {
    /// Code of the unit.
    async fn unit_code(&self) -> &str {
        &self.0.unit
    }

    /// Code of its ranking group; null for a unit in none, which is compared with nobody.
    async fn group(&self) -> Option<&str> {
        self.0.group.as_deref()
    }

    /// The publication that was read.
    async fn source(&self) -> FigureSource {
        FigureSource::of(&self.0.edition, Some(&self.0.unit), None)
    }

    /// The earlier one; null where there is none with the unit in it.
    async fn earlier(&self) -> Option<FigureSource> {
        let earlier = self.0.earlier.as_ref();
        earlier.map(|earlier| FigureSource::of(earlier, Some(&self.0.unit), None))
    }

    /// The total.
    async fn total(&self) -> UnitProfileLine {
        self.line(&self.0.total)
    }

    /// The nodes, in the order of the framework.
    async fn lines(&self) -> Vec<UnitProfileLine> {
        self.0.lines.iter().map(|line| self.line(line)).collect()
    }
}

impl UnitProfile {
    fn line(&self, line: &ProfileLine) -> UnitProfileLine {
        let found = &self.0;
        let rounded = |figure: &Option<Exact>| figure.as_ref().map(|figure| figure.rounded(found.places));
        UnitProfileLine {
            node: line.node.as_ref().map(Into::into),
            percent: line.percent.clone(),
            spread: line
                .spread
                .as_ref()
                .map(|spread| PercentSpread::of(spread, found.places)),
            difference: rounded(&line.difference),
            position: line.position.map(Into::into),
            earlier_node: line.earlier_node.as_ref().map(Into::into),
            earlier_percent: line.earlier_percent.clone(),
            change: rounded(&line.change),
            source: FigureSource::of(&found.edition, Some(&found.unit), line.node.as_ref()),
        }
    }
}

/// One node, or the total, of a unit.
#[derive(SimpleObject)]
pub struct UnitProfileLine {
    /// The field, criterion or leaf; null for the total.
    pub node: Option<AnalysedNode>,
    /// Displayed percentage; null where it does not apply to the unit.
    pub percent: Option<String>,
    /// How the ranked units of the group lie; null for a unit in no group, and where it applies to nobody.
    pub spread: Option<PercentSpread>,
    /// Percentage points above the group's median, below zero beneath it.
    pub difference: Option<String>,
    /// What that means, given the tolerance.
    pub position: Option<ProfilePosition>,
    /// The same node in the earlier round, whose code may be another; null for the total, and where it was not there.
    pub earlier_node: Option<AnalysedNode>,
    /// The displayed percentage in the earlier round; null without one.
    pub earlier_percent: Option<String>,
    /// Percentage points against it.
    pub change: Option<String>,
    /// Where the percentage is published.
    pub source: FigureSource,
}

/// Two published rounds against each other.
pub struct Comparison(Arc<analyse_results::Comparison>);

impl From<analyse_results::Comparison> for Comparison {
    fn from(found: analyse_results::Comparison) -> Self {
        Self(Arc::new(found))
    }
}

/// Two published rounds against each other.
#[Object(name = "RoundComparison")]
impl Comparison {
    /// What is compared with.
    async fn first(&self) -> FigureSource {
        FigureSource::of(&self.0.first, None, None)
    }

    /// What is compared.
    async fn second(&self) -> FigureSource {
        FigureSource::of(&self.0.second, None, None)
    }

    /// Percentage of the total in the first round: displayed, or the mean of the group's; null where nothing applies.
    async fn first_percent(&self) -> Option<&str> {
        self.0.total.0.as_deref()
    }

    /// The same in the second round.
    async fn second_percent(&self) -> Option<&str> {
        self.0.total.1.as_deref()
    }

    /// Percentage points between them.
    async fn change(&self) -> Option<String> {
        let (first, second) = &self.0.total;
        let change = change(first.as_deref(), second.as_deref());
        change.map(|change| change.rounded(self.0.places))
    }

    /// How many nodes there are on either side.
    async fn line_count(&self) -> Long {
        count(self.0.nodes.len())
    }

    /// First the nodes of the second round in its order, then those that it has no more.
    async fn lines(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 100)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<NodeComparison>> {
        let side = |side: &Option<NodeOfSide>, edition: &Edition| {
            let side = side.as_ref()?;
            Some(ComparedSide {
                node: (&side.node).into(),
                percent: side.percent.clone(),
                source: FigureSource::of(edition, None, Some(&side.node)),
            })
        };
        let line = |one: &ComparedNode| NodeComparison {
            first: side(&one.first, &self.0.first),
            second: side(&one.second, &self.0.second),
            change: one.change().map(|change| change.rounded(self.0.places)),
        };
        Ok(page(&self.0.nodes, first, skip)?.iter().map(line).collect())
    }
}

/// A node of at least one of two rounds.
#[derive(SimpleObject)]
pub struct NodeComparison {
    /// In the first round; null for what is new.
    pub first: Option<ComparedSide>,
    /// In the second round; null for what it has no more.
    pub second: Option<ComparedSide>,
    /// Percentage points between them; null without two percentages.
    pub change: Option<String>,
}

/// A node in one of two rounds.
#[derive(SimpleObject)]
pub struct ComparedSide {
    /// The field, criterion or leaf.
    pub node: AnalysedNode,
    /// Percentage of the maximum: displayed, or the mean of the group's; null where it does not apply.
    pub percent: Option<String>,
    /// What it is computed from.
    pub source: FigureSource,
}
