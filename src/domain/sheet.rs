//! Totals of one dossier per node: sums of the leaves' contributions in the three ledgers, updated incrementally.
//!
//! Sums of exact rationals do not depend on their order, so a total that is updated by differences equals the one
//! that is computed from scratch; a property test holds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::assessment::{Contribution, Ledgers};
use super::exact::Exact;
use super::framework::{Framework, Scoring, TotalOf};

/// The id of the document that holds the dossier's total.
pub const TOTAL: &str = "total";

impl Contribution {
    /// Nothing at all.
    pub fn zero() -> Self {
        Self {
            points: Exact::zero(),
            applicable: Exact::zero(),
            open: Exact::zero(),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.points = &self.points + &other.points;
        self.applicable = &self.applicable + &other.applicable;
        self.open = &self.open + &other.open;
    }

    fn subtract(&mut self, other: &Self) {
        self.points = &self.points - &other.points;
        self.applicable = &self.applicable - &other.applicable;
        self.open = &self.open - &other.open;
    }
}

impl Ledgers {
    /// Nothing at all.
    pub fn zero() -> Self {
        Self {
            declared: Contribution::zero(),
            verified: Contribution::zero(),
            last: Contribution::zero(),
        }
    }

    /// A leaf of that maximum before anything is known: all of it is applicable and open.
    pub fn unknown(max: &Exact) -> Self {
        let contribution = Contribution {
            points: Exact::zero(),
            applicable: max.clone(),
            open: max.clone(),
        };
        Self {
            declared: contribution.clone(),
            verified: contribution.clone(),
            last: contribution,
        }
    }

    fn each<'a>(&'a mut self, other: &'a Self) -> [(&'a mut Contribution, &'a Contribution); 3] {
        [
            (&mut self.declared, &other.declared),
            (&mut self.verified, &other.verified),
            (&mut self.last, &other.last),
        ]
    }

    /// Adds another's contributions.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.each(other) {
            mine.add(theirs);
        }
    }

    /// Takes another's contributions away.
    pub fn subtract(&mut self, other: &Self) {
        for (mine, theirs) in self.each(other) {
            mine.subtract(theirs);
        }
    }
}

/// Totals of one node of one dossier (bảng điểm).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SheetNode {
    /// Code of the node, or [`TOTAL`].
    pub node: String,
    pub ledgers: Ledgers,
}

/// The nodes whose totals a leaf is part of, and the total, of which sections outside the scale are no part.
pub fn nodes_above(framework: &Framework, leaf: &str) -> Vec<String> {
    let mut nodes: Vec<String> = framework
        .ancestors(leaf)
        .into_iter()
        .map(|node| node.code.clone())
        .collect();
    if framework.outside_scale(leaf).is_none() {
        nodes.push(TOTAL.to_owned());
    }
    nodes
}

/// All totals from scratch.
pub fn recompute<'a>(
    framework: &Framework,
    leaves: impl IntoIterator<Item = (&'a str, &'a Ledgers)>,
) -> BTreeMap<String, Ledgers> {
    let mut totals = BTreeMap::from([(TOTAL.to_owned(), Ledgers::zero())]);
    for node in &framework.nodes {
        if node.leaf.is_none() {
            totals.insert(node.code.clone(), Ledgers::zero());
        }
    }
    for (leaf, ledgers) in leaves {
        for node in nodes_above(framework, leaf) {
            totals.entry(node).or_insert_with(Ledgers::zero).add(ledgers);
        }
    }
    totals
}

/// A percentage of the applicable maximum, exact; `None` when nothing is applicable.
pub fn percent(contribution: &Contribution) -> Option<Exact> {
    if contribution.applicable.is_zero() {
        return None;
    }
    Some(&(&contribution.points * &Exact::from_integer(100)) / &contribution.applicable)
}

/// The displayed total and percentage of a contribution: half-up at `roundTotal` places.
///
/// With `totalOf: ROUNDED` the percentage is computed from the displayed points.
pub fn displayed(contribution: &Contribution, scoring: &Scoring) -> (String, Option<String>) {
    let points = contribution.points.rounded(scoring.round_total);
    let base = match scoring.total_of {
        TotalOf::Exact => contribution.clone(),
        TotalOf::Rounded => Contribution {
            points: Exact::parse_decimal(&points).unwrap_or_else(|_| contribution.points.clone()),
            ..contribution.clone()
        },
    };
    (points, percent(&base).map(|value| value.rounded(scoring.round_total)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_applies_has_no_percentage() {
        assert_eq!(percent(&Contribution::zero()), None);
    }
}
