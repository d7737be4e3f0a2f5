//! Evaluation: from the inputs of a leaf to its points, with the explanation.
//!
//! A pure function of the leaf, its maximum and its inputs. **What is missing is worth nothing**: a rule needs every
//! input that it names, so that taking evidence away can never raise points; a zero denominator is never 100 %.

mod expression;
mod growth;
mod inputs;
mod levels;
mod measure;
mod normalised;
mod points;
mod survey;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::inputs::{absent, explain_missing, invalid, known_input, missing_input, undefined};
use super::exact::Exact;
use super::explain::wording::{Language, text};
use super::explain::{Explanation, InputOrigin, Operation};
use super::framework::{Leaf, RoundLeaf};
use super::input::{InputSpec, InputValue, above_others};
use super::text::Text;

/// What is known of an input in one ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "state",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum InputState {
    /// A value and where it comes from.
    Known { value: InputValue, source: InputOrigin },
    /// No value, and why.
    Missing { reasons: Vec<Missing> },
}

/// Why something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MissingCode {
    /// The unit has not stated it.
    NotDeclared,
    /// The survey result is not recorded.
    NoSurvey,
    /// The figure of another index is not recorded.
    NoImport,
    /// What a register of the system says has not been brought, or gives no value.
    NotBrought,
    /// A figure of the group has not been measured yet.
    NotMeasured,
    /// The value of an earlier year is not known.
    NoPreviousYear,
    /// No document with such rows is linked.
    NoRows,
    /// A document with rows is linked but does not count in this ledger: not yet accepted, or rejected.
    NotCounted,
    /// The rows leave a gap; the items name it.
    Gap,
    /// The same natural key occurs twice; the items name it.
    Conflict,
    /// No document states how many procedures are in force, or cases there are, or two state different totals.
    NoStatedTotal,
    /// The denominator is zero and nothing states that there was nothing to do.
    EmptyDenominator,
    /// A value that the input cannot have.
    InvalidValue,
}

/// A missing input: which, why, and what exactly is lacking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Missing {
    /// Code of the input.
    pub input: String,
    pub code: MissingCode,
    /// Months (`2019-12`), natural keys, links: the first twenty; the message says how many more there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    pub message: Text,
}

/// What a leaf is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "value", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// So many points, between 0 and the maximum.
    Points(Exact),
    /// No points, because of what is missing.
    Missing(Vec<Missing>),
    /// The leaf leaves the applicable maximum.
    NotApplicable,
}

/// The outcome of a leaf with its explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeafEvaluation {
    pub outcome: Outcome,
    pub explain: Explanation,
}

impl LeafEvaluation {
    /// The points; zero when something is missing or the leaf does not apply.
    pub fn points(&self) -> Exact {
        match &self.outcome {
            Outcome::Points(points) => points.clone(),
            Outcome::Missing(_) | Outcome::NotApplicable => Exact::zero(),
        }
    }

    /// The same leaf without points, because something outside the rule is missing (required evidence, say). The
    /// explanation says so above what the rule would have given.
    pub fn withheld(self, missing: Vec<Missing>) -> Self {
        let sentence = |language: Language| {
            let reasons: Vec<&str> = missing.iter().map(|missing| language.of(&missing.message)).collect();
            format!("{} → 0 ({})", reasons.join("; "), language.of(&self.explain.text))
        };
        let sentence = text(sentence);
        let explain = Explanation::of(Operation::Missing, vec![self.explain], sentence);
        Self {
            outcome: Outcome::Missing(missing),
            explain,
        }
    }

    /// The same leaf with its points rounded as the framework says, the rounding explained.
    pub fn rounded(self, round: RoundLeaf) -> Self {
        let (RoundLeaf::Places(places), Outcome::Points(points)) = (round, &self.outcome) else {
            return self;
        };
        let rounded = points.rounded_exact(places);
        let sentence = |language: Language| {
            let how = match language {
                Language::Vietnamese => format!("làm tròn {places} chữ số"),
                Language::English => format!("rounded to {places} places"),
            };
            format!(
                "{}; {how}: {}",
                language.of(&self.explain.text),
                language.number(&rounded)
            )
        };
        let sentence = text(sentence);
        let name = |language: Language| language.pick("số chữ số thập phân", "decimal places").to_owned();
        let places = Explanation::constant(&Exact::from(u64::from(places)), text(name));
        let explain = Explanation::of(Operation::Round, vec![self.explain, places], sentence);
        Self {
            outcome: Outcome::Points(explain.result.clone()),
            explain,
        }
    }
}

impl InputState {
    /// A value with its origin.
    pub fn known(value: InputValue, source: InputOrigin) -> Self {
        Self::Known { value, source }
    }

    /// A value that the unit stated.
    pub fn declared(value: InputValue) -> Self {
        Self::Known {
            value,
            source: InputOrigin::Declared,
        }
    }
}

/// Evaluates a leaf.
///
/// `maximum` is the leaf's points. Inputs without a state count as not declared, not recorded or not known.
/// `nothing_to_do` says that a document that counts in this ledger states that there was nothing to do.
pub fn evaluate(
    leaf: &Leaf,
    maximum: &Exact,
    inputs: &BTreeMap<String, InputState>,
    nothing_to_do: bool,
) -> LeafEvaluation {
    let stop = match Facts::gather(leaf, inputs, nothing_to_do) {
        Err(missing) => Stop::Missing(missing),
        Ok(facts) => match points::points(&leaf.rule, maximum, &facts) {
            Ok(explain) => {
                return LeafEvaluation {
                    outcome: Outcome::Points(explain.result.clone()),
                    explain,
                };
            }
            Err(stop) => stop,
        },
    };
    match stop {
        Stop::NotApplicable(explain) => LeafEvaluation {
            outcome: Outcome::NotApplicable,
            explain: *explain,
        },
        Stop::Missing(missing) => {
            let explain = explain_missing(leaf, maximum, inputs, &missing);
            LeafEvaluation {
                outcome: Outcome::Missing(missing),
                explain,
            }
        }
    }
}

/// Why a rule gives no points.
enum Stop {
    Missing(Vec<Missing>),
    NotApplicable(Box<Explanation>),
}

/// The points of a rule as a tree whose result they are, or why there are none.
type Points = Result<Explanation, Stop>;

/// Everything that a rule may look at: the values of its inputs, all of them known and acceptable.
struct Facts<'a> {
    known: BTreeMap<&'a str, (&'a InputSpec, &'a InputValue, &'a InputOrigin)>,
    nothing_to_do: bool,
}

impl<'a> Facts<'a> {
    fn gather(
        leaf: &'a Leaf,
        inputs: &'a BTreeMap<String, InputState>,
        nothing_to_do: bool,
    ) -> Result<Self, Vec<Missing>> {
        let mut known = BTreeMap::new();
        let mut missing = Vec::new();
        for code in leaf.rule.needed(|code| stated(inputs, code)) {
            match (leaf.input(code), inputs.get(code)) {
                (None, _) => missing.push(undefined(code)),
                (Some(spec), None) => missing.push(absent(spec)),
                (Some(spec), Some(InputState::Missing { reasons })) if reasons.is_empty() => missing.push(absent(spec)),
                (Some(_), Some(InputState::Missing { reasons })) => missing.extend(reasons.iter().cloned()),
                (Some(spec), Some(InputState::Known { value, source })) => match spec.check(value) {
                    Ok(()) => {
                        known.insert(code, (spec, value, source));
                    }
                    Err(problem) => missing.push(invalid(problem.input, problem.message)),
                },
            }
        }
        // Only among the inputs that the rule needs: a bound that it does not need may be unknown without harm, and
        // must not matter when it is known.
        let value = |code: &str| known.get(code).map(|(_, value, _)| *value);
        missing.extend(
            above_others(leaf, value)
                .into_iter()
                .map(|problem| invalid(problem.input, problem.message)),
        );
        if missing.is_empty() {
            Ok(Self { known, nothing_to_do })
        } else {
            Err(missing)
        }
    }

    /// The value of an input as a number; every other kind is 0.
    fn number(&self, code: &str) -> Exact {
        self.known
            .get(code)
            .and_then(|(_, value, _)| value.number())
            .cloned()
            .unwrap_or_default()
    }

    fn name(&self, code: &str) -> Text {
        self.known
            .get(code)
            .map_or_else(|| Text::same(code), |(spec, _, _)| spec.name.clone())
    }

    fn value(&self, code: &str) -> Option<&'a InputValue> {
        self.known.get(code).map(|(_, value, _)| *value)
    }

    /// The leaf of a tree for an input.
    fn input(&self, code: &str) -> Explanation {
        match self.known.get(code) {
            Some((spec, value, source)) => known_input(spec, value, source),
            None => missing_input(code, &Text::same(code)),
        }
    }

    /// Whether something that counts states that there was nothing to do where this input is zero: a document, or the
    /// rows themselves, which have a value only when they are complete.
    fn states_nothing_to_do(&self, code: &str) -> bool {
        let derived = matches!(self.known.get(code), Some((_, _, InputOrigin::Derived { .. })));
        self.nothing_to_do || derived
    }
}

/// The value of an input, if it has one, be it acceptable or not.
fn stated<'a>(inputs: &'a BTreeMap<String, InputState>, code: &str) -> Option<&'a InputValue> {
    match inputs.get(code)? {
        InputState::Known { value, .. } => Some(value),
        InputState::Missing { .. } => None,
    }
}

#[cfg(test)]
mod tests;
