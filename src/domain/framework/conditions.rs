//! What a result depends on besides points: vetoes, conditions of classes, the order in which ties are broken.

use serde::{Deserialize, Serialize};

use super::{Class, Framework};
use crate::domain::exact::Decimal;
use crate::domain::explain::wording::{Language, text};
use crate::domain::input::InputValue;
use crate::domain::text::Text;

/// What one value of one input of a leaf does to the whole result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Veto {
    pub when: When,
    pub effect: VetoEffect,
}

/// What a veto does once it is established.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum VetoEffect {
    /// The unit gets at most this class.
    ClassAtMost { class: String },
    /// The unit has points and a class, but no rank.
    NotRanked,
    /// The total is zero.
    Zero,
}

/// A value that a declared input of a leaf may be found to have; exactly one of `is`, `oneOf` and `atLeast` is stated.
///
/// Only declared inputs: they stand as stated or as corrected, so that no verdict on evidence makes one go away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct When {
    pub input: String,
    /// Of a yes/no input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<bool>,
    /// Of an input that is one code of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<String>>,
    /// Of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Decimal>,
}

/// What a class needs besides its percentage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum ClassCondition {
    /// The displayed percentage of a node is at least so much. Where the node does not apply, the condition holds.
    NodeAtLeast { node: String, percent: Decimal },
    /// An input of a leaf has not been found to have such a value.
    NotFound { leaf: String, when: When },
    /// No veto is established, whatever its effect.
    NoVeto,
}

/// By what units of equal displayed percentage are told apart. In JSON `"INDEX"`, `"APPRAISED_PART"`, `{"node": "3"}`,
/// `"SMALLER_GAP"`; percentages and points are compared as they are displayed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TieBreak {
    /// The displayed percentage itself: what comes first in any case, and may be named first.
    Index,
    /// The percentage of the appraised leaves, without survey, bonus and penalty: the higher is better.
    AppraisedPart,
    /// The percentage of a node: the higher is better, last where it does not apply.
    #[serde(rename = "node")]
    Node(String),
    /// The displayed points that the unit claimed and those that it got in the end: the smaller difference is better,
    /// to whichever side.
    SmallerGap,
}

impl When {
    /// Whether a value is the one that is meant.
    pub fn is_met(&self, value: &InputValue) -> bool {
        match (value, &self.is, &self.one_of, &self.at_least) {
            (InputValue::YesNo(value), Some(is), None, None) => value == is,
            (InputValue::Option(value), None, Some(codes), None) => codes.contains(value),
            (value, None, None, Some(least)) => value.number().is_some_and(|number| number >= least.exact()),
            _ => false,
        }
    }

    /// The condition in words.
    fn describe(&self, language: Language, name: &str) -> String {
        match (&self.is, &self.one_of, &self.at_least) {
            (Some(true), _, _) => format!("“{name}”: {}", language.pick("có", "yes")),
            (Some(false), _, _) => format!("“{name}”: {}", language.pick("không", "no")),
            (None, Some(codes), _) => format!("“{name}”: {}", codes.join(language.pick(" hoặc ", " or "))),
            (None, None, Some(least)) => format!("“{name}” ≥ {}", language.number(least.exact())),
            (None, None, None) => format!("“{name}”"),
        }
    }
}

impl Framework {
    /// Which inputs of which leaves vetoes and conditions of classes look at; some more than once.
    pub fn findings(&self) -> impl Iterator<Item = (&str, &When)> {
        let vetoes = self
            .leaves()
            .filter_map(|(node, leaf)| Some((node.code.as_str(), &leaf.veto.as_ref()?.when)));
        let conditions = self.classes.iter().flat_map(|class| &class.conditions);
        vetoes.chain(conditions.filter_map(|condition| match condition {
            ClassCondition::NotFound { leaf, when } => Some((leaf.as_str(), when)),
            ClassCondition::NodeAtLeast { .. } | ClassCondition::NoVeto => None,
        }))
    }

    /// A finding in words, with the leaf's code and the input's name.
    pub fn describe_finding(&self, leaf: &str, when: &When) -> Text {
        text(|language| {
            let spec = self.leaf(leaf).and_then(|(_, found)| found.input(&when.input));
            let name = spec.map_or(when.input.as_str(), |spec| language.of(&spec.name));
            format!(
                "{} {leaf}, {}",
                language.pick("tiêu chí", "criterion"),
                when.describe(language, name)
            )
        })
    }

    /// A veto in words: when, and what it does.
    pub fn describe_veto(&self, leaf: &str, veto: &Veto) -> Text {
        let finding = self.describe_finding(leaf, &veto.when);
        text(|language| {
            let effect = match &veto.effect {
                VetoEffect::ClassAtMost { class } => {
                    let named = self
                        .class(class)
                        .map_or(class.as_str(), |class| language.of(&class.name));
                    format!(
                        "{} {named}",
                        language.pick("xếp loại cao nhất là", "the class is at most")
                    )
                }
                VetoEffect::NotRanked => language.pick("không xếp hạng", "not ranked").to_owned(),
                VetoEffect::Zero => language.pick("tổng điểm bằng 0", "the total is zero").to_owned(),
            };
            format!("{} → {effect}", language.of(&finding))
        })
    }

    /// A condition of a class in words.
    pub fn describe_condition(&self, condition: &ClassCondition) -> Text {
        match condition {
            ClassCondition::NodeAtLeast { node, percent } => text(|language| {
                let percent = language.number(percent.exact());
                match language {
                    Language::Vietnamese => format!("mục {node} đạt từ {percent} %"),
                    Language::English => format!("node {node} reaches {percent} %"),
                }
            }),
            ClassCondition::NotFound { leaf, when } => {
                let finding = self.describe_finding(leaf, when);
                Text::new(
                    format!("không có: {}", finding.vi),
                    format!("not found: {}", finding.en),
                )
            }
            ClassCondition::NoVeto => Text::new("không có nội dung phủ quyết", "no veto is established"),
        }
    }

    /// A class by its code.
    pub fn class(&self, code: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.code == code)
    }
}
