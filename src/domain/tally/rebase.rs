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
    /// The node under which its points were spread; absent where they went to all fields, or count as reached.
    pub under: Option<String>,
    /// To how many leaves they went, in equal parts; 0 where they count as reached.
    pub shares: u32,
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
    let spread = framework.scoring.rebase == Rebase::Spread;
    let (weights, rebased) = if spread { leaves.spread() } else { leaves.counted() };
    let mut base = Contribution::zero();
    let mut sums: BTreeMap<&str, Contribution> = BTreeMap::new();
    for leaf in &leaves.all {
        let Some(found) = nodes.get_mut(&leaf.node.code) else {
            continue;
        };
        if let Some(weight) = weights.get(leaf.node.code.as_str()) {
            found.shown = weighed(&found.shown, weight);
        } else if !leaf.applies && !spread {
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
}

/// What each leaf that applies weighs, and what became of the others.
type Weights<'a> = (BTreeMap<&'a str, Exact>, Vec<Rebased>);

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
        Self { all: inside.collect() }
    }

    fn excluded(&self) -> impl Iterator<Item = &Leaf<'a>> {
        self.all.iter().filter(|leaf| !leaf.applies)
    }

    /// What does not apply counts as reached: no leaf weighs more.
    fn counted(&self) -> Weights<'a> {
        let counted = self.excluded().map(|leaf| Rebased {
            leaf: leaf.node.code.clone(),
            points: leaf.node.points.exact().clone(),
            under: None,
            shares: 0,
        });
        (BTreeMap::new(), counted.collect())
    }

    /// What does not apply goes in equal parts to its heirs.
    fn spread(&self) -> Weights<'a> {
        let applying = self.all.iter().filter(|leaf| leaf.applies);
        let mut weights: BTreeMap<&str, Exact> = applying
            .map(|leaf| (leaf.node.code.as_str(), leaf.node.points.exact().clone()))
            .collect();
        let mut rebased = Vec::new();
        for leaf in self.excluded() {
            let (under, heirs) = self.heirs(leaf);
            let points = leaf.node.points.exact();
            let Some(share) = points.checked_div(&Exact::from(heirs.len() as u64)) else {
                continue;
            };
            for heir in &heirs {
                if let Some(weight) = weights.get_mut(heir) {
                    *weight = &*weight + &share;
                }
            }
            rebased.push(Rebased {
                leaf: leaf.node.code.clone(),
                points: points.clone(),
                under: under.map(str::to_owned),
                shares: u32::try_from(heirs.len()).unwrap_or(u32::MAX),
            });
        }
        (weights, rebased)
    }

    /// The nearest node above that has leaves which apply, with these; in the end all of them, under none.
    fn heirs(&self, leaf: &Leaf<'a>) -> (Option<&'a str>, Vec<&'a str>) {
        let applying = || self.all.iter().filter(|other| other.applies);
        for above in &leaf.above {
            let under = applying().filter(|other| other.above.contains(above));
            let under: Vec<&str> = under.map(|other| other.node.code.as_str()).collect();
            if !under.is_empty() {
                return (Some(above), under);
            }
        }
        (None, applying().map(|other| other.node.code.as_str()).collect())
    }
}
