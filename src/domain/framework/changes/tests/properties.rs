use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{base, read};
use crate::domain::exact::Decimal;
use crate::domain::framework::{Framework, FrameworkChanges, Node, NodeChange};
use crate::domain::text::Text;

/// Up to twelve nodes with few names, so that many are alike, each below one before it.
fn any_framework() -> impl Strategy<Value = Framework> {
    let node = (
        0..16_u32,
        0..5_usize,
        any::<bool>(),
        1..3_i64,
        any::<Index>(),
        0..4_usize,
    );
    prop::collection::vec(node, 0..12).prop_map(|outline| {
        let mut framework = read(&base());
        let sample = framework.nodes[1].clone();
        framework.nodes.clear();
        for (code, name, is_leaf, points, parent, kind) in outline {
            let code = code.to_string();
            if framework.node(&code).is_some() {
                continue;
            }
            let mut node = sample.clone();
            node.code = code;
            // One name without a word in it, which says nothing.
            let name = ["Một", "Hai", "Ba", "Bốn", "–"][name];
            node.name = Text::same(name);
            node.points = Decimal::from_integer(points);
            let groups: Vec<&Node> = framework.nodes.iter().filter(|node| node.leaf.is_none()).collect();
            node.parent = (!groups.is_empty() && kind > 0).then(|| parent.get(&groups).code.clone());
            match &mut node.leaf {
                Some(leaf) if is_leaf => {
                    leaf.appraiser = format!("D{}", kind % 2);
                    leaf.inputs.truncate(kind % 3);
                }
                leaf => *leaf = None,
            }
            framework.nodes.push(node);
        }
        framework
    })
}

/// Codes of the nodes that one side of the lines names.
fn named(changes: &FrameworkChanges, side: impl Fn(&NodeChange) -> &Option<Node>) -> Vec<String> {
    let sides = changes.nodes.iter().filter_map(|change| side(change).as_ref());
    sides.map(|node| node.code.clone()).collect()
}

/// Puts the lines into the first framework: what is gone goes, what is new or different comes as the second has it.
fn applied(from: &Framework, changes: &FrameworkChanges) -> BTreeMap<String, Node> {
    let mut nodes: BTreeMap<String, Node> = from
        .nodes
        .iter()
        .map(|node| (node.code.clone(), node.clone()))
        .collect();
    for code in named(changes, |change| &change.from) {
        assert!(
            nodes.remove(&code).is_some(),
            "{code} is in two lines or in no framework"
        );
    }
    let moved: BTreeMap<&str, &str> = changes
        .nodes
        .iter()
        .filter_map(|change| Some((change.from.as_ref()?.code.as_str(), change.to.as_ref()?.code.as_str())))
        .collect();
    // What stays below a node that has another code now stays below that.
    for node in nodes.values_mut() {
        if let Some(parent) = node.parent.as_deref().and_then(|parent| moved.get(parent)) {
            node.parent = Some((*parent).to_owned());
        }
    }
    for node in changes.nodes.iter().filter_map(|change| change.to.clone()) {
        let twice = nodes.insert(node.code.clone(), node);
        assert_eq!(twice, None, "a node is in two lines, or in one and unchanged");
    }
    nodes
}

proptest! {
    #[test]
    fn a_framework_changes_nothing_against_itself(framework in any_framework()) {
        let changes = framework.changes_to(&framework);
        prop_assert!(changes.nodes.is_empty(), "{:#?}", changes);
        prop_assert!(changes.settings.is_empty());
        prop_assert_eq!(changes.unchanged, framework.nodes.len());
    }

    #[test]
    fn the_lines_make_the_second_framework_of_the_first(from in any_framework(), to in any_framework()) {
        let changes = from.changes_to(&to);
        let wanted: BTreeMap<String, Node> = to.nodes.iter().map(|node| (node.code.clone(), node.clone())).collect();
        prop_assert_eq!(applied(&from, &changes), wanted);
        // Each node of either side is in one line, or in none and counted.
        prop_assert_eq!(named(&changes, |change| &change.from).len() + changes.unchanged, from.nodes.len());
        prop_assert_eq!(named(&changes, |change| &change.to).len() + changes.unchanged, to.nodes.len());
    }

    #[test]
    fn the_other_way_round_the_sides_are_swapped(from in any_framework(), to in any_framework()) {
        let turned = |change: &NodeChange| format!("{:?} {:?} {:?}",
            change.to.as_ref().map(|node| &node.code), change.from.as_ref().map(|node| &node.code), change.aspects);
        let straight = |change: &NodeChange| format!("{:?} {:?} {:?}",
            change.from.as_ref().map(|node| &node.code), change.to.as_ref().map(|node| &node.code), change.aspects);
        let mut there: Vec<String> = from.changes_to(&to).nodes.iter().map(straight).collect();
        let mut back: Vec<String> = to.changes_to(&from).nodes.iter().map(turned).collect();
        there.sort();
        back.sort();
        prop_assert_eq!(there, back);
    }
}
