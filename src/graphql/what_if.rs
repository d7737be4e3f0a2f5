//! What a unit could still gain, in the API.

use std::sync::{Arc, OnceLock};

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

use super::allocation::{count, page};
use super::inputs::{NamedValueInput, values};
use super::register::Text;
use super::scalars::{Fraction, Long};
use super::session;
use crate::app::browse::DossierView;
use crate::app::what_if::{Ranks, gains_of, tried_in};
use crate::domain::assessment;
use crate::domain::gains::{self, Gain, Shown, Tried};

/// Places of effects in percentage points.
const EFFECT_PLACES: u32 = 4;

/// What a unit could still gain, and what other figures would come to. Nothing of it is kept.
pub struct WhatIf {
    pub view: Arc<DossierView>,
    pub ledger: assessment::Ledger,
    pub ranks: Option<Ranks>,
    /// The gains, once somebody has asked.
    pub gains: OnceLock<Vec<Gain>>,
}

impl WhatIf {
    fn found(&self) -> &[Gain] {
        self.gains.get_or_init(|| gains_of(&self.view, self.ledger))
    }
}

/// What a unit could still gain, and what other figures would come to. Nothing of it is kept. An account may ask 120 times a
/// minute; each field here that computes something counts as one.
#[Object]
impl WhatIf {
    /// The published ranking that ranks here are places in: the round's newest, or else that of the round before. Null while there
    /// is none, and for units that are not ranked.
    async fn against(&self) -> Option<RankedAgainst> {
        self.ranks.as_ref().map(|ranks| RankedAgainst {
            round_code: ranks.round.clone(),
            publication_version: ranks.publication,
            group: ranks.group.clone(),
        })
    }

    /// How many leaves have less than they could.
    async fn gain_count(&self, context: &Context<'_>) -> Result<Long> {
        session(context).count_question()?;
        Ok(count(self.found().len()))
    }

    /// The leaves that have less than they could, first those that would lift the index most. Each is looked at alone: two gains do
    /// not always add up to that of both. What does not apply has nothing to gain.
    async fn gains(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<PossibleGain>> {
        session(context).count_question()?;
        let of = |gain: &Gain| PossibleGain::of(gain, self.ranks.as_ref());
        Ok(page(self.found(), first, skip)?.iter().map(of).collect())
    }

    /// What the dossier would come to with these figures, as if they were verified with all the evidence that the leaves need; every
    /// other input of such a leaf is as declared, or as the linked rows have it. Null where there is no total.
    async fn tried(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Leaves with their figures, at most 200.")] items: Vec<TriedItem>,
    ) -> Result<Option<TriedFigures>> {
        let mut stated = Vec::with_capacity(items.len());
        for (place, item) in items.into_iter().enumerate() {
            let values = values(&format!("items.{place}.inputs"), item.inputs)?;
            stated.push((item.criterion, values));
        }
        session(context).count_question()?;
        let tried = tried_in(&self.view, self.ledger, &stated)?;
        Ok(tried.map(|tried| TriedFigures::of(tried, self.ranks.as_ref())))
    }
}

/// Figures of a leaf that somebody tries.
#[derive(InputObject)]
pub struct TriedItem {
    /// Code of the leaf.
    pub criterion: String,
    /// Inputs with their values, derived, surveyed and last year's ones too.
    pub inputs: Vec<NamedValueInput>,
}

/// A published ranking.
#[derive(SimpleObject)]
pub struct RankedAgainst {
    /// Code of the round.
    pub round_code: String,
    /// Version of the publication.
    pub publication_version: u32,
    /// Ranking group.
    pub group: String,
}

/// Why a leaf has less than it could.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "gains::Shortfall")]
pub enum Shortfall {
    /// The unit has declared nothing.
    NotDeclared,
    /// Nobody has verified it yet; nothing need be wrong with it.
    NotVerified,
    /// The survey, or the figure of another index, is not recorded.
    NotRecorded,
    /// Required evidence is not there.
    EvidenceMissing,
    /// Required evidence was rejected.
    EvidenceRejected,
    /// A figure is missing, such as months of the rows or last year's value.
    DataMissing,
    /// The figures give less than the maximum.
    BelowMaximum,
    /// Points are taken away.
    Penalty,
}

/// A total as it is displayed, and the place that it would have.
#[derive(SimpleObject)]
pub struct PossibleResult {
    /// Displayed points.
    pub points: String,
    /// Displayed percentage; null where nothing applies.
    pub percent: Option<String>,
    /// Code of the class.
    pub class: Option<String>,
    /// Rank in the ranking of `against`, if all other units stayed; equal percentages share it. Null without such a ranking.
    pub rank: Option<u32>,
}

impl PossibleResult {
    fn of(shown: Shown, ranks: Option<&Ranks>) -> Self {
        Self {
            rank: ranks.and_then(|ranks| ranks.of(shown.percent.as_deref())),
            points: shown.points,
            percent: shown.percent,
            class: shown.class,
        }
    }
}

/// A leaf that has less than it could.
#[derive(SimpleObject)]
pub struct PossibleGain {
    /// Code of the leaf.
    pub criterion: String,
    /// Why it has less.
    pub shortfall: Shortfall,
    /// Its points.
    pub points: Fraction,
    /// Their maximum; for a penalty, the most that it takes.
    pub maximum: Fraction,
    /// Percentage points that the index would gain if the leaf were complete, to four places.
    pub effect: String,
    /// What the dossier would come to then.
    pub result: PossibleResult,
    /// Codes of required evidence that is not met.
    pub evidence: Vec<String>,
    /// What is missing, in words.
    pub missing: Vec<Text>,
}

impl PossibleGain {
    fn of(gain: &Gain, ranks: Option<&Ranks>) -> Self {
        Self {
            criterion: gain.leaf.clone(),
            shortfall: gain.shortfall.into(),
            points: Fraction(gain.now.points.clone()),
            maximum: Fraction(gain.now.applicable.clone()),
            effect: gain.effect.rounded(EFFECT_PLACES),
            result: PossibleResult::of(gain.after.clone(), ranks),
            evidence: gain.evidence.clone(),
            missing: gain.missing.iter().map(|one| one.message.clone().into()).collect(),
        }
    }
}

/// What the dossier would come to with figures that somebody tries.
#[derive(SimpleObject)]
pub struct TriedFigures {
    /// As it stands.
    pub now: PossibleResult,
    /// With these figures.
    pub after: PossibleResult,
    /// The leaves that were tried, in the order of the framework.
    pub leaves: Vec<TriedLeaf>,
}

/// A leaf with figures that somebody tries.
#[derive(SimpleObject)]
pub struct TriedLeaf {
    /// Code of the leaf.
    pub criterion: String,
    /// Its points then.
    pub points: Fraction,
    /// How they come about, in words.
    pub text: Text,
}

impl TriedFigures {
    fn of(tried: Tried, ranks: Option<&Ranks>) -> Self {
        let leaf = |(criterion, evaluation): (String, crate::domain::evaluate::LeafEvaluation)| TriedLeaf {
            criterion,
            points: Fraction(evaluation.points()),
            text: evaluation.explain.text.into(),
        };
        Self {
            now: PossibleResult::of(tried.now, ranks),
            after: PossibleResult::of(tried.after, ranks),
            leaves: tried.leaves.into_iter().map(leaf).collect(),
        }
    }
}
