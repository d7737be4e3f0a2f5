//! Frameworks: the versioned tree of fields, criteria and leaf criteria of one index for one unit type (bộ chỉ số).
//!
//! A framework is data; once issued it never changes and is named by its hash. Reading denies unknown fields, so that a
//! misspelt setting cannot be ignored silently. Whether the numbers make sense is for [`super::lint`].

mod changes;
mod conditions;
mod copy;
mod parse;
mod sections;

pub use changes::{FrameworkChanges, NodeAspect, NodeChange, NodeChangeKind, PartChange, Setting, SettingChange};
pub use conditions::{ClassCondition, TieBreak, Veto, VetoEffect, When};
pub use copy::{Edit, EditProblem, MAXIMUM_EDITS, copy};
pub use sections::{AboveMaximum, Section, SectionKind};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::evidence::{EvidenceKind, OfficialHeader};
use super::exact::Decimal;
use super::input::InputSpec;
use super::rule::Rule;
use super::text::Text;

/// The format that is read and written.
pub const FORMAT: u32 = 1;
/// Most nodes of a framework; the largest real ones have about 130.
pub const MAXIMUM_NODES: usize = 600;
/// Most leaves of a framework. A dossier is opened in one commit of at most 1,000 documents: two per leaf, one per other
/// node, its total and itself.
pub const MAXIMUM_LEAVES: usize = 390;

/// A criteria tree with everything that scoring needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Framework {
    /// Version of this JSON form, [`FORMAT`].
    pub format: u32,
    pub code: String,
    pub version: String,
    /// Which units it assesses: `SO`, `HU`, `ND`.
    pub unit_type: String,
    pub name: Text,
    /// Sum of the fields' points, as the document states it; bonus and penalty sections are no part of it.
    pub scale: Decimal,
    pub scoring: Scoring,
    /// Best first; the last begins at 0.
    pub classes: Vec<Class>,
    /// By what units of equal displayed percentage are told apart, in this order; absent: they share the rank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie_order: Option<Vec<TieBreak>>,
    /// Counts that the document states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Stated>,
    /// Decisions and decrees that it rests on.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Parents before children, in the order of the document.
    pub nodes: Vec<Node>,
}

/// How points become displayed totals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scoring {
    /// Whether points of leaves are rounded before they are added.
    pub round_leaf: RoundLeaf,
    /// Places of displayed totals and percentages.
    pub round_total: u32,
    pub total_of: TotalOf,
    pub rebase: Rebase,
    /// What becomes of a total that bonus points lift above the applicable maximum; absent: it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_maximum: Option<AboveMaximum>,
}

/// Places to which a leaf's points are rounded, half-up; in JSON `"NONE"` or `"2"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundLeaf {
    /// Exact to the end.
    None,
    /// So many places.
    Places(u32),
}

/// From which points percentages are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TotalOf {
    /// From the exact sums.
    Exact,
    /// From the displayed sums.
    Rounded,
}

/// What happens to the points of leaves that do not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rebase {
    /// They leave the denominator: the index is points ÷ applicable maximum.
    Ratio,
    /// They go in equal parts to the applicable leaves under the nearest node above that has any, in the end to all of
    /// the framework: the scale stays whole, and those leaves weigh more.
    Spread,
    /// They count in full, as if they had been reached. A unit to which nothing applies has no percentage all the same.
    Full,
}

/// A class of results (xếp loại).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Class {
    pub code: String,
    pub name: Text,
    /// Percent of the applicable maximum.
    pub at_least: Decimal,
    /// What else has to hold; otherwise the next class that a unit reaches and whose conditions hold is its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ClassCondition>,
}

/// Counts that the document states; real documents contain slips, so differences are warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stated {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<u32>,
}

/// A field, criterion or leaf criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Node {
    pub code: String,
    /// Code of the node above; fields have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub name: Text,
    /// Maximum points.
    pub points: Decimal,
    /// Makes a node without a parent a section outside the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<Section>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf: Option<Leaf>,
}

/// What makes a node a leaf: how it is scored, from which inputs, on which evidence, by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Leaf {
    pub method: Method,
    /// Code of the appraising department.
    pub appraiser: String,
    pub rule: Rule,
    pub inputs: Vec<InputSpec>,
    #[serde(default)]
    pub required_evidence: Vec<RequiredEvidence>,
    /// When the manager may exclude it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable_when: Option<Text>,
    /// What one value of one input does to the whole result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub veto: Option<Veto>,
}

/// Who provides a leaf's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    /// The unit declares, an appraiser verifies.
    Appraised,
    /// The survey operator records; never self-scored.
    Survey,
    /// Taken over from another index; neither self-scored nor appraised.
    Imported,
}

impl Method {
    /// Whether the unit declares and an appraiser judges.
    pub fn is_appraised(self) -> bool {
        match self {
            Self::Appraised => true,
            Self::Survey | Self::Imported => false,
        }
    }
}

/// A document that a leaf needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequiredEvidence {
    pub code: String,
    pub name: Text,
    /// Names of the kinds of evidence that will do, such as `OFFICIAL_DOCUMENT`.
    pub kinds: Vec<String>,
    /// Abbreviations of official document types that will do; empty when any will.
    #[serde(default)]
    pub document_types: Vec<String>,
    /// How many documents at least.
    pub at_least: u32,
}

impl RequiredEvidence {
    /// Whether a document of this kind and header will do.
    pub fn serves(&self, kind: EvidenceKind, header: Option<&OfficialHeader>) -> bool {
        let of_kind = self.kinds.is_empty() || self.kinds.iter().any(|one| one == kind.name());
        // Types are those of official documents; a photo or list that will do has none.
        let of_type = kind != EvidenceKind::OfficialDocument
            || self.document_types.is_empty()
            || header.is_some_and(|header| self.document_types.contains(&header.document_type));
        of_kind && of_type
    }
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// The framework cannot be issued.
    Error,
    /// It can, when somebody accepts the warning.
    Warning,
}

/// Something wrong with a framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    pub severity: Severity,
    /// Where: `nodes/3.4.1/leaf/rule`, nodes by code where they have one.
    pub path: String,
    /// Which kind of problem, in capitals: `POINTS_DO_NOT_ADD_UP`.
    pub code: String,
    pub message: Text,
}

impl Framework {
    /// A node by its code.
    pub fn node(&self, code: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.code == code)
    }

    /// A leaf with its node, by code.
    pub fn leaf(&self, code: &str) -> Option<(&Node, &Leaf)> {
        self.node(code).and_then(Node::as_leaf)
    }

    /// All leaves with their nodes, in the order of the document.
    pub fn leaves(&self) -> impl Iterator<Item = (&Node, &Leaf)> {
        self.nodes.iter().filter_map(Node::as_leaf)
    }

    /// The fields: the nodes without a parent, sections outside the scale too.
    pub fn fields(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.parent.is_none())
    }

    /// The nodes directly below one.
    pub fn children<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Node> {
        self.nodes
            .iter()
            .filter(move |node| node.parent.as_deref() == Some(code))
    }

    /// The nodes above one, nearest first, the field last; empty for a field and for an unknown code.
    pub fn ancestors(&self, code: &str) -> Vec<&Node> {
        let mut above: Vec<&Node> = Vec::new();
        let mut parent = self.node(code).and_then(|node| node.parent.as_deref());
        // The bound holds against a cycle in a framework that was never linted.
        while let Some(node) = parent
            .and_then(|code| self.node(code))
            .filter(|_| above.len() < MAXIMUM_NODES)
        {
            above.push(node);
            parent = node.parent.as_deref();
        }
        above
    }

    /// The leaves of a subtree, the node itself included if it is one.
    pub fn under(&self, code: &str) -> Vec<(&Node, &Leaf)> {
        let below =
            |node: &Node| node.code == code || self.ancestors(&node.code).iter().any(|above| above.code == code);
        self.leaves().filter(|(node, _)| below(node)).collect()
    }

    /// The field that a node belongs to, which may be the node itself.
    pub fn field_of(&self, code: &str) -> Option<&Node> {
        self.ancestors(code).pop().or_else(|| self.node(code))
    }
}

impl Node {
    /// The leaf part with its node, if it is a leaf.
    pub fn as_leaf(&self) -> Option<(&Node, &Leaf)> {
        self.leaf.as_ref().map(|leaf| (self, leaf))
    }
}

impl Leaf {
    /// An input by its code.
    pub fn input(&self, code: &str) -> Option<&InputSpec> {
        self.inputs.iter().find(|input| input.code == code)
    }
}

impl Finding {
    /// A finding that forbids issuing.
    pub fn error(path: impl Into<String>, code: &str, message: Text) -> Self {
        Self {
            severity: Severity::Error,
            path: path.into(),
            code: code.to_owned(),
            message,
        }
    }

    /// A finding that somebody has to accept.
    pub fn warning(path: impl Into<String>, code: &str, message: Text) -> Self {
        Self {
            severity: Severity::Warning,
            path: path.into(),
            code: code.to_owned(),
            message,
        }
    }
}

impl Serialize for RoundLeaf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("NONE"),
            Self::Places(places) => serializer.collect_str(places),
        }
    }
}

impl<'de> Deserialize<'de> for RoundLeaf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "NONE" => Ok(Self::None),
            places => places
                .parse()
                .map(Self::Places)
                .map_err(|_| serde::de::Error::custom("roundLeaf is \"NONE\" or a number of places such as \"2\"")),
        }
    }
}
