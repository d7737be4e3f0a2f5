//! A round's dossiers under another framework, in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, OneofObject, Result, SimpleObject};

use super::allocation::{count, page};
use super::framework_changes::{FrameworkChanges, FrameworkKey};
use super::frameworks::{Finding, Framework, Rebase};
use super::register::Text;
use super::scalars::{Decimal, Fraction, Json, Long};
use super::session;
use crate::app::browse_frameworks::ComparedFrameworks;
use crate::app::replay_framework::{Draft, ReplayedRound, ReplayedUnit, Standing};
use crate::domain::assessment::Contribution;
use crate::domain::framework;
use crate::domain::replay::{self, Adjustment, LeafEffect, PointsOf};

/// Places of effects in percentage points.
const EFFECT_PLACES: u32 = 4;

/// The framework to try; state one of the three.
#[derive(OneofObject)]
pub enum FrameworkDraft {
    /// One that is issued, such as next year's.
    Issued(FrameworkKey),
    /// One that is not, in the form that importFramework takes.
    Draft(Json),
    /// The round's own with other weights or another rounding.
    Adjusted(FrameworkAdjustment),
}

/// The round's framework of a unit type, with what is stated here; everything else stays.
#[derive(InputObject)]
pub struct FrameworkAdjustment {
    /// Unit type, such as SO.
    pub unit_type: String,
    /// Other maximum points of leaves; those of criteria, fields and the scale follow.
    #[graphql(default)]
    pub points: Vec<LeafPoints>,
    /// Another rounding of points of leaves.
    pub leaf_rounding: Option<LeafRounding>,
    /// Places of displayed totals and percentages.
    pub round_total: Option<u32>,
    /// Whether percentages come from exact or from displayed sums.
    pub total_of: Option<PercentFrom>,
    /// What happens to the points of leaves that do not apply to a unit.
    pub rebase: Option<Rebase>,
}

/// Maximum points of a leaf.
#[derive(InputObject)]
pub struct LeafPoints {
    /// Code of the leaf, such as 3.4.1.
    pub criterion: String,
    /// Its maximum points.
    pub points: Decimal,
}

/// How points of leaves are rounded.
#[derive(InputObject)]
pub struct LeafRounding {
    /// Places, half up; null for no rounding.
    pub places: Option<u32>,
}

/// From which sums percentages come.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "framework::TotalOf")]
pub enum PercentFrom {
    /// From the exact sums.
    Exact,
    /// From the displayed sums.
    Rounded,
}

impl From<FrameworkDraft> for Draft {
    fn from(draft: FrameworkDraft) -> Self {
        match draft {
            FrameworkDraft::Issued(key) => Self::Issued(key.into()),
            FrameworkDraft::Draft(Json(json)) => Self::Json(json),
            FrameworkDraft::Adjusted(adjustment) => {
                let points = adjustment.points.into_iter().map(|one| PointsOf {
                    leaf: one.criterion,
                    points: one.points.0,
                });
                let rounding = |one: LeafRounding| match one.places {
                    None => framework::RoundLeaf::None,
                    Some(places) => framework::RoundLeaf::Places(places),
                };
                Self::Adjusted {
                    unit_type: adjustment.unit_type,
                    adjustment: Adjustment {
                        points: points.collect(),
                        round_leaf: adjustment.leaf_rounding.map(rounding),
                        round_total: adjustment.round_total,
                        total_of: adjustment.total_of.map(Into::into),
                        rebase: adjustment.rebase.map(Into::into),
                    },
                }
            }
        }
    }
}

/// What a round's dossiers would come to under another framework.
pub struct FrameworkReplay(pub Arc<ReplayedRound>);

/// What a round's dossiers would come to under another framework, and whose rank would move. Nothing is stored: asked again, it
/// is computed again from the dossiers as they are then.
///
/// A leaf of the other framework is scored from what is known of the leaf that it is, as frameworkChanges pairs them: the same
/// declarations, corrections, verdicts and rows, by the codes of inputs and required evidence. A leaf that the round does not have,
/// or of which it has nothing but the code, has no data; it counts as not applicable, for every unit.
#[Object]
impl FrameworkReplay {
    /// What the other framework changes. A draft that is not issued cannot be asked for by its id.
    async fn changes(&self) -> FrameworkChanges {
        let replay = &self.0.replay;
        FrameworkChanges(ComparedFrameworks {
            from: Arc::clone(&replay.from),
            to: Arc::clone(&replay.to),
            changes: replay.from.changes_to(&replay.to),
        })
    }

    /// The framework that was tried.
    async fn to(&self) -> Framework {
        Framework(Arc::clone(&self.0.replay.to))
    }

    /// What importing the framework would warn of.
    async fn findings(&self) -> Vec<Finding> {
        self.0.findings.iter().cloned().map(Into::into).collect()
    }

    /// How many dossiers were scored again.
    async fn unit_count(&self) -> Long {
        count(self.0.units.len())
    }

    /// How many units would have another rank.
    async fn moved_count(&self) -> Long {
        let moved = |unit: &&ReplayedUnit| unit.before.rank != unit.after.rank;
        count(self.0.units.iter().filter(moved).count())
    }

    /// How many units would have another class.
    async fn reclassed_count(&self) -> Long {
        let moved = |unit: &&ReplayedUnit| unit.before.class != unit.after.class;
        count(self.0.units.iter().filter(moved).count())
    }

    /// The units, first whose rank would move most, then by code.
    async fn units(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<ReplayedUnitResult>> {
        let units = page(&self.0.units, first, skip)?.iter().cloned();
        let result = |unit| ReplayedUnitResult {
            replayed: Arc::clone(&self.0),
            unit,
        };
        Ok(units.map(result).collect())
    }
}

/// What a unit would come to.
pub struct ReplayedUnitResult {
    replayed: Arc<ReplayedRound>,
    unit: ReplayedUnit,
}

/// What a unit comes to in the ledger asked for, and what it would come to.
#[Object]
impl ReplayedUnitResult {
    /// Code of the unit.
    async fn unit_code(&self) -> &str {
        &self.unit.unit
    }

    /// Its ranking group; null for a unit that is not ranked.
    async fn group(&self) -> Option<&str> {
        self.unit.group.as_deref()
    }

    /// As it is.
    async fn before(&self) -> ReplayedStanding {
        self.unit.before.clone().into()
    }

    /// Under the other framework.
    async fn after(&self) -> ReplayedStanding {
        self.unit.after.clone().into()
    }

    /// Places that it would gain; null where it has no rank on either side.
    async fn rank_change(&self) -> Option<i32> {
        self.unit.rank_change()
    }

    /// Why: the leaves that count otherwise, those first that move the index most. Read again from the dossier: an account may ask it
    /// of 120 units a minute.
    async fn leaves(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<ReplayedLeaf>> {
        session(context).count_question()?;
        let effects = session(context).replay_effects(&self.replayed, &self.unit.unit).await?;
        Ok(page(&effects, first, skip)?.iter().cloned().map(Into::into).collect())
    }
}

/// A result on one of the two sides.
#[derive(SimpleObject)]
pub struct ReplayedStanding {
    /// Displayed points.
    pub points: String,
    /// Displayed percentage; null where nothing applies.
    pub percent: Option<String>,
    /// Code of the class; null where nothing applies.
    pub class: Option<String>,
    /// Rank within the group among the replayed units; null for a unit that is not ranked.
    pub rank: Option<u32>,
    /// Whether others share the rank.
    pub tied: bool,
}

impl From<Standing> for ReplayedStanding {
    fn from(standing: Standing) -> Self {
        Self {
            points: standing.points,
            percent: standing.percent,
            class: standing.class,
            rank: standing.rank,
            tied: standing.tied,
        }
    }
}

/// Why a leaf counts otherwise.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "replay::Cause")]
pub enum ReplayCause {
    /// Only the other framework has it: nobody was asked, there is no data.
    Added,
    /// Only the round's framework has it.
    Removed,
    /// The other framework needs an input or evidence that is not there; see missing.
    DataMissing,
    /// The rule gives another share of the maximum, or says that the leaf does not apply.
    Rule,
    /// The same share, of other maximum points or of another whole.
    Weight,
}

/// A leaf that counts otherwise for a unit.
#[derive(SimpleObject)]
pub struct ReplayedLeaf {
    /// Its code in the round's framework; null if it is added.
    pub from_code: Option<String>,
    /// Its code in the other framework; null if it is removed.
    pub to_code: Option<String>,
    /// Why it counts otherwise.
    pub cause: ReplayCause,
    /// What it counts as it is; null if it is added.
    pub before: Option<ReplayedPoints>,
    /// What it would count; null if it is removed.
    pub after: Option<ReplayedPoints>,
    /// What would be missing, in words; empty where it would have points.
    pub missing: Vec<Text>,
    /// Percentage points by which it moves the index, to four places; what a penalty takes counts against it. Over all leaves they
    /// add up to the change of the index before caps of sections, vetoes, a cut at 100 % and the floor at 0, re-basing by SPREAD or
    /// FULL, and points lost by being late.
    pub effect: String,
}

/// Points of a leaf.
#[derive(SimpleObject)]
pub struct ReplayedPoints {
    /// Exact points.
    pub points: Fraction,
    /// What they are of; 0 where the leaf does not apply.
    pub applicable: Fraction,
}

impl From<LeafEffect> for ReplayedLeaf {
    fn from(effect: LeafEffect) -> Self {
        let points = |one: Contribution| ReplayedPoints {
            points: Fraction(one.points),
            applicable: Fraction(one.applicable),
        };
        Self {
            from_code: effect.from,
            to_code: effect.to,
            cause: effect.cause.into(),
            before: effect.before.map(points),
            after: effect.after.map(points),
            missing: effect.missing.into_iter().map(|one| one.message.into()).collect(),
            effect: effect.effect.rounded(EFFECT_PLACES),
        }
    }
}
