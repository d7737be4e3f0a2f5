//! Formulas as rules: one expression, or variants of which an input chooses one.

use serde::{Deserialize, Serialize};

use super::WhenEmpty;
use crate::domain::formula::Formula;
use crate::domain::input::InputValue;
use crate::domain::text::Text;

/// Most variants of a formula: what differs in more ways is better asked as an input of one formula, and people read all.
pub const MAXIMUM_VARIANTS: usize = 10;

/// Parameters of [`Rule::Formula`](super::Rule::Formula). In JSON either `expression` or `variants` is stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stated", into = "Stated")]
pub struct FormulaRule {
    /// Its value is the ratio, held between 0 and 1.
    pub expressions: Expressions,
    pub when_empty: Option<WhenEmpty>,
    /// Code of the input whose zero means that there was nothing to do.
    pub empty_when_zero: Option<String>,
}

/// What a formula computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expressions {
    /// The same for everybody.
    One(Formula),
    /// The one that an input chooses.
    Several(Variants),
}

/// Expressions of which one is chosen, each over its own inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variants {
    /// An input whose option is the code of the variant.
    pub input: String,
    pub choices: Vec<Variant>,
}

/// One way to compute, with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    pub code: String,
    pub name: Text,
    pub expression: Formula,
}

/// A formula as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stated {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expression: Option<Formula>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variants: Option<Variants>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    when_empty: Option<WhenEmpty>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    empty_when_zero: Option<String>,
}

impl TryFrom<Stated> for FormulaRule {
    type Error = &'static str;

    fn try_from(stated: Stated) -> Result<Self, Self::Error> {
        let expressions = match (stated.expression, stated.variants) {
            (Some(expression), None) => Expressions::One(expression),
            (None, Some(variants)) => Expressions::Several(variants),
            (Some(_), Some(_)) | (None, None) => return Err("a formula states either expression or variants"),
        };
        Ok(Self {
            expressions,
            when_empty: stated.when_empty,
            empty_when_zero: stated.empty_when_zero,
        })
    }
}

impl From<FormulaRule> for Stated {
    fn from(rule: FormulaRule) -> Self {
        let (expression, variants) = match rule.expressions {
            Expressions::One(expression) => (Some(expression), None),
            Expressions::Several(variants) => (None, Some(variants)),
        };
        Self {
            expression,
            variants,
            when_empty: rule.when_empty,
            empty_when_zero: rule.empty_when_zero,
        }
    }
}

impl Variants {
    /// The variant that an option chooses.
    pub fn chosen(&self, option: Option<&InputValue>) -> Option<&Variant> {
        match option {
            Some(InputValue::Option(code)) => self.choices.iter().find(|variant| variant.code == *code),
            _ => None,
        }
    }
}

impl FormulaRule {
    /// Every expression that it may compute.
    pub fn all(&self) -> Vec<&Formula> {
        match &self.expressions {
            Expressions::One(expression) => vec![expression],
            Expressions::Several(variants) => variants.choices.iter().map(|variant| &variant.expression).collect(),
        }
    }

    /// Codes of all its inputs, repeated ones repeated.
    pub(super) fn inputs(&self) -> Vec<&str> {
        let chooser = match &self.expressions {
            Expressions::One(_) => None,
            Expressions::Several(variants) => Some(variants.input.as_str()),
        };
        let used = self.all().into_iter().flat_map(Formula::inputs);
        chooser
            .into_iter()
            .chain(used)
            .chain(self.empty_when_zero.as_deref())
            .collect()
    }

    /// Codes of the inputs without which it has no points, repeated ones repeated.
    pub(super) fn needed<'a>(&self, value: impl Fn(&str) -> Option<&'a InputValue>) -> Vec<&str> {
        let Expressions::Several(variants) = &self.expressions else {
            return self.inputs();
        };
        let chosen = variants.chosen(value(&variants.input));
        std::iter::once(variants.input.as_str())
            .chain(chosen.into_iter().flat_map(|variant| variant.expression.inputs()))
            .chain(self.empty_when_zero.as_deref())
            .collect()
    }
}
