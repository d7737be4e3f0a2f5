//! What a dossier could still gain: leaf by leaf, and with figures that somebody tries. Pure, and nothing is kept.
//!
//! Every gain is what the index would be if that leaf alone were complete, by the same tally that results are published by:
//! re-based, with caps of sections. A veto that stands keeps its effect, and figures that are tried meet vetoes and conditions of
//! classes as if they were found. So two gains do not always add up to that of both.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::assessment::{Assessment, AssessmentState, Contribution, Declaration, Ledger, Ledgers};
use super::evaluate::{InputState, LeafEvaluation, Missing, Outcome, evaluate};
use super::evidence::VerdictKind;
use super::exact::Exact;
use super::framework::{Framework, Leaf, Method, Node, RequiredEvidence, SectionKind};
use super::input::InputValue;
use super::ranking::SealedSums;
use super::replay::{KnownDossier, KnownLeaf, facts, sums};
use super::score::LeafFacts;
use super::sheet::nodes_above;
use super::tally::Tally;

/// Why a leaf has less than it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// The unit has declared nothing.
    NotDeclared,
    /// Nobody has verified it yet; nothing is wrong with it.
    NotVerified,
    /// The survey, or the figure of another index, is not recorded.
    NotRecorded,
    /// Required evidence is not there.
    EvidenceMissing,
    /// Required evidence was rejected.
    EvidenceRejected,
    /// A figure is missing: rows with a gap, last year's value.
    DataMissing,
    /// The figures give less than the maximum.
    BelowMaximum,
    /// Points are taken away.
    Penalty,
}

/// What a leaf could still gain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gain {
    /// Code of the leaf.
    pub leaf: String,
    pub shortfall: Shortfall,
    /// Its points and their maximum.
    pub now: Contribution,
    /// The index as it would be displayed if the leaf were complete, or took nothing away.
    pub after: Shown,
    /// Percentage points of the index, exact.
    pub effect: Exact,
    /// Codes of required evidence that is not met.
    pub evidence: Vec<String>,
    pub missing: Vec<Missing>,
}

/// A total as it is displayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub points: String,
    /// None where nothing applies.
    pub percent: Option<String>,
    pub class: Option<String>,
}

/// What a dossier comes to with figures that somebody tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    pub now: Shown,
    pub after: Shown,
    /// What each leaf would be worth, in the order of the framework.
    pub leaves: Vec<(String, LeafEvaluation)>,
}

/// A dossier in one ledger with its totals.
struct Standing<'a> {
    framework: &'a Framework,
    ledger: Ledger,
    sums: SealedSums,
    index: Exact,
}

impl<'a> Standing<'a> {
    fn of(framework: &'a Framework, dossier: &KnownDossier<'_>, ledger: Ledger) -> Option<Self> {
        let leaves = dossier.leaves.iter();
        let leaves = leaves.map(|(code, known)| ((*code).to_owned(), known.assessment.clone()));
        let sums = sums(framework, leaves.collect(), dossier.late);
        let index = index(&Tally::of(framework, ledger, &sums)?);
        Some(Self {
            framework,
            ledger,
            sums,
            index,
        })
    }

    /// The same with a leaf that counts otherwise.
    fn set(&mut self, code: &str, counted: Contribution) {
        let Some(leaf) = self.sums.leaves.get_mut(code) else {
            return;
        };
        let before = leaf.ledgers.clone();
        let place = match self.ledger {
            Ledger::Declared => &mut leaf.ledgers.declared,
            Ledger::Verified => &mut leaf.ledgers.verified,
            Ledger::Final => &mut leaf.ledgers.last,
        };
        *place = counted;
        let after = leaf.ledgers.clone();
        self.replace(code, &before, &after);
    }

    /// Lets stated figures stand, for vetoes and conditions of classes.
    fn state(&mut self, code: &str, stated: &BTreeMap<String, InputValue>) {
        let Some(leaf) = self.sums.leaves.get_mut(code) else {
            return;
        };
        let declaration = leaf.declaration.get_or_insert_with(|| Declaration {
            inputs: BTreeMap::new(),
            explanation: None,
            evidence_missing: None,
            at: Timestamp::UNIX_EPOCH,
            by: String::new(),
        });
        declaration.inputs.extend(stated.clone());
        for found in [&mut leaf.established, &mut leaf.decided].into_iter().flatten() {
            found.corrections.retain(|input, _| !stated.contains_key(input));
        }
        leaf.state = AssessmentState::Verified;
        leaf.after_first = leaf.after_first.map(|_| AssessmentState::Verified);
    }

    fn replace(&mut self, code: &str, before: &Ledgers, after: &Ledgers) {
        for node in nodes_above(self.framework, code) {
            if let Some(sheet) = self.sums.sheets.get_mut(&node) {
                sheet.subtract(before);
                sheet.add(after);
            }
        }
    }

    fn tally(&self) -> Option<Tally> {
        Tally::of(self.framework, self.ledger, &self.sums)
    }

    fn shown(&self, tally: &Tally) -> Shown {
        let (points, percent) = tally.displayed(self.framework);
        Shown {
            points,
            percent,
            class: tally.classed.as_ref().and_then(|classed| classed.class.clone()),
        }
    }
}

/// Percent of the applicable maximum, exact; nothing where nothing applies.
fn index(tally: &Tally) -> Exact {
    let percent = &tally.total.points * &Exact::from(100);
    percent.checked_div(&tally.total.applicable).unwrap_or_default()
}

/// The leaves that have less than they could in a ledger, first those that would lift the index most. What does not apply has
/// nothing to gain.
pub fn gains(framework: &Framework, dossier: &KnownDossier<'_>, ledger: Ledger) -> Vec<Gain> {
    let Some(mut standing) = Standing::of(framework, dossier, ledger) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (node, leaf) in framework.leaves() {
        let Some(known) = dossier.leaves.get(node.code.as_str()) else {
            continue;
        };
        let now = known.assessment.ledgers.get(ledger).clone();
        let is_penalty = framework.outside_scale(&node.code) == Some(SectionKind::Penalty);
        let is_complete = match is_penalty {
            true => now.points.is_zero(),
            false => now.points >= now.applicable,
        };
        if is_complete {
            continue;
        }
        let facts = facts(framework, (node, leaf), known.assessment, known, dossier.year);
        let best = Contribution {
            points: if is_penalty {
                Exact::zero()
            } else {
                now.applicable.clone()
            },
            applicable: now.applicable.clone(),
            open: Exact::zero(),
        };
        standing.set(&node.code, best);
        if let Some(tally) = standing.tally() {
            let outcome = facts.evaluate(ledger).map(|found| found.outcome);
            found.push(Gain {
                leaf: node.code.clone(),
                shortfall: shortfall(&facts, ledger, is_penalty, outcome.as_ref()),
                effect: &index(&tally) - &standing.index,
                after: standing.shown(&tally),
                evidence: unmet(&facts, ledger).into_iter().map(|one| one.code.clone()).collect(),
                missing: match outcome {
                    Some(Outcome::Missing(missing)) => missing,
                    Some(Outcome::Points(_) | Outcome::NotApplicable) | None => Vec::new(),
                },
                now: now.clone(),
            });
        }
        standing.set(&node.code, now);
    }
    // Leaves of equal effect stay in the order of the document.
    found.sort_by(|one, other| other.effect.cmp(&one.effect));
    found
}

/// Evidence that the leaf needs and does not have: in the declared ledger what is linked counts.
fn unmet<'a>(facts: &'a LeafFacts<'_>, ledger: Ledger) -> Vec<&'a RequiredEvidence> {
    match ledger {
        Ledger::Declared => facts.unlinked(),
        Ledger::Verified | Ledger::Final => facts.unmet(ledger),
    }
}

fn shortfall(facts: &LeafFacts<'_>, ledger: Ledger, is_penalty: bool, outcome: Option<&Outcome>) -> Shortfall {
    if is_penalty {
        return Shortfall::Penalty;
    }
    if outcome.is_none() {
        return match facts.leaf.method {
            Method::Survey | Method::Imported => Shortfall::NotRecorded,
            Method::Appraised if facts.assessment.declaration.is_none() => Shortfall::NotDeclared,
            Method::Appraised => Shortfall::NotVerified,
        };
    }
    let unmet = unmet(facts, ledger);
    if !unmet.is_empty() {
        let is_rejected = |required: &&RequiredEvidence| {
            let links = facts
                .links
                .iter()
                .filter(|link| link.is_active() && link.fits(required));
            links
                .filter_map(|link| link.standing_in(ledger))
                .any(|verdict| verdict.kind == VerdictKind::Rejected)
        };
        return match unmet.iter().any(is_rejected) {
            true => Shortfall::EvidenceRejected,
            false => Shortfall::EvidenceMissing,
        };
    }
    match outcome {
        Some(Outcome::Missing(_)) => Shortfall::DataMissing,
        _ => Shortfall::BelowMaximum,
    }
}

/// The dossier with other figures of some leaves: what is stated counts as if it were verified, with all the evidence that the
/// leaf needs; every other input of the leaf is as it was declared or follows from the rows that are linked. `None` where there is
/// no total.
pub fn tried(
    framework: &Framework,
    dossier: &KnownDossier<'_>,
    ledger: Ledger,
    values: &BTreeMap<String, BTreeMap<String, InputValue>>,
) -> Option<Tried> {
    let mut standing = Standing::of(framework, dossier, ledger)?;
    let now = standing.shown(&standing.tally()?);
    let mut leaves = Vec::new();
    for (node, leaf) in framework.leaves() {
        let Some(stated) = values.get(&node.code) else { continue };
        let Some(known) = dossier.leaves.get(node.code.as_str()) else {
            continue;
        };
        let evaluation = with_values(framework, (node, leaf), known, dossier.year, stated);
        let max = node.points.exact();
        let counted = match &evaluation.outcome {
            Outcome::NotApplicable => Contribution::zero(),
            Outcome::Points(_) | Outcome::Missing(_) => Contribution {
                points: evaluation.points(),
                applicable: max.clone(),
                open: Exact::zero(),
            },
        };
        standing.set(&node.code, counted);
        standing.state(&node.code, stated);
        leaves.push((node.code.clone(), evaluation));
    }
    let after = standing.shown(&standing.tally()?);
    Some(Tried { now, after, leaves })
}

fn with_values(
    framework: &Framework,
    (node, leaf): (&Node, &Leaf),
    known: &KnownLeaf<'_>,
    year: i16,
    stated: &BTreeMap<String, InputValue>,
) -> LeafEvaluation {
    let assessment: &Assessment = known.assessment;
    let facts = facts(framework, (node, leaf), assessment, known, year);
    let mut inputs = facts.inputs(Ledger::Declared);
    let values = stated.iter();
    inputs.extend(values.map(|(code, value)| (code.clone(), InputState::declared(value.clone()))));
    let nothing_to_do = facts.states_nothing_to_do(Ledger::Declared);
    evaluate(leaf, node.points.exact(), &inputs, nothing_to_do).rounded(framework.scoring.round_leaf)
}

#[cfg(test)]
mod tests;
