//! What one framework changes against another, in the API.

use std::sync::Arc;

use async_graphql::{Enum, InputObject, Object, Result, SimpleObject};
use serde::Serialize;

use super::frameworks::{Framework, FrameworkNode};
use super::register::Text;
use super::scalars::Json;
use crate::app::browse_frameworks::{self, ComparedFrameworks};
use crate::domain::framework::{self, NodeChange, PartChange};
use crate::domain::text;

/// A framework by its names.
#[derive(InputObject)]
pub struct FrameworkKey {
    /// Code, such as QNM-SO.
    pub code: String,
    /// Version, such as 2019.
    pub version: String,
}

impl From<FrameworkKey> for browse_frameworks::FrameworkKey {
    fn from(key: FrameworkKey) -> Self {
        Self {
            code: key.code,
            version: key.version,
        }
    }
}

/// What one framework changes against another.
pub struct FrameworkChanges(pub ComparedFrameworks);

/// What the framework `to` changes against the framework `from`. Their codes and versions, and the order in which nodes, inputs
/// and required evidence stand, are not compared.
#[Object]
impl FrameworkChanges {
    /// What is compared with.
    async fn from(&self) -> Framework {
        Framework(Arc::clone(&self.0.from))
    }

    /// What is compared.
    async fn to(&self) -> Framework {
        Framework(Arc::clone(&self.0.to))
    }

    /// What differs in the framework as a whole; empty where nothing does.
    async fn settings(&self) -> Vec<FrameworkSettingChange> {
        let change = |change: &framework::SettingChange| FrameworkSettingChange {
            setting: change.setting.into(),
            from: change.from.clone().into(),
            to: change.to.clone().into(),
        };
        self.0.changes.settings.iter().map(change).collect()
    }

    /// The nodes that differ: first those of `to` in its order, then those that it has no more. A node of one framework is at most
    /// one node of the other: that of the same Vietnamese name below one of the same name, or else of the same code and name, or
    /// else the only one of its name, or else what is left under its code. So every node of either is in one line, or in none
    /// if nothing of it changed. A criterion that took the place of another under its code is one line with both names.
    async fn nodes(&self) -> Result<Vec<FrameworkNodeChange>> {
        let (from, to) = (&self.0.from, &self.0.to);
        let lines = self.0.changes.nodes.iter();
        lines.map(|change| FrameworkNodeChange::of(from, to, change)).collect()
    }

    /// How many nodes both have without a difference.
    async fn unchanged_count(&self) -> u32 {
        u32::try_from(self.0.changes.unchanged).unwrap_or(u32::MAX)
    }
}

/// What can differ in a framework as a whole.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "framework::Setting")]
pub enum FrameworkSetting {
    /// Its name.
    Name,
    /// The unit type that it is for.
    UnitType,
    /// Sum of the fields' maximum points.
    Scale,
    /// Whether points of leaves are rounded before they are added.
    RoundLeaf,
    /// Places of displayed totals and percentages.
    RoundTotal,
    /// From which sums percentages are computed.
    TotalOf,
    /// What happens to the points of leaves that do not apply to a unit.
    Rebase,
    /// Whether bonus points may lift an index above 100 %.
    AboveMaximum,
    /// The classes: names, from which percentage, and what else has to hold.
    Classes,
    /// By what units of equal displayed percentage are told apart.
    TieOrder,
    /// How many fields, criteria and leaves the document states.
    Stated,
    /// The decisions and decrees that it rests on.
    Sources,
}

/// A difference in a framework as a whole.
#[derive(SimpleObject)]
pub struct FrameworkSettingChange {
    /// What differs.
    pub setting: FrameworkSetting,
    /// What the framework `from` says, in words.
    pub from: Text,
    /// What the framework `to` says, in words.
    pub to: Text,
}

/// What became of a node.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "framework::NodeChangeKind")]
pub enum FrameworkNodeChangeKind {
    /// Only the framework `to` has it.
    Added,
    /// Only the framework `from` has it.
    Removed,
    /// It has another code or lies below another node, whatever else differs.
    Moved,
    /// It stands where it stood, and something else differs.
    Changed,
}

/// In which respect a node differs.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "framework::NodeAspect")]
pub enum FrameworkNodeAspect {
    /// Its code.
    Code,
    /// It lies below another node, and not below the same one under another code.
    Parent,
    /// Its name in either language.
    Name,
    /// Its maximum points.
    MaxPoints,
    /// Whether it is a bonus or penalty section, and its cap.
    Section,
    /// Whether a unit declares it or a survey gives it; also where only one of the two is a leaf.
    Method,
    /// The appraising department.
    Department,
    /// How it is scored, apart from the maximum points.
    Rule,
    /// Its inputs, see inputs.
    Inputs,
    /// The evidence that it needs, see requiredEvidence.
    RequiredEvidence,
    /// When it may be excluded for a unit.
    NotApplicableWhen,
    /// What one value of an input does to the whole result.
    Veto,
}

/// A node that differs, or that one of the two frameworks has alone.
#[derive(SimpleObject)]
pub struct FrameworkNodeChange {
    /// What became of it.
    pub kind: FrameworkNodeChangeKind,
    /// In which respects it differs; empty where only one framework has it.
    pub aspects: Vec<FrameworkNodeAspect>,
    /// As the framework `from` has it, with the rule in words; null if it was added.
    pub from: Option<FrameworkNode>,
    /// As the framework `to` has it, with the rule in words; null if it was removed.
    pub to: Option<FrameworkNode>,
    /// Inputs that differ, by code; empty where only one framework has the node.
    pub inputs: Vec<FrameworkPartChange>,
    /// Required evidence that differs, by code; empty where only one framework has the node.
    pub required_evidence: Vec<FrameworkPartChange>,
}

/// An input or a requirement of a leaf that differs.
#[derive(SimpleObject)]
pub struct FrameworkPartChange {
    /// Its code in the leaf.
    pub code: String,
    /// As the framework `from` has it; null if it was added.
    pub from: Option<FrameworkPart>,
    /// As the framework `to` has it; null if it was removed.
    pub to: Option<FrameworkPart>,
}

/// An input or a requirement of a leaf.
#[derive(SimpleObject)]
pub struct FrameworkPart {
    /// Name in both languages.
    pub name: Text,
    /// All of it, in the form that importFramework takes.
    pub json: Json,
}

impl FrameworkNodeChange {
    fn of(from: &Arc<framework::Framework>, to: &Arc<framework::Framework>, change: &NodeChange) -> Result<Self> {
        let node = |framework: &Arc<framework::Framework>, node: &Option<framework::Node>| {
            node.clone().map(|node| FrameworkNode {
                framework: Arc::clone(framework),
                node,
            })
        };
        Ok(Self {
            kind: change.kind().into(),
            aspects: change.aspects.iter().map(|aspect| (*aspect).into()).collect(),
            from: node(from, &change.from),
            to: node(to, &change.to),
            inputs: parts(&change.inputs, |input| &input.name)?,
            required_evidence: parts(&change.required_evidence, |required| &required.name)?,
        })
    }
}

fn parts<T: Serialize>(
    changes: &[PartChange<T>],
    name: impl Fn(&T) -> &text::Text,
) -> Result<Vec<FrameworkPartChange>> {
    let part = |part: &Option<T>| -> Result<Option<FrameworkPart>> {
        let Some(part) = part else { return Ok(None) };
        Ok(Some(FrameworkPart {
            name: name(part).clone().into(),
            json: Json(serde_json::to_value(part)?),
        }))
    };
    let change = |change: &PartChange<T>| {
        Ok(FrameworkPartChange {
            code: change.code.clone(),
            from: part(&change.from)?,
            to: part(&change.to)?,
        })
    };
    changes.iter().map(change).collect()
}
