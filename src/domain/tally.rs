//! The result of a dossier in one ledger: re-basing, sections at their caps, vetoes, the total, the class.
//!
//! A pure function of the framework, the raw sums and the findings. It is the one place where a raw sum becomes what is
//! shown, ranked, published and verified:
//!
//! ```text
//! total = re-based points of the fields + bonus sections − penalty sections − points lost by being late,
//!         each section at most its cap; never below 0
//! index = total ÷ applicable maximum of the fields
//! ```
//!
//! A bonus is points on top, not a percentage: two points are 2 % of a hundred and 2.58 % of 77.5. An index may be above
//! 100 % unless the framework says `aboveMaximum: CUT`. Sections are no part of the applicable maximum, are not re-based,
//! and give nothing for what does not apply.

mod class;
mod rebase;

use std::collections::BTreeMap;

pub use class::{ClassLowered, Classed};
pub use rebase::Rebased;
use rebase::rebase;

use super::assessment::{Assessment, Contribution, Ledger, Ledgers};
use super::exact::Exact;
use super::framework::{AboveMaximum, Framework, Method, Node, Section, SectionKind, VetoEffect};
use super::input::InputValue;
use super::score::LeafFacts;
use super::sheet::{TOTAL, displayed};

/// What a result follows from.
pub trait Sums {
    /// Raw sums of the total ([`TOTAL`]), of a node, or of a leaf.
    fn ledgers(&self, node: &str) -> Option<&Ledgers>;
    /// A leaf of the dossier.
    fn leaf(&self, code: &str) -> Option<&Assessment>;
    /// Points that the dossier loses because it was submitted late.
    fn late_points(&self) -> Option<&Exact> {
        None
    }
}

/// The result of a dossier in one ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Every node by code: re-based in the fields, at their caps the sections.
    pub nodes: BTreeMap<String, NodeTally>,
    /// The sum of the fields as their leaves gave it.
    pub raw: Contribution,
    /// The same re-based.
    pub base: Contribution,
    /// What lies outside the scale, in the order of the document.
    pub sections: Vec<SectionTally>,
    /// Points taken away because the dossier was submitted late; absent from what the unit claims.
    pub late: Option<Exact>,
    /// What became of leaves that do not apply, unless they just left the denominator.
    pub rebased: Vec<Rebased>,
    /// Established vetoes, in the order of the document.
    pub vetoes: Vec<EstablishedVeto>,
    /// What is shown and ranked.
    pub total: Contribution,
    /// The re-based part of the total that appraisers judged: no survey, no bonus, no penalty.
    pub appraised: Contribution,
    /// The class, and why it is not a higher one; absent where nothing applies.
    pub classed: Option<Classed>,
}

/// A node of a [`Tally`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeTally {
    /// Points, applicable maximum and open points as they are shown.
    pub shown: Contribution,
    /// Whether anything below applies to the unit; otherwise there is no percentage, even where points are granted.
    pub applies: bool,
}

/// A section outside the scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionTally {
    pub node: String,
    pub kind: SectionKind,
    /// What its leaves come to.
    pub raw: Exact,
    pub cap: Exact,
    /// What is added to the total or taken away from it: at most the cap.
    pub counted: Exact,
}

/// A veto whose value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EstablishedVeto {
    /// Code of the leaf.
    pub leaf: String,
    pub input: String,
    pub effect: VetoEffect,
}

impl NodeTally {
    /// Displayed points and percentage; no percentage where nothing applies.
    pub fn displayed(&self, framework: &Framework) -> (String, Option<String>) {
        let (points, percent) = displayed(&self.shown, &framework.scoring);
        (points, percent.filter(|_| self.applies))
    }
}

impl Tally {
    /// The result in a ledger; `None` where the total is not known.
    pub fn of(framework: &Framework, ledger: Ledger, sums: &dyn Sums) -> Option<Self> {
        let raw = sums.ledgers(TOTAL)?.get(ledger).clone();
        let found = |leaf: &str, input: &str| stands(framework, sums.leaf(leaf)?, ledger, input);
        let (base, mut nodes, rebased) = rebase(framework, &raw, &|node| Some(sums.ledgers(node)?.get(ledger)));
        let sections = sections(framework, &mut nodes);
        let vetoes = vetoes(framework, &found);
        let late = sums.late_points().filter(|_| ledger != Ledger::Declared).cloned();
        let mut tally = Self {
            total: total(framework, &base, (&sections, late.as_ref()), &nodes, &vetoes),
            late,
            appraised: appraised(framework, &nodes),
            nodes,
            raw,
            base,
            sections,
            rebased,
            vetoes,
            classed: None,
        };
        tally.classed = class::classed(framework, &tally, &found);
        Some(tally)
    }

    /// Displayed total points and percentage.
    pub fn displayed(&self, framework: &Framework) -> (String, Option<String>) {
        displayed(&self.total, &framework.scoring)
    }

    /// Whether a veto takes the unit out of the ranking.
    pub fn is_kept_from_rank(&self) -> bool {
        self.vetoes.iter().any(|veto| veto.effect == VetoEffect::NotRanked)
    }
}

/// The value of a stated input that stands in a ledger.
fn stands(framework: &Framework, assessment: &Assessment, ledger: Ledger, input: &str) -> Option<InputValue> {
    let (node, leaf) = framework.leaf(&assessment.criterion)?;
    let facts = LeafFacts {
        node,
        leaf,
        assessment,
        // A stated input depends on no document, no survey and no year.
        links: &[],
        survey: None,
        year: 0,
        round_leaf: framework.scoring.round_leaf,
    };
    facts.stands(ledger, input)
}

/// The sections at their caps, also among the nodes.
fn sections(framework: &Framework, nodes: &mut BTreeMap<String, NodeTally>) -> Vec<SectionTally> {
    let section = |(node, section): (&Node, &Section)| {
        let found = nodes.get_mut(&node.code)?;
        let cap = section.cap.exact();
        let capped = |points: &Exact| points.min(cap).clone();
        let raw = found.shown.points.clone();
        let counted = capped(&raw);
        found.shown = Contribution {
            open: &capped(&(&raw + &found.shown.open)) - &counted,
            applicable: capped(&found.shown.applicable),
            points: counted.clone(),
        };
        Some(SectionTally {
            node: node.code.clone(),
            kind: section.kind,
            raw,
            cap: cap.clone(),
            counted,
        })
    };
    framework.sections().filter_map(section).collect()
}

fn vetoes(framework: &Framework, found: &dyn Fn(&str, &str) -> Option<InputValue>) -> Vec<EstablishedVeto> {
    let established = framework.leaves().filter_map(|(node, leaf)| {
        let veto = leaf.veto.as_ref()?;
        let value = found(&node.code, &veto.when.input)?;
        veto.when.is_met(&value).then(|| EstablishedVeto {
            leaf: node.code.clone(),
            input: veto.when.input.clone(),
            effect: veto.effect.clone(),
        })
    });
    established.collect()
}

fn total(
    framework: &Framework,
    base: &Contribution,
    (sections, late): (&[SectionTally], Option<&Exact>),
    nodes: &BTreeMap<String, NodeTally>,
    vetoes: &[EstablishedVeto],
) -> Contribution {
    let mut total = base.clone();
    if let Some(late) = late {
        total.points = &total.points - late;
    }
    for section in sections {
        match section.kind {
            SectionKind::Bonus => {
                total.points = &total.points + &section.counted;
                let open = nodes.get(&section.node).map(|node| &node.shown.open);
                total.open = open.map_or_else(|| total.open.clone(), |open| &total.open + open);
            }
            SectionKind::Penalty => total.points = &total.points - &section.counted,
        }
    }
    total.points = total.points.max(Exact::zero());
    if framework.scoring.above_maximum == Some(AboveMaximum::Cut) {
        total.points = total.points.min(total.applicable.clone());
        total.open = total.open.min(&total.applicable - &total.points);
    }
    if vetoes.iter().any(|veto| veto.effect == VetoEffect::Zero) {
        total.points = Exact::zero();
        total.open = Exact::zero();
    }
    total
}

fn appraised(framework: &Framework, nodes: &BTreeMap<String, NodeTally>) -> Contribution {
    let mut sum = Contribution::zero();
    // Most frameworks have no section, and then no leaf lies in one.
    let has_sections = framework.sections().next().is_some();
    for (node, leaf) in framework.leaves() {
        if leaf.method == Method::Appraised
            && !(has_sections && framework.outside_scale(&node.code).is_some())
            && let Some(found) = nodes.get(&node.code)
        {
            sum.add(&found.shown);
        }
    }
    sum
}

#[cfg(test)]
pub(super) mod tests;
