//! Why a result is as it is: ties, vetoes, classes that were not reached, and how a total came about.

use async_graphql::{Enum, SimpleObject};

use super::frameworks::{SectionKind, TieBreak};
use super::register::Text;
use super::scalars::Fraction;
use crate::domain::{framework, round, tally};

/// By what a unit was told apart from others of equal displayed percentage.
#[derive(SimpleObject)]
pub struct Tie {
    /// What decided: the last that had to be looked at. Null where all of it is equal and the rank is shared.
    pub broken_by: Option<TieBreak>,
    /// What was compared, in order: up to what decided, or all of it where the rank is shared.
    pub values: Vec<TieValue>,
}

/// One value by which a tie was looked at.
#[derive(SimpleObject)]
pub struct TieValue {
    /// What was compared.
    pub by: TieBreak,
    /// The value as displayed: a percentage, or points for SMALLER_GAP. Null where it does not apply: the last place.
    pub value: Option<String>,
}

/// Why a unit does not have a class that its percentage reaches.
#[derive(SimpleObject)]
pub struct ClassLowered {
    /// Code of the class that was not given.
    #[graphql(name = "class")]
    pub class_code: String,
    /// Code of the field, criterion or leaf that stood in the way; null for a condition about vetoes as a whole.
    pub node: Option<String>,
    /// The condition or veto, in both languages.
    pub because: Text,
}

impl ClassLowered {
    /// As the API shows it.
    pub fn of(one: &tally::ClassLowered) -> Self {
        Self {
            class_code: one.class.clone(),
            node: one.node.clone(),
            because: one.because.clone().into(),
        }
    }
}

/// What an established veto does.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum VetoEffect {
    /// The unit gets at most a certain class.
    ClassAtMost,
    /// The unit has points and a class, but no rank.
    NotRanked,
    /// The total is zero.
    Zero,
}

/// An established veto: a value of an input that limits the whole result.
#[derive(SimpleObject)]
pub struct Veto {
    /// Code of the leaf.
    pub criterion: String,
    /// What it does.
    pub effect: VetoEffect,
    /// Code of the best class that is still possible; for CLASS_AT_MOST alone.
    pub class_at_most: Option<String>,
    /// When, and what it does, in both languages.
    pub because: Text,
}

impl Veto {
    /// As the API shows it.
    pub fn of(veto: &round::PublishedVeto) -> Self {
        let (effect, class_at_most) = match &veto.effect {
            framework::VetoEffect::ClassAtMost { class } => (VetoEffect::ClassAtMost, Some(class.clone())),
            framework::VetoEffect::NotRanked => (VetoEffect::NotRanked, None),
            framework::VetoEffect::Zero => (VetoEffect::Zero, None),
        };
        Self {
            criterion: veto.leaf.clone(),
            effect,
            class_at_most,
            because: veto.because.clone().into(),
        }
    }
}

/// How a total came about, exactly: base, plus bonus, less penalty, less what was lost by being late; not below zero, not above the applicable maximum where
/// the framework cuts there, and zero after a veto that says so.
#[derive(SimpleObject)]
pub struct Breakdown {
    /// Points of the fields as their leaves gave them.
    pub raw_points: Fraction,
    /// What applies of the fields.
    pub raw_applicable: Fraction,
    /// Points of the fields, re-based for what does not apply.
    pub base_points: Fraction,
    /// The denominator of the index.
    pub base_applicable: Fraction,
    /// Bonus and penalty sections.
    pub sections: Vec<SectionPoints>,
    /// Points taken away because the dossier was submitted late; null where none were.
    pub late_points: Option<Fraction>,
    /// What became of leaves that do not apply; empty where they just left the denominator (RATIO).
    pub rebased: Vec<RebasedLeaf>,
}

/// What a section outside the scale came to.
#[derive(SimpleObject)]
pub struct SectionPoints {
    /// Code of the section.
    pub node: String,
    /// Whether it adds or takes away.
    pub kind: SectionKind,
    /// What its leaves come to.
    pub raw: Fraction,
    /// Most that may count.
    pub cap: Fraction,
    /// What was added to the total or taken away from it.
    pub counted: Fraction,
}

/// What became of a leaf that does not apply.
#[derive(SimpleObject)]
pub struct RebasedLeaf {
    /// Code of the leaf.
    pub criterion: String,
    /// Its maximum points.
    pub points: Fraction,
    /// Code of the node under which these were spread over the leaves that apply (SPREAD); null where they went to the
    /// leaves of all fields, and where they count as reached (FULL).
    pub under: Option<String>,
    /// To how many leaves they went, in equal parts; 0 where they count as reached (FULL).
    pub shares: u32,
}

impl Breakdown {
    /// As the API shows it.
    pub fn of(breakdown: &round::Breakdown) -> Self {
        let section = |one: &round::SectionPoints| SectionPoints {
            node: one.node.clone(),
            kind: one.kind.into(),
            raw: Fraction(one.raw.clone()),
            cap: Fraction(one.cap.clone()),
            counted: Fraction(one.counted.clone()),
        };
        let rebased = |one: &round::RebasedLeaf| RebasedLeaf {
            criterion: one.leaf.clone(),
            points: Fraction(one.points.clone()),
            under: one.under.clone(),
            shares: one.shares,
        };
        Self {
            raw_points: Fraction(breakdown.raw.points.clone()),
            raw_applicable: Fraction(breakdown.raw.applicable.clone()),
            base_points: Fraction(breakdown.base.points.clone()),
            base_applicable: Fraction(breakdown.base.applicable.clone()),
            sections: breakdown.sections.iter().map(section).collect(),
            late_points: breakdown.late.clone().map(Fraction),
            rebased: breakdown.rebased.iter().map(rebased).collect(),
        }
    }
}
