//! What happens to the points of leaves that do not apply (domain practice: China's variants A and B, Hà Nam's ratio).
//!
//! * `RATIO`: they leave the denominator. Multiplying points by maximum ÷ applicable maximum instead (variant A) gives the
//!   same percentages, so that it is no setting of its own.
//! * `SPREAD` (variant B): they go in equal parts to the leaves that apply under the nearest node above that has any, at
//!   whatever depth; if the whole field does not apply, to all leaves of the fields that do. A leaf with s of m points
//!   that weighs m′ then counts s × m′ ÷ m of m′. Its own percentage stays; those of nodes and the total change.
//! * `FULL`: they count as reached. A unit or node to which nothing applies has no percentage all the same.
//!
//! Which leaves apply is a question of the ledger: evidence that states that there was nothing to do may take a leaf out.

use std::collections::BTreeMap;

use super::NodeTally;
use crate::domain::assessment::Contribution;
use crate::domain::exact::Exact;
use crate::domain::framework::{Framework, Node, Rebase};

/// What became of one leaf that does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebased {
    /// Code of the leaf.
    pub leaf: String,
    pub points: Exact,
    /// The leaves that its points went to in equal parts; none where they count as reached.
    pub over: Vec<String>,
}

type Rebasing = (Contribution, BTreeMap<String, NodeTally>, Vec<Rebased>);

/// The fields' sum and every node as it is shown, sections still without their caps.
pub(super) fn rebase<'a>(
    framework: &Framework,
    total: &Contribution,
    raw: &dyn Fn(&str) -> Option<&'a Contribution>,
) -> Rebasing {
    let mut nodes: BTreeMap<String, NodeTally> = BTreeMap::new();
    for node in &framework.nodes {
        if let Some(found) = raw(&node.code) {
            let tally = NodeTally {
                shown: found.clone(),
                applies: !found.applicable.is_zero(),
            };
            nodes.insert(node.code.clone(), tally);
        }
    }
    // Where nothing applies at all there is nothing to spread over, and nothing is given for it.
    if framework.scoring.rebase == Rebase::Ratio || total.applicable.is_zero() {
        return (total.clone(), nodes, Vec::new());
    }
    let leaves = Leaves::of(framework, &nodes);
    let rebased: Vec<Rebased> = leaves.excluded().collect();
    let weights = match framework.scoring.rebase {
        Rebase::Spread => leaves.weights(&rebased),
        Rebase::Ratio | Rebase::Full => BTreeMap::new(),
    };
    let mut base = Contribution::zero();
    let mut sums: BTreeMap<&str, Contribution> = BTreeMap::new();
    for leaf in &leaves.all {
        let Some(found) = nodes.get_mut(&leaf.node.code) else {
            continue;
        };
        if let Some(weight) = weights.get(leaf.node.code.as_str()) {
            found.shown = weighed(&found.shown, weight);
        } else if !leaf.applies && framework.scoring.rebase == Rebase::Full {
            found.shown = granted(leaf.node.points.exact());
        }
        base.add(&found.shown);
        for above in &leaf.above {
            sums.entry(above).or_insert_with(Contribution::zero).add(&found.shown);
        }
    }
    for (code, shown) in sums {
        if let Some(node) = nodes.get_mut(code) {
            node.shown = shown;
        }
    }
    (base, nodes, rebased)
}

/// A leaf that counts so much more than its own maximum.
fn weighed(raw: &Contribution, weight: &Exact) -> Contribution {
    let by = |points: &Exact| (points * weight).checked_div(&raw.applicable).unwrap_or_default();
    Contribution {
        points: by(&raw.points),
        applicable: weight.clone(),
        open: by(&raw.open),
    }
}

/// A leaf that counts as reached.
fn granted(maximum: &Exact) -> Contribution {
    Contribution {
        points: maximum.clone(),
        applicable: maximum.clone(),
        open: Exact::zero(),
    }
}

/// A leaf inside the scale.
struct Leaf<'a> {
    node: &'a Node,
    /// The nodes above, nearest first.
    above: Vec<&'a str>,
    applies: bool,
}

struct Leaves<'a> {
    all: Vec<Leaf<'a>>,
    full: bool,
}

impl<'a> Leaves<'a> {
    fn of(framework: &'a Framework, nodes: &BTreeMap<String, NodeTally>) -> Self {
        let inside = framework.leaves().filter_map(|(node, _)| {
            let above = framework.ancestors(&node.code);
            let top = above.last().copied().unwrap_or(node);
            let found = nodes.get(&node.code).filter(|_| top.section.is_none())?;
            Some(Leaf {
                node,
                above: above.into_iter().map(|above| above.code.as_str()).collect(),
                applies: found.applies,
            })
        });
        Self {
            all: inside.collect(),
            full: framework.scoring.rebase == Rebase::Full,
        }
    }

    fn excluded(&self) -> impl Iterator<Item = Rebased> {
        self.all.iter().filter(|leaf| !leaf.applies).map(|leaf| Rebased {
            leaf: leaf.node.code.clone(),
            points: leaf.node.points.exact().clone(),
            over: if self.full { Vec::new() } else { self.heirs(leaf) },
        })
    }

    /// The leaves that apply under the nearest node above that has any, in the end all of them.
    fn heirs(&self, leaf: &Leaf<'_>) -> Vec<String> {
        let applying = || self.all.iter().filter(|other| other.applies);
        let codes = |leaf: &Leaf<'_>| leaf.node.code.clone();
        for above in &leaf.above {
            let under: Vec<String> = applying()
                .filter(|other| other.above.contains(above))
                .map(codes)
                .collect();
            if !under.is_empty() {
                return under;
            }
        }
        applying().map(codes).collect()
    }

    /// What each leaf that applies weighs.
    fn weights(&self, rebased: &[Rebased]) -> BTreeMap<&'a str, Exact> {
        let applying = self.all.iter().filter(|leaf| leaf.applies);
        let mut weights: BTreeMap<&str, Exact> = applying
            .map(|leaf| (leaf.node.code.as_str(), leaf.node.points.exact().clone()))
            .collect();
        for one in rebased {
            let heirs = Exact::from(one.over.len() as u64);
            let Some(share) = one.points.checked_div(&heirs) else {
                continue;
            };
            for heir in &one.over {
                if let Some(weight) = weights.get_mut(heir.as_str()) {
                    *weight = &*weight + &share;
                }
            }
        }
        weights
    }
}
