//! Which node of one framework is which of another.

use std::collections::BTreeMap;

use crate::domain::framework::{Framework, Node};
use crate::domain::text::folded;

/// Nodes of two frameworks, each with at most one of the other.
pub(super) struct Pairs<'a> {
    first_by_second: BTreeMap<&'a str, &'a Node>,
    second_by_first: BTreeMap<&'a str, &'a Node>,
}

impl<'a> Pairs<'a> {
    /// The node of the first framework that a code of the second one stands for.
    pub(super) fn of_second(&self, code: &str) -> Option<&'a Node> {
        self.first_by_second.get(code).copied()
    }

    /// Whether the second framework has a node of the first one.
    pub(super) fn has_first(&self, code: &str) -> bool {
        self.second_by_first.contains_key(code)
    }

    /// Pairs what is left and has a key that is the only one of its kind on either side.
    fn add<K: Ord>(
        &mut self,
        first: &'a Framework,
        second: &'a Framework,
        key: impl Fn(&Framework, &Node) -> Option<K>,
    ) {
        let of_first = only(first, &key, |code| self.second_by_first.contains_key(code));
        let mut of_second = only(second, &key, |code| self.first_by_second.contains_key(code));
        for (key, one) in of_first {
            if let Some(other) = of_second.remove(&key) {
                self.second_by_first.insert(&one.code, other);
                self.first_by_second.insert(&other.code, one);
            }
        }
    }
}

/// The nodes that are left and alone with their key.
fn only<K: Ord>(
    framework: &Framework,
    key: impl Fn(&Framework, &Node) -> Option<K>,
    is_taken: impl Fn(&str) -> bool,
) -> BTreeMap<K, &Node> {
    let mut found: BTreeMap<K, Vec<&Node>> = BTreeMap::new();
    for node in framework.nodes.iter().filter(|node| !is_taken(&node.code)) {
        if let Some(key) = key(framework, node) {
            found.entry(key).or_default().push(node);
        }
    }
    let alone = found.into_iter().filter(|(_, nodes)| nodes.len() == 1);
    alone.map(|(key, nodes)| (key, nodes[0])).collect()
}

/// Pairs the nodes of two frameworks, the surest pairs first. Which of the two comes first makes no difference.
pub(super) fn pairs<'a>(first: &'a Framework, second: &'a Framework) -> Pairs<'a> {
    let mut pairs = Pairs {
        first_by_second: BTreeMap::new(),
        second_by_first: BTreeMap::new(),
    };
    // Names repeat in real documents ("plan completion"), so that the node above tells some of them apart.
    pairs.add(first, second, |framework, node| {
        Some((node.code.clone(), name(node)?, name_above(framework, node)))
    });
    pairs.add(first, second, |framework, node| {
        Some((name(node)?, name_above(framework, node), node.leaf.is_some()))
    });
    pairs.add(first, second, |_, node| Some((node.code.clone(), name(node)?)));
    pairs.add(first, second, |_, node| Some((name(node)?, node.leaf.is_some())));
    pairs.add(first, second, |_, node| Some(node.code.clone()));
    pairs
}

/// The Vietnamese name, which is that of the document, as people compare it; `None` if no word is in it.
fn name(node: &Node) -> Option<String> {
    Some(folded(&node.name.vi)).filter(|name| !name.is_empty())
}

fn name_above(framework: &Framework, node: &Node) -> Option<String> {
    name(framework.node(node.parent.as_deref()?)?)
}
