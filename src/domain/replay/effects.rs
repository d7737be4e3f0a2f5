//! Why an index would move: leaf by leaf, in percentage points that add up to the change of the index.

use std::cmp::Reverse;

use super::{KnownDossier, Replay, facts};
use crate::domain::assessment::{Contribution, Ledger, Ledgers};
use crate::domain::evaluate::{Missing, Outcome};
use crate::domain::exact::Exact;
use crate::domain::framework::{Framework, SectionKind};
use crate::domain::ranking::SealedSums;
use crate::domain::tally::Sums;

/// Why a leaf counts otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Only the other framework has it: there is no data.
    Added,
    /// Only the first framework has it.
    Removed,
    /// The other framework needs an input or evidence that is not there.
    DataMissing,
    /// The rule gives another share of the maximum, or says that the leaf does not apply.
    Rule,
    /// The same share of another maximum, or of a leaf whose weight among all is another.
    Weight,
}

/// What a leaf does to the index of a dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafEffect {
    /// Code in the first framework.
    pub from: Option<String>,
    /// Code in the other framework.
    pub to: Option<String>,
    pub cause: Cause,
    /// What it counts as it is.
    pub before: Option<Contribution>,
    /// What it would count.
    pub after: Option<Contribution>,
    /// What would be missing.
    pub missing: Vec<Missing>,
    /// Percentage points by which it would move the index: points ÷ applicable maximum of the fields, afterwards less before.
    /// What a penalty takes counts against it. Over all leaves they add up to the change of the index before caps of sections,
    /// vetoes, a cut at 100 % and the floor at 0, re-basing by SPREAD or FULL, and points lost by being late.
    pub effect: Exact,
}

impl Replay {
    /// The leaves that count otherwise in a ledger, first the ones that move the index most.
    pub fn effects(&self, dossier: &KnownDossier<'_>, ledger: Ledger) -> Vec<LeafEffect> {
        let (before, after) = (self.as_it_is(dossier), self.under(dossier));
        let (whole_before, whole_after) = (applicable(&before, ledger), applicable(&after, ledger));
        let mut found = Vec::new();
        for (node, leaf) in self.to.leaves() {
            let origin = self.origin(&node.code);
            let old = origin.and_then(|code| before.ledgers(code)).map(|one| one.get(ledger));
            let new = after.ledgers(&node.code).map(|one| one.get(ledger));
            let missing = match (origin, after.leaves.get(&node.code)) {
                (Some(code), Some(assessment)) => dossier.leaves.get(code).map_or_else(Vec::new, |known| {
                    let facts = facts(&self.to, (node, leaf), assessment, known, dossier.year);
                    match facts.evaluate(ledger).map(|found| found.outcome) {
                        Some(Outcome::Missing(missing)) => missing,
                        Some(Outcome::Points(_) | Outcome::NotApplicable) | None => Vec::new(),
                    }
                }),
                _ => Vec::new(),
            };
            let was_missing = origin.is_some_and(|code| self.was_missing(dossier, code, ledger));
            let cause = match (old, new) {
                (None, _) => Cause::Added,
                (Some(_), _) if !missing.is_empty() && !was_missing => Cause::DataMissing,
                (Some(old), Some(new)) if is_same_share(old, new) => Cause::Weight,
                _ => Cause::Rule,
            };
            found.push(LeafEffect {
                from: origin.map(str::to_owned),
                to: Some(node.code.clone()),
                cause,
                effect: &share((&self.to, Some(node.code.as_str())), new, &whole_after)
                    - &share((&self.from, origin), old, &whole_before),
                before: old.cloned(),
                after: new.cloned(),
                missing,
            });
        }
        for (node, _) in self.from.leaves() {
            if self.origins.values().any(|code| *code == node.code) {
                continue;
            }
            let old = before.ledgers(&node.code).map(|one| one.get(ledger));
            found.push(LeafEffect {
                from: Some(node.code.clone()),
                to: None,
                cause: Cause::Removed,
                effect: -&share((&self.from, Some(node.code.as_str())), old, &whole_before),
                before: old.cloned(),
                after: None,
                missing: Vec::new(),
            });
        }
        found.retain(|one| !one.effect.is_zero() || one.before != one.after);
        found.sort_by_cached_key(|one| Reverse(size(&one.effect)));
        found
    }

    fn was_missing(&self, dossier: &KnownDossier<'_>, code: &str, ledger: Ledger) -> bool {
        let (Some(of), Some(known)) = (self.from.leaf(code), dossier.leaves.get(code)) else {
            return false;
        };
        let facts = facts(&self.from, of, known.assessment, known, dossier.year);
        matches!(
            facts.evaluate(ledger).map(|found| found.outcome),
            Some(Outcome::Missing(_))
        )
    }
}

/// The applicable maximum of the fields.
fn applicable(sums: &SealedSums, ledger: Ledger) -> Exact {
    let total = sums
        .ledgers(crate::domain::sheet::TOTAL)
        .map(|one: &Ledgers| one.get(ledger));
    total.map_or_else(Exact::zero, |total| total.applicable.clone())
}

/// Percent of the whole that a leaf gives or, as a penalty, takes; nothing where nothing applies.
fn share((framework, code): (&Framework, Option<&str>), leaf: Option<&Contribution>, whole: &Exact) -> Exact {
    let percent = |leaf: &Contribution| (&leaf.points * &Exact::from(100)).checked_div(whole);
    let share = leaf.and_then(percent).unwrap_or_default();
    let section = code.and_then(|code| framework.outside_scale(code));
    if section == Some(SectionKind::Penalty) {
        -&share
    } else {
        share
    }
}

fn is_same_share(old: &Contribution, new: &Contribution) -> bool {
    old.applicable.is_zero() == new.applicable.is_zero()
        && &old.points * &new.applicable == &new.points * &old.applicable
}

fn size(effect: &Exact) -> Exact {
    if effect.is_negative() { -effect } else { effect.clone() }
}
