//! What one framework changes against another: its settings, and its nodes one by one.
//!
//! **Knows nothing** of which of the two came first, nor of dossiers that were scored by either.

mod pairing;
mod settings;

pub use settings::{Setting, SettingChange};

use std::collections::BTreeMap;

use super::{Framework, Leaf, Node, RequiredEvidence};
use crate::domain::input::InputSpec;
use crate::domain::text::folded;

/// Everything that differs between two frameworks but their codes and versions. The order in which nodes, inputs and
/// requirements stand is not compared: no points depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameworkChanges {
    pub settings: Vec<SettingChange>,
    /// First what the second framework has, in its order, then what it has no more, in the order of the first one.
    pub nodes: Vec<NodeChange>,
    /// How many nodes both have as they are.
    pub unchanged: usize,
}

/// A node that differs, at least one side of which is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeChange {
    pub from: Option<Node>,
    pub to: Option<Node>,
    /// In which respects; none for a node of one side only.
    pub aspects: Vec<NodeAspect>,
    /// Inputs that differ; none for a node of one side only.
    pub inputs: Vec<PartChange<InputSpec>>,
    /// Required evidence that differs; none for a node of one side only.
    pub required_evidence: Vec<PartChange<RequiredEvidence>>,
}

/// What became of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeChangeKind {
    /// Only the second framework has it.
    Added,
    /// Only the first framework has it.
    Removed,
    /// It stands under another code or another node, whatever else is different.
    Moved,
    /// It stands where it stood.
    Changed,
}

/// In which respect a node differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeAspect {
    Code,
    /// Another node above, not the same one under another code.
    Parent,
    Name,
    MaxPoints,
    /// Whether and how it is a section outside the scale.
    Section,
    /// Who provides the inputs; also where a leaf became a node with nodes below, or the other way round.
    Method,
    Department,
    /// The parameters of the rule; the points that they mean follow from the maximum as well.
    Rule,
    Inputs,
    RequiredEvidence,
    NotApplicableWhen,
    Veto,
}

/// An input or requirement that differs, at least one side of which is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartChange<T> {
    pub code: String,
    pub from: Option<T>,
    pub to: Option<T>,
}

impl NodeChange {
    /// What became of the node.
    pub fn kind(&self) -> NodeChangeKind {
        let is_elsewhere = |aspect: &NodeAspect| matches!(aspect, NodeAspect::Code | NodeAspect::Parent);
        match (&self.from, &self.to) {
            (None, _) => NodeChangeKind::Added,
            (_, None) => NodeChangeKind::Removed,
            _ if self.aspects.iter().any(is_elsewhere) => NodeChangeKind::Moved,
            _ => NodeChangeKind::Changed,
        }
    }

    fn one_sided(from: Option<&Node>, to: Option<&Node>) -> Self {
        Self {
            from: from.cloned(),
            to: to.cloned(),
            aspects: Vec::new(),
            inputs: Vec::new(),
            required_evidence: Vec::new(),
        }
    }

    /// A node of both; `other_parent` says whether it was put below another node.
    fn between(from: &Node, to: &Node, other_parent: bool) -> Self {
        let (old, new) = (from.leaf.as_ref(), to.leaf.as_ref());
        let inputs = parts(
            old.map_or(&[], |leaf| &leaf.inputs[..]),
            new.map_or(&[], |leaf| &leaf.inputs[..]),
            |input| &input.code,
        );
        let required_evidence = parts(
            old.map_or(&[], |leaf| &leaf.required_evidence[..]),
            new.map_or(&[], |leaf| &leaf.required_evidence[..]),
            |required| &required.code,
        );
        let respects = [
            (NodeAspect::Code, from.code != to.code),
            (NodeAspect::Parent, other_parent),
            (NodeAspect::Name, from.name != to.name),
            (NodeAspect::MaxPoints, from.points != to.points),
            (NodeAspect::Section, from.section != to.section),
            (
                NodeAspect::Method,
                old.map(|leaf| leaf.method) != new.map(|leaf| leaf.method),
            ),
            (NodeAspect::Department, differs(old, new, |leaf| Some(&leaf.appraiser))),
            (NodeAspect::Rule, differs(old, new, |leaf| Some(&leaf.rule))),
            (NodeAspect::Inputs, !inputs.is_empty()),
            (NodeAspect::RequiredEvidence, !required_evidence.is_empty()),
            (
                NodeAspect::NotApplicableWhen,
                differs(old, new, |leaf| leaf.not_applicable_when.as_ref()),
            ),
            (NodeAspect::Veto, differs(old, new, |leaf| leaf.veto.as_ref())),
        ];
        let aspects = respects.into_iter().filter(|(_, differs)| *differs);
        Self {
            from: Some(from.clone()),
            to: Some(to.clone()),
            aspects: aspects.map(|(aspect, _)| aspect).collect(),
            inputs,
            required_evidence,
        }
    }
}

fn differs<'a, T: PartialEq + 'a>(
    old: Option<&'a Leaf>,
    new: Option<&'a Leaf>,
    part: impl Fn(&'a Leaf) -> Option<&'a T>,
) -> bool {
    old.and_then(&part) != new.and_then(&part)
}

/// What differs between two lists of parts that are named by codes.
fn parts<T: Clone + PartialEq>(old: &[T], new: &[T], code: impl Fn(&T) -> &String) -> Vec<PartChange<T>> {
    let find = |list: &[T], wanted: &T| list.iter().find(|one| code(one) == code(wanted)).cloned();
    let kept = new.iter().map(|part| (find(old, part), Some(part.clone())));
    let gone = old
        .iter()
        .filter(|part| find(new, part).is_none())
        .map(|part| (Some(part.clone()), None));
    let change = |(from, to): (Option<T>, Option<T>)| PartChange {
        code: from.as_ref().or(to.as_ref()).map(&code).cloned().unwrap_or_default(),
        from,
        to,
    };
    kept.chain(gone).filter(|(from, to)| from != to).map(change).collect()
}

impl Framework {
    /// The same without those that share nothing but their code: where another criterion took a code over, what is known of the
    /// old one says nothing of it. A leaf with another name and the same rule and inputs is the old one under a new name.
    pub fn same_leaves_of(&self, other: &Self) -> BTreeMap<String, String> {
        let mut leaves = self.leaves_of(other);
        leaves.retain(|code, origin| {
            let (Some((node, leaf)), Some((old_node, old))) = (other.leaf(code), self.leaf(origin)) else {
                return false;
            };
            let same_name = folded(&node.name.vi) == folded(&old_node.name.vi);
            same_name || (leaf.rule == old.rule && leaf.inputs == old.inputs)
        });
        leaves
    }

    /// The node of this framework that each node of the other one is, by code, whichever both were renumbered to; nothing for
    /// what is new.
    pub fn nodes_of(&self, other: &Self) -> BTreeMap<String, String> {
        let pairs = pairing::pairs(self, other);
        let pair = |node: &Node| Some((node.code.clone(), pairs.of_second(&node.code)?.code.clone()));
        other.nodes.iter().filter_map(pair).collect()
    }

    /// The leaf of this framework that each leaf of the other one is, by code; nothing for what is new, or was a node with
    /// nodes below.
    pub fn leaves_of(&self, other: &Self) -> BTreeMap<String, String> {
        let pairs = pairing::pairs(self, other);
        let pair = |(node, _): (&Node, &Leaf)| {
            let origin = pairs.of_second(&node.code).filter(|origin| origin.leaf.is_some())?;
            Some((node.code.clone(), origin.code.clone()))
        };
        other.leaves().filter_map(pair).collect()
    }

    /// What the other framework changes against this one.
    ///
    /// A node of one is at most one node of the other, found by what is left: the one with its code, its name and that of
    /// the node above; the only one with its name and that of the node above; the one with its code and name; the only
    /// one with its name; the one under its code. So every node of either side is unchanged or in exactly one line.
    pub fn changes_to(&self, other: &Self) -> FrameworkChanges {
        let pairs = pairing::pairs(self, other);
        let mut nodes = Vec::new();
        for to in &other.nodes {
            nodes.push(match pairs.of_second(&to.code) {
                None => NodeChange::one_sided(None, Some(to)),
                Some(from) => {
                    let above = to.parent.as_deref().map(|code| pairs.of_second(code));
                    let above = above.map(|node| node.map(|node| node.code.as_str()));
                    NodeChange::between(from, to, above != from.parent.as_deref().map(Some))
                }
            });
        }
        let compared = nodes.len();
        nodes.retain(|change| change.kind() != NodeChangeKind::Changed || !change.aspects.is_empty());
        let unchanged = compared - nodes.len();
        let gone = self.nodes.iter().filter(|node| !pairs.has_first(&node.code));
        nodes.extend(gone.map(|node| NodeChange::one_sided(Some(node), None)));
        FrameworkChanges {
            settings: settings::changes(self, other),
            nodes,
            unchanged,
        }
    }
}

#[cfg(test)]
mod tests;
