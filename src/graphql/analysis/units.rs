//! Units against another round, and against what they claimed.

use std::sync::Arc;

use async_graphql::{Enum, Object, Result, SimpleObject};

use super::{AnalysedNode, FigureSource};
use crate::app::analyse_results::{self, Edition, FoundOverclaims, NamedNode};
use crate::domain::analysis::{self, Gain, Overclaim};
use crate::graphql::allocation::{count, page};
use crate::graphql::scalars::Long;

/// Units by what they gained between two published rounds.
pub struct Improvements(Arc<analyse_results::Improvements>);

impl From<analyse_results::Improvements> for Improvements {
    fn from(found: analyse_results::Improvements) -> Self {
        Self(Arc::new(found))
    }
}

/// Where a unit stands in one publication.
#[derive(SimpleObject)]
pub struct PublishedStanding {
    /// Code of its ranking group; null for a unit in none.
    pub group: Option<String>,
    /// Displayed percentage; null where nothing applies.
    pub percent: Option<String>,
    /// Rank in the group; null for a unit that is not ranked.
    pub rank: Option<u32>,
    /// Where this is published.
    pub source: FigureSource,
}

impl PublishedStanding {
    fn of(standing: &analysis::Standing, unit: &str, (edition, node): (&Edition, Option<&NamedNode>)) -> Self {
        Self {
            group: standing.group.clone(),
            percent: standing.percent.clone(),
            rank: standing.rank,
            source: FigureSource::of(edition, Some(unit), node),
        }
    }
}

/// Units by what they gained between two published rounds.
#[Object]
impl Improvements {
    /// The later round's publication that was read.
    async fn later(&self) -> FigureSource {
        FigureSource::of(&self.0.later, None, self.0.node.as_ref())
    }

    /// The earlier one.
    async fn earlier(&self) -> FigureSource {
        FigureSource::of(&self.0.earlier, None, self.0.earlier_node.as_ref())
    }

    /// The node in the later round; null for the total.
    async fn node(&self) -> Option<AnalysedNode> {
        self.0.node.as_ref().map(Into::into)
    }

    /// The same node in the earlier round, whose code may be another; null for the total.
    async fn earlier_node(&self) -> Option<AnalysedNode> {
        self.0.earlier_node.as_ref().map(Into::into)
    }

    /// How many units have a percentage in both rounds.
    async fn unit_count(&self) -> Long {
        count(self.0.gains.gains.len())
    }

    /// Those units, the greatest gain first, then by code.
    async fn units(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<Improvement>> {
        let found = &self.0;
        let line = |gain: &Gain| Improvement {
            unit_code: gain.unit.clone(),
            change: gain.change.rounded(found.places),
            rank_change: gain.rank_change().and_then(|change| i32::try_from(change).ok()),
            later: PublishedStanding::of(&gain.later, &gain.unit, (&found.later, found.node.as_ref())),
            earlier: PublishedStanding::of(&gain.earlier, &gain.unit, (&found.earlier, found.earlier_node.as_ref())),
        };
        Ok(page(&found.gains.gains, first, skip)?.iter().map(line).collect())
    }

    /// How many units cannot be compared.
    async fn absent_count(&self) -> Long {
        count(self.0.gains.absent.len())
    }

    /// Those units by code, each with the reason.
    async fn absent(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<AbsentUnit>> {
        let found = &self.0;
        let line = |one: &analysis::AbsentUnit| {
            let side = |standing: &Option<analysis::Standing>, side| {
                let standing = standing.as_ref()?;
                Some(PublishedStanding::of(standing, &one.unit, side))
            };
            AbsentUnit {
                unit_code: one.unit.clone(),
                because: one.because.into(),
                later: side(&one.later, (&found.later, found.node.as_ref())),
                earlier: side(&one.earlier, (&found.earlier, found.earlier_node.as_ref())),
            }
        };
        Ok(page(&found.gains.absent, first, skip)?.iter().map(line).collect())
    }
}

/// A unit that has a percentage in both rounds.
#[derive(SimpleObject)]
pub struct Improvement {
    /// Code of the unit.
    pub unit_code: String,
    /// Percentage points gained, below zero for a loss: the difference of the displayed percentages.
    pub change: String,
    /// Places gained; null where it has no rank on either side or has changed its group.
    pub rank_change: Option<i32>,
    /// In the later round.
    pub later: PublishedStanding,
    /// In the earlier round.
    pub earlier: PublishedStanding,
}

/// Why a unit cannot be compared.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "analysis::Absence")]
pub enum AbsenceReason {
    /// It has no line in the earlier round, or none by that node.
    NotInEarlier,
    /// It has no line in the later round.
    NotInLater,
    /// Nothing applied to it in the earlier round.
    NothingAppliedEarlier,
    /// Nothing applies to it in the later round.
    NothingAppliesLater,
}

/// A unit that cannot be compared.
#[derive(SimpleObject)]
pub struct AbsentUnit {
    /// Code of the unit.
    pub unit_code: String,
    /// Why.
    pub because: AbsenceReason,
    /// In the later round; null if it is not there.
    pub later: Option<PublishedStanding>,
    /// In the earlier round; null if it was not there.
    pub earlier: Option<PublishedStanding>,
}

/// What units claimed beyond what was found.
pub struct Overclaims(Arc<FoundOverclaims>);

impl From<FoundOverclaims> for Overclaims {
    fn from(found: FoundOverclaims) -> Self {
        Self(Arc::new(found))
    }
}

/// What units claimed beyond what was found: the declared total minus the final one, as displayed.
#[Object]
impl Overclaims {
    /// The publication that was read.
    async fn source(&self) -> FigureSource {
        FigureSource::of(&self.0.edition, None, None)
    }

    /// How many units have a declared total.
    async fn unit_count(&self) -> Long {
        count(self.0.overclaims.units.len())
    }

    /// Of how many units the publication does not keep what they claimed.
    async fn unknown_count(&self) -> Long {
        count(self.0.overclaims.unknown)
    }

    /// Mean of the points; null of nobody.
    async fn mean_points(&self) -> Option<String> {
        let mean = self.0.overclaims.mean_points();
        mean.map(|mean| mean.rounded(self.0.places))
    }

    /// Mean of the percentage points, of units to which anything applies; null of nobody.
    async fn mean_percent(&self) -> Option<String> {
        let mean = self.0.overclaims.mean_percent();
        mean.map(|mean| mean.rounded(self.0.places))
    }

    /// The units, most percentage points first, then most points, then by code.
    async fn units(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<UnitOverclaim>> {
        let places = self.0.places;
        let line = |one: &Overclaim| UnitOverclaim {
            unit_code: one.unit.unit.clone(),
            group: one.group.clone(),
            rank: one.unit.rank,
            declared_points: one.declared.points.clone(),
            declared_percent: one.declared.percent.clone(),
            final_points: one.unit.points.clone(),
            final_percent: one.unit.percent.clone(),
            points: one.points.rounded(places),
            percent: one.percent.as_ref().map(|percent| percent.rounded(places)),
            source: FigureSource::of(&self.0.edition, Some(&one.unit.unit), None),
        };
        Ok(page(&self.0.overclaims.units, first, skip)?.iter().map(line).collect())
    }
}

/// What a unit claimed and what was found.
#[derive(SimpleObject)]
pub struct UnitOverclaim {
    /// Code of the unit.
    pub unit_code: String,
    /// Code of its ranking group; null for a unit in none.
    pub group: Option<String>,
    /// Rank in the group; null for a unit that is not ranked.
    pub rank: Option<u32>,
    /// Points that it claimed, as displayed.
    pub declared_points: String,
    /// Percentage that it claimed; null where nothing applies.
    pub declared_percent: Option<String>,
    /// Final points, as displayed.
    pub final_points: String,
    /// Final percentage; null where nothing applies.
    pub final_percent: Option<String>,
    /// Points claimed beyond the final ones; below zero for a unit that claimed too little.
    pub points: String,
    /// The same in percentage points; null where nothing applies.
    pub percent: Option<String>,
    /// Where the final figures are published.
    pub source: FigureSource,
}
