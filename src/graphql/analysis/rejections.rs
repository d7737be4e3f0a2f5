//! What goes together with results, and what reviews found.

use std::sync::Arc;

use async_graphql::{Enum, Object, Result, SimpleObject};

use super::{AnalysedNode, FigureSource};
use crate::app::analyse_results::{
    CorrelatedUnit, FoundCorrelation, FoundRejections, FoundTexts, RejectionLine, RejectionText,
};
use crate::domain::analysis::{self, CORRELATION_PLACES};
use crate::domain::evidence;
use crate::graphql::allocation::{count, page};
use crate::graphql::inputs::RejectReason;
use crate::graphql::scalars::{Long, Period};

/// Whether published results go together with another figure.
pub struct Correlation(Arc<FoundCorrelation>);

impl From<FoundCorrelation> for Correlation {
    fn from(found: FoundCorrelation) -> Self {
        Self(Arc::new(found))
    }
}

/// Why there is no coefficient.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum NoCorrelation {
    /// Fewer than 3 units have both figures.
    TooFew,
    /// Everybody has the same on one side.
    NoSpread,
}

/// Whether published results go together with another figure: 1 where both grow together in a line, -1 where one falls as the
/// other grows, about 0 where they have nothing to do with each other.
#[Object]
impl Correlation {
    /// The publication that was read.
    async fn source(&self) -> FigureSource {
        FigureSource::of(&self.0.edition, None, None)
    }

    /// The node that the total is held against; null for an index.
    async fn node(&self) -> Option<AnalysedNode> {
        self.0.node.as_ref().map(Into::into)
    }

    /// The period of the index; null for a node.
    async fn period(&self) -> Option<Period> {
        self.0.period.clone().map(Period)
    }

    /// Pearson's coefficient of the figures, exactly rounded to 4 places; null without one.
    async fn pearson(&self) -> Option<String> {
        match &self.0.correlation {
            analysis::Correlation::Found { pearson, .. } => Some(pearson.rounded(CORRELATION_PLACES)),
            analysis::Correlation::TooFew | analysis::Correlation::NoSpread => None,
        }
    }

    /// Spearman's coefficient: Pearson's of the ranks, in which equal figures share the middle of their places. It asks only
    /// whether one grows with the other, in a line or not.
    async fn spearman(&self) -> Option<String> {
        match &self.0.correlation {
            analysis::Correlation::Found { spearman, .. } => Some(spearman.rounded(CORRELATION_PLACES)),
            analysis::Correlation::TooFew | analysis::Correlation::NoSpread => None,
        }
    }

    /// Why there is none; null if there is.
    async fn because(&self) -> Option<NoCorrelation> {
        match self.0.correlation {
            analysis::Correlation::Found { .. } => None,
            analysis::Correlation::TooFew => Some(NoCorrelation::TooFew),
            analysis::Correlation::NoSpread => Some(NoCorrelation::NoSpread),
        }
    }

    /// How many ranked units have both figures.
    async fn pair_count(&self) -> Long {
        count(self.0.pairs.len())
    }

    /// Those units with both figures, by code.
    async fn pairs(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<CorrelatedPair>> {
        let pair = |one: &CorrelatedUnit| CorrelatedPair {
            percent: one.percent.clone(),
            with: one.with.clone(),
            source: FigureSource::of(&self.0.edition, Some(&one.unit), None),
            unit_code: one.unit.clone(),
        };
        Ok(page(&self.0.pairs, first, skip)?.iter().map(pair).collect())
    }

    /// How many ranked units lack the other figure.
    async fn left_out_count(&self) -> Long {
        count(self.0.left_out.len())
    }

    /// Codes of those units.
    async fn left_out(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<String>> {
        Ok(page(&self.0.left_out, first, skip)?.to_vec())
    }
}

/// One unit's two figures.
#[derive(SimpleObject)]
pub struct CorrelatedPair {
    /// Code of the unit.
    pub unit_code: String,
    /// Displayed percentage of the total.
    pub percent: String,
    /// The other figure as published: a percentage, or points of the index.
    pub with: String,
    /// Where the total is published.
    pub source: FigureSource,
}

/// What reviews found.
pub struct RejectionReasons(Arc<FoundRejections>);

impl From<FoundRejections> for RejectionReasons {
    fn from(found: FoundRejections) -> Self {
        Self(Arc::new(found))
    }
}

/// What reviews found, by group and node.
#[Object]
impl RejectionReasons {
    /// The publication that was read.
    async fn source(&self) -> FigureSource {
        FigureSource::of(&self.0.edition, None, None)
    }

    /// Whether the publication keeps what reviews found. Those from before it was kept do not: their lines are missing, which does
    /// not mean that nothing was rejected.
    async fn is_kept(&self) -> bool {
        self.0.is_kept
    }

    /// How many lines there are.
    async fn line_count(&self) -> Long {
        count(self.0.lines.len())
    }

    /// Nodes of groups in which reviews found something: most rejected links first, then most lowered leaves, then most supplements.
    async fn lines(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<RejectionCount>> {
        let line = |one: &RejectionLine| {
            let counts = &one.counts;
            let reason = |(reason, links): (&evidence::RejectReason, &u32)| ReasonCount {
                reason: (*reason).into(),
                link_count: *links,
            };
            RejectionCount {
                group: one.group.clone(),
                node: (&one.node).into(),
                rejected_link_count: one.rejected_links(),
                reasons: one
                    .tells_reasons
                    .then(|| counts.rejected_links.iter().map(reason).collect()),
                rejected_leaf_count: counts.rejected_units,
                supplement_leaf_count: one.tells_supplements.then_some(counts.supplement_units),
                lowered_leaf_count: counts.lowered_units,
                corrected_leaf_count: counts.corrected_units,
                source: FigureSource::of(&self.0.edition, None, Some(&one.node)),
            }
        };
        Ok(page(&self.0.lines, first, skip)?.iter().map(line).collect())
    }
}

/// What reviews found in one node of a group. Leaves are counted once for each unit: of a leaf these are counts of units.
#[derive(SimpleObject)]
pub struct RejectionCount {
    /// Code of the ranking group; null for the units that are in none.
    pub group: Option<String>,
    /// The field, criterion or leaf.
    pub node: AnalysedNode,
    /// Links whose newest verdict is a rejection.
    pub rejected_link_count: u32,
    /// The same by reason; null where it is about fewer than 5 leaves, and so could tell of one unit what only those know who see its whole
    /// dossier. Who sees all dossiers is told in any case.
    pub reasons: Option<Vec<ReasonCount>>,
    /// Leaves with a rejected link.
    pub rejected_leaf_count: u32,
    /// Leaves for which a supplement was asked; null for fewer than 5 of them, too.
    pub supplement_leaf_count: Option<u32>,
    /// Leaves whose final points are below the declared ones, for whatever reason.
    pub lowered_leaf_count: u32,
    /// Those of them of which an appraiser corrected an input.
    pub corrected_leaf_count: u32,
    /// What it is counted in.
    pub source: FigureSource,
}

/// How many links were rejected for a reason.
#[derive(SimpleObject)]
pub struct ReasonCount {
    /// The reason.
    pub reason: RejectReason,
    /// How many links.
    pub link_count: u32,
}

/// In whose words reviews found something in a leaf.
pub struct RejectionTexts(FoundTexts);

impl From<FoundTexts> for RejectionTexts {
    fn from(found: FoundTexts) -> Self {
        Self(found)
    }
}

/// What an appraiser's text is about.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum RejectionTextKind {
    /// A link was rejected.
    Rejected,
    /// A supplement was asked for.
    Supplement,
    /// An input was corrected.
    Corrected,
}

/// The units in one leaf of which reviews rejected links, or left less than was claimed.
#[Object]
impl RejectionTexts {
    /// The publication that was read.
    async fn source(&self) -> FigureSource {
        FigureSource::of(&self.0.edition, None, None)
    }

    /// How many units there are.
    async fn unit_count(&self) -> Long {
        count(self.0.unit_count)
    }

    /// The page of them that was asked for, by code.
    async fn units(&self) -> Vec<UnitRejection> {
        let unit = |one: &crate::app::analyse_results::UnitTexts| UnitRejection {
            unit_code: one.unit.clone(),
            rejected_link_count: one.found.rejected.values().sum(),
            has_supplement: one.texts.as_ref().map(|_| one.found.supplemented),
            is_lowered: one.found.lowered,
            texts: one.texts.as_ref().map(|texts| texts.iter().map(Into::into).collect()),
        };
        self.0.units.iter().map(unit).collect()
    }
}

/// What reviews found in the leaf of one unit.
#[derive(SimpleObject)]
pub struct UnitRejection {
    /// Code of the unit.
    pub unit_code: String,
    /// Links whose newest verdict was a rejection.
    pub rejected_link_count: u32,
    /// Whether a supplement was asked for; null for those who do not see the whole dossier.
    pub has_supplement: Option<bool>,
    /// Whether the final points are below the declared ones.
    pub is_lowered: bool,
    /// The appraisers' words as they stand in the dossier; null for those who do not see the whole of it.
    pub texts: Option<Vec<AppraiserText>>,
}

/// An appraiser's words.
#[derive(SimpleObject)]
#[graphql(name = "RejectionText")]
pub struct AppraiserText {
    /// What they are about.
    pub kind: RejectionTextKind,
    /// Why a link was rejected; null for the other kinds.
    pub reason: Option<RejectReason>,
    /// Code of the input that was corrected; null for the other kinds.
    pub input: Option<String>,
    /// The words.
    pub text: String,
}

impl From<&RejectionText> for AppraiserText {
    fn from(text: &RejectionText) -> Self {
        let (kind, reason, input, text) = match text {
            RejectionText::Rejected { reason, text } => (RejectionTextKind::Rejected, Some(*reason), None, text),
            RejectionText::Supplement { text } => (RejectionTextKind::Supplement, None, None, text),
            RejectionText::Corrected { input, text } => (RejectionTextKind::Corrected, None, Some(input.clone()), text),
        };
        Self {
            kind,
            reason: reason.map(Into::into),
            input,
            text: text.clone(),
        }
    }
}
