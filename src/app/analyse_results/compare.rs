//! Two rounds of any years, node by node, of one unit or of a group's means.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::nodes::UnitResult;
use super::{Edition, NamedNode, PublicationRef, Published};
use crate::app::Session;
use crate::app::error::Error;
use crate::domain::analysis::{Spread, gain};
use crate::domain::exact::Exact;
use crate::domain::framework::{Framework, Node};

/// What is compared.
pub struct ComparisonQuestion {
    pub first: PublicationRef,
    pub second: PublicationRef,
    /// A group, in both rounds under this code; or else a unit.
    pub group: Option<String>,
    pub unit: Option<String>,
}

/// Two rounds against each other.
pub struct Comparison {
    pub first: Edition,
    pub second: Edition,
    pub places: u32,
    /// Percentages of the total.
    pub total: (Option<String>, Option<String>),
    /// First what the second round has, in the order of its framework, then what it has no more.
    pub nodes: Vec<ComparedNode>,
}

/// A node of at least one of two rounds.
#[derive(Clone)]
pub struct ComparedNode {
    pub first: Option<NodeOfSide>,
    pub second: Option<NodeOfSide>,
}

/// A node in one round.
#[derive(Clone)]
pub struct NodeOfSide {
    pub node: NamedNode,
    /// Displayed percentage of the unit, or the mean of the group's; absent where it does not apply.
    pub percent: Option<String>,
}

impl ComparedNode {
    /// Percentage points; `None` without two percentages.
    pub fn change(&self) -> Option<Exact> {
        let percent = |side: &Option<NodeOfSide>| side.as_ref()?.percent.clone();
        change(percent(&self.first).as_deref(), percent(&self.second).as_deref())
    }
}

/// Percentage points between two percentages.
pub fn change(first: Option<&str>, second: Option<&str>) -> Option<Exact> {
    first.zip(second).map(|(first, second)| gain(first, second))
}

/// One of the two sides.
struct Side {
    framework: Arc<Framework>,
    total: Option<String>,
    /// By node.
    percents: BTreeMap<String, String>,
    places: u32,
    /// Whether leaves are compared, too.
    has_leaves: bool,
}

impl Session {
    /// Two rounds against each other.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless exactly one of group and unit is named, [`Error::NotFound`] for what is not published.
    pub async fn comparison(&self, question: &ComparisonQuestion) -> Result<Comparison, Error> {
        let first = self.published(&question.first, "first.round").await?;
        let second = self.published(&question.second, "second.round").await?;
        let (of_first, of_second) = match (&question.group, &question.unit) {
            (Some(group), None) => (
                Side::of_group(&first, group).await?,
                Side::of_group(&second, group).await?,
            ),
            (None, Some(unit)) => (Side::of_unit(&first, unit).await?, Side::of_unit(&second, unit).await?),
            (Some(_), Some(_)) | (None, None) => {
                return Err(Error::invalid(
                    "group",
                    "Nêu đúng một trong group và unit.",
                    "Name exactly one of group and unit.",
                ));
            }
        };
        Ok(Comparison {
            first: first.edition(),
            second: second.edition(),
            places: of_first.places.max(of_second.places),
            nodes: compared(&of_first, &of_second),
            total: (of_first.total, of_second.total),
        })
    }
}

/// A field may be assessed itself.
fn is_field_or_criterion(node: &Node) -> bool {
    node.leaf.is_none() || node.parent.is_none()
}

fn compared(first: &Side, second: &Side) -> Vec<ComparedNode> {
    let pairs = first.framework.nodes_of(&second.framework);
    let mut nodes: Vec<ComparedNode> = second
        .framework
        .nodes
        .iter()
        .filter(|node| second.lists(node))
        .map(|node| ComparedNode {
            first: pairs.get(&node.code).and_then(|code| first.node(code)),
            second: second.node(&node.code),
        })
        .collect();
    let kept: BTreeSet<&String> = pairs.values().collect();
    let gone = first.framework.nodes.iter().filter(|node| !kept.contains(&node.code));
    let gone = gone.filter(|node| first.lists(node));
    nodes.extend(gone.map(|node| ComparedNode {
        first: first.node(&node.code),
        second: None,
    }));
    nodes
}

impl Side {
    async fn of_group(published: &Published<'_>, group: &str) -> Result<Self, Error> {
        let summary = published.group("group", group)?;
        let mean = |spread: &Spread| spread.mean.exact().rounded(summary.places);
        Ok(Self {
            framework: published.framework("group", summary).await?,
            total: summary.total.as_ref().map(mean),
            percents: summary
                .nodes
                .iter()
                .map(|(node, spread)| (node.clone(), mean(spread)))
                .collect(),
            places: summary.places,
            has_leaves: true,
        })
    }

    /// A unit's fields and criteria; its leaves are in the rankings of its group, which are long.
    async fn of_unit(published: &Published<'_>, unit: &str) -> Result<Self, Error> {
        let result = UnitResult::of(published, "unit", unit).await?;
        let mut percents = BTreeMap::new();
        for node in result.framework.nodes.iter().filter(|node| is_field_or_criterion(node)) {
            if let Some(percent) = result.percent(published, &node.code).await? {
                percents.insert(node.code.clone(), percent);
            }
        }
        Ok(Self {
            has_leaves: false,
            total: result.row.percent.clone(),
            percents,
            places: result.framework.scoring.round_total,
            framework: result.framework,
        })
    }

    fn lists(&self, node: &Node) -> bool {
        self.has_leaves || is_field_or_criterion(node)
    }

    fn node(&self, code: &str) -> Option<NodeOfSide> {
        Some(NodeOfSide {
            node: self.framework.node(code)?.into(),
            percent: self.percents.get(code).cloned(),
        })
    }
}
