//! Sections outside the scale: points that are added to a total (điểm thưởng) or taken away from it (điểm trừ).

use serde::{Deserialize, Serialize};

use super::{Framework, Node};
use crate::domain::exact::Decimal;

/// What makes a top node a section outside the scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Section {
    pub kind: SectionKind,
    /// Most points that the section adds or takes away, whatever its leaves come to; at most the section's own points.
    pub cap: Decimal,
}

/// What the points of a section do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SectionKind {
    /// They are added to the total.
    Bonus,
    /// They are taken away from it. The points of such a leaf are what is taken.
    Penalty,
}

/// What becomes of a total above the applicable maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AboveMaximum {
    /// It stays: an index may be above 100 %.
    Keep,
    /// The total ends at the applicable maximum: at most 100 %.
    Cut,
}

impl Framework {
    /// The sections outside the scale, in the order of the document.
    pub fn sections(&self) -> impl Iterator<Item = (&Node, &Section)> {
        self.nodes
            .iter()
            .filter(|node| node.parent.is_none())
            .filter_map(|node| Some((node, node.section.as_ref()?)))
    }

    /// The kind of the section that a node lies in; `None` inside the scale and for an unknown code.
    pub fn outside_scale(&self, code: &str) -> Option<SectionKind> {
        // Most frameworks have none: then no tree has to be climbed for it.
        self.sections().next()?;
        self.field_of(code)?.section.as_ref().map(|section| section.kind)
    }

    /// Whether an appraiser may find something against a unit here that has declared nothing: otherwise saying nothing
    /// would be the way around a penalty, a veto and a condition of a class.
    pub fn takes_findings(&self, code: &str) -> bool {
        let has_veto = self.leaf(code).is_some_and(|(_, leaf)| leaf.veto.is_some());
        let is_condition = || self.findings().any(|(leaf, _)| leaf == code);
        has_veto || self.outside_scale(code) == Some(SectionKind::Penalty) || is_condition()
    }
}
