//! Frameworks in the API.

use async_graphql::{Enum, ID, Object, Result, SimpleObject};

use super::ids;
use super::register::Text;
use super::scalars::{Decimal, Json};
use crate::domain::framework;

/// What importing a framework found.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum FindingSeverity {
    /// The framework cannot be issued.
    Error,
    /// It can be issued with acceptWarnings.
    Warning,
}

/// Something that is wrong or doubtful in a framework.
#[derive(SimpleObject, Clone)]
pub struct Finding {
    /// Whether it stands in the way.
    pub severity: FindingSeverity,
    /// Where, as a path in the JSON.
    pub path: String,
    /// Stable name of the check.
    pub code: String,
    /// What is wrong, in both languages.
    pub message: Text,
}

impl From<framework::Finding> for Finding {
    fn from(finding: framework::Finding) -> Self {
        let severity = match finding.severity {
            framework::Severity::Error => FindingSeverity::Error,
            framework::Severity::Warning => FindingSeverity::Warning,
        };
        Self {
            severity,
            path: finding.path,
            code: finding.code,
            message: finding.message.into(),
        }
    }
}

/// A versioned criteria tree.
pub struct Framework(pub std::sync::Arc<framework::Framework>);

/// A versioned criteria tree of one index for one unit type, immutable once issued.
#[Object]
impl Framework {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Framework", &format!("{}@{}", self.0.code, self.0.version))
    }

    /// Code of the framework.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Version.
    async fn version(&self) -> &str {
        &self.0.version
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.0.name.clone().into()
    }

    /// The unit type that it is for.
    async fn unit_type(&self) -> &str {
        &self.0.unit_type
    }

    /// Sum of the fields' maximum points; bonus and penalty sections are no part of it.
    async fn scale(&self) -> Decimal {
        Decimal(self.0.scale.clone())
    }

    /// What happens to the points of leaves that do not apply to a unit.
    async fn rebase(&self) -> Rebase {
        self.0.scoring.rebase.into()
    }

    /// Whether bonus points may lift an index above 100 %; otherwise the total ends at the applicable maximum.
    async fn may_exceed_maximum(&self) -> bool {
        self.0.scoring.above_maximum != Some(framework::AboveMaximum::Cut)
    }

    /// The classes, best first.
    async fn classes(&self) -> Vec<FrameworkClass> {
        let class = |class: &framework::Class| FrameworkClass {
            code: class.code.clone(),
            name: class.name.clone().into(),
            at_least: Decimal(class.at_least.clone()),
            conditions: class
                .conditions
                .iter()
                .map(|one| self.0.describe_condition(one).into())
                .collect(),
        };
        self.0.classes.iter().map(class).collect()
    }

    /// By what units of equal displayed percentage are told apart, in this order; empty where they share the rank.
    async fn tie_order(&self) -> Vec<TieBreak> {
        let order = self.0.tie_order.iter().flatten();
        order.map(TieBreak::of).collect()
    }

    /// Fields, criteria and leaves in the order of the document.
    async fn nodes(&self) -> Vec<FrameworkNode> {
        let node = |node: &framework::Node| FrameworkNode {
            framework: std::sync::Arc::clone(&self.0),
            node: node.clone(),
        };
        self.0.nodes.iter().map(node).collect()
    }

    /// The whole framework as JSON, in the form that importFramework takes.
    async fn json(&self) -> Result<Json> {
        Ok(Json(serde_json::to_value(self.0.as_ref())?))
    }
}

/// What happens to the points of leaves that do not apply to a unit.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "framework::Rebase")]
pub enum Rebase {
    /// They leave the denominator: the index is points ÷ applicable maximum.
    Ratio,
    /// They go in equal parts to the applicable leaves under the nearest node above that has any, in the end to all
    /// applicable leaves of the fields. A leaf with s of m points that then weighs w counts s × w ÷ m of w.
    Spread,
    /// They count in full, as if they had been reached. What does not apply as a whole has no percentage all the same.
    Full,
}

/// A class of results.
#[derive(SimpleObject)]
pub struct FrameworkClass {
    /// Code.
    pub code: String,
    /// Name in both languages.
    pub name: Text,
    /// Percent of the applicable maximum from which it begins.
    pub at_least: Decimal,
    /// What else has to hold, in words; a unit for which one does not hold gets the next class that it may have.
    pub conditions: Vec<Text>,
}

/// By what units of equal displayed percentage are told apart.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum TieBreakKind {
    /// The displayed percentage itself.
    Index,
    /// The percentage of the appraised leaves, without survey, bonus and penalty: the higher is better.
    AppraisedPart,
    /// The percentage of a node: the higher is better, last where it does not apply.
    Node,
    /// The difference between the displayed points that the unit claimed and those that it got: the smaller is better,
    /// to whichever side.
    SmallerGap,
}

/// By what units of equal displayed percentage are told apart.
#[derive(SimpleObject)]
pub struct TieBreak {
    /// What is compared.
    pub kind: TieBreakKind,
    /// Code of the node; for NODE alone.
    pub node: Option<String>,
}

impl TieBreak {
    /// As the API shows it.
    pub fn of(by: &framework::TieBreak) -> Self {
        let kind = match by {
            framework::TieBreak::Index => TieBreakKind::Index,
            framework::TieBreak::AppraisedPart => TieBreakKind::AppraisedPart,
            framework::TieBreak::Node(_) => TieBreakKind::Node,
            framework::TieBreak::SmallerGap => TieBreakKind::SmallerGap,
        };
        let node = match by {
            framework::TieBreak::Node(node) => Some(node.clone()),
            _ => None,
        };
        Self { kind, node }
    }
}

/// What the points of a section outside the scale do.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "framework::SectionKind")]
pub enum SectionKind {
    /// They are added to the total.
    Bonus,
    /// They are taken away from the total, which never falls below zero. The points of such a leaf are what is taken:
    /// they rest on what the unit states or filed against itself and on the appraiser's findings, so that rejecting
    /// evidence takes none of them away.
    Penalty,
}

/// What makes a node without a parent a section outside the scale.
#[derive(SimpleObject)]
pub struct FrameworkSection {
    /// What its points do.
    pub kind: SectionKind,
    /// Most points that it adds or takes away, whatever its leaves come to.
    pub cap: Decimal,
}

/// A node of a framework.
pub struct FrameworkNode {
    pub framework: std::sync::Arc<framework::Framework>,
    pub node: framework::Node,
}

/// A field, criterion or leaf criterion of a framework.
#[Object]
impl FrameworkNode {
    /// Code, such as 3.4.1.
    async fn code(&self) -> &str {
        &self.node.code
    }

    /// Code of the node above; null for fields.
    async fn parent_code(&self) -> Option<&str> {
        self.node.parent.as_deref()
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.node.name.clone().into()
    }

    /// Maximum points.
    async fn max_points(&self) -> Decimal {
        Decimal(self.node.points.clone())
    }

    /// What makes it a section outside the scale: bonus or penalty; null for all other nodes.
    async fn section(&self) -> Option<FrameworkSection> {
        self.node.section.as_ref().map(|section| FrameworkSection {
            kind: section.kind.into(),
            cap: Decimal(section.cap.clone()),
        })
    }

    /// What one value of one input does to the whole result, in words, once it is established; leaves with a veto only.
    async fn veto(&self) -> Option<Text> {
        let veto = self.node.leaf.as_ref()?.veto.as_ref()?;
        Some(self.framework.describe_veto(&self.node.code, veto).into())
    }

    /// Whether points are given here.
    async fn is_leaf(&self) -> bool {
        self.node.leaf.is_some()
    }

    /// Code of the appraising department; leaves only.
    async fn department_code(&self) -> Option<&str> {
        self.node.leaf.as_ref().map(|leaf| leaf.appraiser.as_str())
    }

    /// The rule in words, in both languages; leaves only.
    async fn rule(&self) -> Option<Text> {
        self.node
            .leaf
            .as_ref()
            .map(|leaf| leaf.describe(self.node.points.exact()).into())
    }

    /// The rule, inputs and required evidence as JSON; leaves only.
    async fn leaf(&self) -> Result<Option<Json>> {
        Ok(self.node.leaf.as_ref().map(serde_json::to_value).transpose()?.map(Json))
    }
}
