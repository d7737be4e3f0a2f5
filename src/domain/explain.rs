//! Explanations: the tree of operations that led from inputs to points, complete enough to compute the points again.
//!
//! Evaluation builds these trees and takes its results from them, so that what is explained is what was scored.

pub(super) mod wording;

pub use wording::Language;

use serde::{Deserialize, Serialize};

use super::exact::Exact;
use super::input::InputValue;
use super::text::Text;

/// One operation of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Explanation {
    pub operation: Operation,
    /// In the order that the operation states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operands: Vec<Explanation>,
    /// Of [`Operation::Input`] and [`Operation::MissingInput`] only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<ExplainedInput>,
    /// Of [`Operation::Case`] only: the code that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub result: Exact,
    pub text: Text,
}

/// An input in an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainedInput {
    pub code: String,
    pub name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<InputValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<InputOrigin>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum InputOrigin {
    /// The unit stated it.
    Declared,
    /// Computed from rows of these documents.
    Derived { rows: Vec<DerivedFrom> },
    /// The survey operator recorded it.
    Survey,
    /// Taken over from another index; the source names the document or place where it is published.
    Imported { source: String },
    /// Brought from a register of the system: from the document that an entry of its stream wrote, and what stands there.
    Brought {
        stream: String,
        #[serde(with = "super::number_text")]
        entry: u64,
        said: Text,
    },
    /// Last year's value; the source names the published round or the baseline.
    PreviousYear {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    },
    /// Computed from what is verified of so many units.
    Group { units: u32 },
    /// An appraiser corrected it, on this basis (`EVIDENCE` or `OWN_DATA`).
    Corrected { basis: String },
}

/// A document whose rows were used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DerivedFrom {
    pub link: String,
    pub evidence: String,
    pub revision: u32,
    /// How many rows.
    pub rows: u32,
}

/// What an operation does with its operands. Comparisons are worth 1 or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Operation {
    /// A parameter: its result.
    Constant,
    /// An input: its value when it is a number, otherwise 0.
    Input,
    /// An input without a value.
    MissingInput,
    /// Sum of all.
    Add,
    /// The first less the second.
    Subtract,
    /// Product of all.
    Multiply,
    /// The first divided by the second.
    Divide,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
    /// Zero less the only one.
    Negate,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    /// Condition and value: the value, because the condition is not zero.
    Then,
    /// Condition and value: the value, because the condition is zero.
    Else,
    /// The first held between the second and the third.
    Clamp,
    /// A measure, steps, and a last value: the value of the first step that the measure reaches, or the last value.
    FirstReached,
    /// Bound and value: reached from the bound.
    StepFrom,
    /// Bound and value: reached above the bound.
    StepAbove,
    /// An input and cases: the sum of the cases that its value names.
    Chosen,
    /// What a code is worth: its only operand.
    Case,
    /// Maximum and ratio: the maximum times the ratio held between 0 and 1.
    ShareOfMaximum,
    /// Maximum and deductions: the maximum less all of them, never below 0 nor above the maximum.
    Deduct,
    /// Points and places: the points rounded to so many places, halves up.
    Round,
    /// A denominator that is zero, because there was nothing to do, and what that is worth.
    WhenEmpty,
    /// The leaf does not apply; worth nothing.
    NotApplicable,
    /// Something is missing; worth nothing.
    Missing,
}

impl Explanation {
    /// An operation over operands; the result is computed from theirs.
    pub(super) fn of(operation: Operation, operands: Vec<Self>, text: Text) -> Self {
        let mut node = Self {
            operation,
            operands,
            input: None,
            code: None,
            result: Exact::zero(),
            text,
        };
        let results: Vec<Exact> = node.operands.iter().map(|operand| operand.result.clone()).collect();
        node.result = node.apply(&results).unwrap_or_default();
        node
    }

    /// A parameter of the rule.
    pub(super) fn constant(value: &Exact, text: Text) -> Self {
        Self {
            operation: Operation::Constant,
            operands: Vec::new(),
            input: None,
            code: None,
            result: value.clone(),
            text,
        }
    }

    /// An input, known or missing.
    pub(super) fn input(input: ExplainedInput, text: Text) -> Self {
        let (operation, result) = match &input.value {
            Some(value) => (Operation::Input, value.number().cloned().unwrap_or_default()),
            None => (Operation::MissingInput, Exact::zero()),
        };
        Self {
            operation,
            operands: Vec::new(),
            input: Some(input),
            code: None,
            result,
            text,
        }
    }

    /// What a code is worth.
    pub(super) fn case(code: &str, value: Self, text: Text) -> Self {
        Self {
            code: Some(code.to_owned()),
            ..Self::of(Operation::Case, vec![value], text)
        }
    }

    /// Every input that it uses, in order of appearance.
    pub fn inputs(&self) -> Vec<&ExplainedInput> {
        let below = self.operands.iter().flat_map(Self::inputs);
        self.input.iter().chain(below).collect()
    }

    /// The result of this operation from those of its operands; `None` when the tree is not well formed.
    fn apply(&self, operands: &[Exact]) -> Option<Exact> {
        let truth = |condition: bool| Some(Exact::from_integer(i64::from(condition)));
        match (self.operation, operands) {
            (Operation::Constant, []) => Some(self.result.clone()),
            (Operation::Input, []) => {
                let value = self.input.as_ref()?.value.as_ref()?;
                Some(value.number().cloned().unwrap_or_default())
            }
            (Operation::Add, all) => Some(all.iter().sum()),
            (Operation::Multiply, all) => Some(all.iter().fold(Exact::one(), |product, factor| &product * factor)),
            (Operation::Minimum, all) => all.iter().min().cloned(),
            (Operation::Maximum, all) => all.iter().max().cloned(),
            (Operation::Subtract, [left, right]) => Some(left - right),
            (Operation::Divide, [left, right]) => left.checked_div(right),
            (Operation::Negate, [inner]) => Some(-inner),
            (Operation::Less, [left, right]) => truth(left < right),
            (Operation::LessOrEqual, [left, right]) => truth(left <= right),
            (Operation::Greater, [left, right]) => truth(left > right),
            (Operation::GreaterOrEqual, [left, right]) => truth(left >= right),
            (Operation::Equal, [left, right]) => truth(left == right),
            (Operation::NotEqual, [left, right]) => truth(left != right),
            (Operation::Then, [condition, value]) => (!condition.is_zero()).then(|| value.clone()),
            (Operation::Else, [condition, value]) => condition.is_zero().then(|| value.clone()),
            (Operation::Clamp, [value, lowest, highest]) => Some(value.clamped(lowest, highest)),
            (Operation::StepFrom | Operation::StepAbove, [_, value]) => Some(value.clone()),
            (Operation::FirstReached, [measure, .., last]) => self.first_reached(measure, operands, last),
            (Operation::Chosen, [_, cases @ ..]) => self.chosen(cases),
            (Operation::Case, [value]) => Some(value.clone()),
            (Operation::ShareOfMaximum, [maximum, ratio]) => {
                Some(maximum * &ratio.clamped(&Exact::zero(), &Exact::one()))
            }
            (Operation::Deduct, [maximum, deductions @ ..]) => {
                let left = maximum - &deductions.iter().sum::<Exact>();
                Some(left.clamped(&Exact::zero(), maximum))
            }
            (Operation::Round, [points, places]) => Some(points.rounded_exact(places.as_places()?)),
            (Operation::WhenEmpty, [denominator, value]) => denominator.is_zero().then(|| value.clone()),
            (Operation::NotApplicable | Operation::Missing | Operation::MissingInput, _) => Some(Exact::zero()),
            _ => None,
        }
    }

    /// Steps are looked into, because whether they are reached depends on the measure next to them.
    fn first_reached(&self, measure: &Exact, results: &[Exact], last: &Exact) -> Option<Exact> {
        let steps = self.operands.get(1..self.operands.len().checked_sub(1)?)?;
        for (step, value) in steps.iter().zip(&results[1..]) {
            let bound = evaluate_again(step.operands.first()?)?;
            let reached = match step.operation {
                Operation::StepFrom => *measure >= bound,
                Operation::StepAbove => *measure > bound,
                _ => return None,
            };
            if reached {
                return Some(value.clone());
            }
        }
        Some(last.clone())
    }

    fn chosen(&self, cases: &[Exact]) -> Option<Exact> {
        let value = self.operands.first()?.input.as_ref()?.value.as_ref()?;
        let names = |code: &str| match value {
            InputValue::Option(chosen) => chosen == code,
            InputValue::Items(items) => items.iter().any(|item| item == code),
            InputValue::YesNo(yes) => code == if *yes { "YES" } else { "NO" },
            InputValue::Count(_) | InputValue::Amount(_) | InputValue::Decimal(_) | InputValue::Date(_) => false,
        };
        let worth = self.operands[1..].iter().zip(cases);
        Some(
            worth
                .filter(|(case, _)| case.code.as_deref().is_some_and(names))
                .map(|(_, value)| value)
                .sum(),
        )
    }
}

/// The points that follow from a tree alone: constants and input values are taken from it, every other result is
/// computed again. A tree that is not well formed is worth nothing, so that a damaged one never passes as points.
pub fn recompute(explanation: &Explanation) -> Exact {
    evaluate_again(explanation).unwrap_or_default()
}

fn evaluate_again(node: &Explanation) -> Option<Exact> {
    let operands = node
        .operands
        .iter()
        .map(evaluate_again)
        .collect::<Option<Vec<Exact>>>()?;
    node.apply(&operands)
}
