//! Replays: what a dossier would come to under another framework, before anybody signs it (tính thử).
//!
//! Pure, and nothing of the dossier changes. A leaf of the other framework is scored from what is known of the leaf that it
//! is, as [`Framework::changes_to`] pairs them: the same declarations, verdicts, corrections and rows, looked up by the codes
//! of inputs and required evidence. What the other framework asks and nobody was asked is missing, as it would be. A leaf that
//! is none of the first framework's has no data: it counts as not applicable, because a zero would say that units failed in
//! what nobody had asked of them. So does a leaf that shares only its code with one of the first framework, and one that is compared with
//! other units in another way than before.

mod adjust;
mod effects;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use adjust::{Adjustment, NotAdjustable, PointsOf};
pub use effects::{Cause, LeafEffect};

use super::assessment::{Assessment, Ledgers};
use super::distribution::group_inputs;
use super::exact::Exact;
use super::framework::{Framework, Leaf, Node};
use super::ranking::SealedSums;
use super::score::{LeafFacts, LinkFacts, ledgers};
use super::sheet::recompute;
use super::survey::SurveyValue;

/// Two frameworks of the same units.
pub struct Replay {
    /// Under which the dossiers are.
    pub from: Arc<Framework>,
    /// Under which they are scored again.
    pub to: Arc<Framework>,
    /// The leaf of `from` that a leaf of `to` is, by code.
    origins: BTreeMap<String, String>,
}

/// What is known of a leaf.
#[derive(Clone, Copy)]
pub struct KnownLeaf<'a> {
    pub assessment: &'a Assessment,
    pub links: &'a [LinkFacts],
    pub survey: Option<&'a SurveyValue>,
}

/// What is known of a dossier, by the codes of the framework that it is under.
pub struct KnownDossier<'a> {
    pub leaves: BTreeMap<&'a str, KnownLeaf<'a>>,
    /// The assessed year.
    pub year: i16,
    /// Points lost by being late.
    pub late: Option<&'a Exact>,
}

impl Replay {
    /// Dossiers of one framework under another.
    pub fn new(from: Arc<Framework>, to: Arc<Framework>) -> Self {
        let mut origins = from.same_leaves_of(&to);
        // What other units have is not measured again here: it is known only where nothing of the leaf's measure is another.
        origins.retain(|code, before| match (to.leaf(code), from.leaf(before)) {
            (Some((_, leaf)), Some((_, before))) => {
                group_inputs(leaf).next().is_none() || (&leaf.rule, &leaf.inputs) == (&before.rule, &before.inputs)
            }
            _ => true,
        });
        Self { from, to, origins }
    }

    /// The leaf of the first framework that a leaf of the second is.
    pub fn origin(&self, leaf: &str) -> Option<&str> {
        self.origins.get(leaf).map(String::as_str)
    }

    /// What the points of the dossier follow from as it is.
    pub fn as_it_is(&self, dossier: &KnownDossier<'_>) -> SealedSums {
        let known = dossier.leaves.iter();
        let leaves = known.map(|(code, known)| ((*code).to_owned(), known.assessment.clone()));
        sums(&self.from, leaves.collect(), dossier.late)
    }

    /// What its points would follow from under the other framework.
    pub fn under(&self, dossier: &KnownDossier<'_>) -> SealedSums {
        let mut leaves = BTreeMap::new();
        for (node, leaf) in self.to.leaves() {
            let known = self.origin(&node.code).and_then(|code| dossier.leaves.get(code));
            let Some(known) = known else { continue };
            let mut assessment = self.moved(known.assessment, node, leaf);
            assessment.ledgers = ledgers(&facts(&self.to, (node, leaf), &assessment, known, dossier.year));
            leaves.insert(node.code.clone(), assessment);
        }
        sums(&self.to, leaves, dossier.late)
    }

    /// A leaf as it would lie in the other framework.
    fn moved(&self, assessment: &Assessment, node: &Node, leaf: &Leaf) -> Assessment {
        let field = self.to.field_of(&node.code);
        Assessment {
            criterion: node.code.clone(),
            field: field.map_or_else(|| node.code.clone(), |field| field.code.clone()),
            method: leaf.method,
            department: leaf.appraiser.clone(),
            max: node.points.exact().clone(),
            section: self.to.outside_scale(&node.code),
            ..assessment.clone()
        }
    }
}

pub(super) fn facts<'a>(
    framework: &Framework,
    (node, leaf): (&'a Node, &'a Leaf),
    assessment: &'a Assessment,
    known: &KnownLeaf<'a>,
    year: i16,
) -> LeafFacts<'a> {
    LeafFacts {
        node,
        leaf,
        assessment,
        links: known.links,
        survey: known.survey,
        year,
        round_leaf: framework.scoring.round_leaf,
    }
}

pub(super) fn sums(framework: &Framework, leaves: BTreeMap<String, Assessment>, late: Option<&Exact>) -> SealedSums {
    let of_leaves = leaves.iter().map(|(code, leaf)| (code.as_str(), &leaf.ledgers));
    let mut sheets: BTreeMap<String, Ledgers> = recompute(framework, of_leaves);
    // A leaf without data is there, with nothing to gain and nothing to lose.
    for (node, _) in framework.leaves() {
        if !leaves.contains_key(&node.code) {
            sheets.insert(node.code.clone(), Ledgers::zero());
        }
    }
    SealedSums {
        sheets,
        leaves,
        late: late.cloned(),
    }
}

#[cfg(test)]
pub(super) mod tests;
