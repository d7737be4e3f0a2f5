//! A framework with other weights or another rounding, to see how a ranking would move.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::exact::{Decimal, Exact};
use crate::domain::framework::{Framework, Rebase, RoundLeaf, TotalOf};

/// What is adjusted; everything else stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adjustment {
    /// Other maximum points of leaves. Those of the nodes above and the scale follow.
    pub points: Vec<PointsOf>,
    pub round_leaf: Option<RoundLeaf>,
    pub round_total: Option<u32>,
    pub total_of: Option<TotalOf>,
    pub rebase: Option<Rebase>,
}

/// Maximum points of one leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointsOf {
    pub leaf: String,
    pub points: Decimal,
}

/// Why points cannot be adjusted; the place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAdjustable {
    /// The framework has no such leaf.
    Unknown(usize),
    /// The leaf was named before.
    Twice(usize),
}

impl Framework {
    /// The framework with an adjustment. Whether the result makes sense is for its lint.
    ///
    /// # Errors
    /// The place of what names no leaf, or one again.
    pub fn adjusted(&self, adjustment: &Adjustment) -> Result<Self, NotAdjustable> {
        let mut other = self.clone();
        let mut seen = BTreeSet::new();
        for (place, one) in adjustment.points.iter().enumerate() {
            let node = other
                .nodes
                .iter_mut()
                .find(|node| node.code == one.leaf && node.leaf.is_some());
            let node = node.ok_or(NotAdjustable::Unknown(place))?;
            if !seen.insert(&one.leaf) {
                return Err(NotAdjustable::Twice(place));
            }
            node.points = one.points.clone();
        }
        if !seen.is_empty() {
            other.add_up();
        }
        let scoring = &mut other.scoring;
        scoring.round_leaf = adjustment.round_leaf.unwrap_or(scoring.round_leaf);
        scoring.round_total = adjustment.round_total.unwrap_or(scoring.round_total);
        scoring.total_of = adjustment.total_of.unwrap_or(scoring.total_of);
        scoring.rebase = adjustment.rebase.unwrap_or(scoring.rebase);
        Ok(other)
    }

    /// Makes the points of every node that is no leaf the sum of its leaves, and the scale that of the fields.
    fn add_up(&mut self) {
        let mut sums: BTreeMap<String, Exact> = BTreeMap::new();
        let mut scale = Exact::zero();
        for (node, _) in self.leaves() {
            for above in self.ancestors(&node.code) {
                let sum = sums.entry(above.code.clone()).or_default();
                *sum = &*sum + node.points.exact();
            }
            if self.outside_scale(&node.code).is_none() {
                scale = &scale + node.points.exact();
            }
        }
        // Sums of decimals are decimals.
        for node in self.nodes.iter_mut().filter(|node| node.leaf.is_none()) {
            if let Some(points) = sums.remove(&node.code).and_then(|sum| Decimal::from_exact(&sum)) {
                node.points = points;
            }
        }
        if let Some(scale) = Decimal::from_exact(&scale) {
            self.scale = scale;
        }
    }
}
