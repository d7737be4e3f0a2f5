//! A unit's figure beside that of the system that produced it (e-one-stop, document system, portal): a difference beyond the
//! tolerance is a case, and an appraiser's finding is its outcome.
//!
//! Modelled on the change request by which declared and agency data are settled in the Philippines' Seal of Good Local
//! Governance. The system's figure gives no points by itself: what is right an appraiser states, with a reason.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::assessment::Ledger;
use super::evaluate::InputState;
use super::exact::{Decimal, Exact};
use super::input::InputValue;
use super::score::LeafFacts;

/// What a system says of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SystemFigure {
    pub value: InputValue,
    /// How far a declared number may lie from it, in the unit of the input; none at all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Decimal>,
    /// Which system, and its export.
    pub source: String,
    pub recorded_at: Timestamp,
    pub recorded_by: String,
}

/// Where a comparison stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparisonState {
    /// The unit has stated nothing, and no rows give a value.
    NothingDeclared,
    /// The same, or within the tolerance.
    Agrees,
    /// They differ, and nobody has decided.
    Open,
    /// The declared figure stands.
    DeclaredStands,
    /// The system's figure stands.
    SystemStands,
    /// An appraiser found a third one.
    Neither,
}

/// A declared figure beside that of a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison<'a> {
    /// Code of the input.
    pub input: &'a str,
    pub system: &'a SystemFigure,
    /// What the unit states, or what its rows give.
    pub declared: Option<InputValue>,
    /// Declared less the system's, of numbers.
    pub difference: Option<Exact>,
    pub state: ComparisonState,
    /// Why, in the words of who decided.
    pub reason: Option<&'a str>,
}

impl SystemFigure {
    /// Whether a value is the system's as far as the tolerance goes.
    pub fn agrees_with(&self, value: &InputValue) -> bool {
        match self.difference(value) {
            Some(difference) => {
                let size = if difference.is_negative() {
                    -&difference
                } else {
                    difference
                };
                size <= self
                    .tolerance
                    .as_ref()
                    .map_or_else(Exact::zero, |one| one.exact().clone())
            }
            None => self.value == *value,
        }
    }

    fn difference(&self, value: &InputValue) -> Option<Exact> {
        Some(value.number()? - self.value.number()?)
    }
}

impl<'a> LeafFacts<'a> {
    /// The figures of systems beside the declared ones, by input.
    pub fn comparisons(&self) -> Vec<Comparison<'a>> {
        let assessment = self.assessment;
        if assessment.system.is_empty() {
            return Vec::new();
        }
        let compared = assessment.system.iter().map(|(code, system)| {
            let declared = match self.leaf.input(code).map(|spec| self.claimed(spec)) {
                Some(InputState::Known { value, .. }) => Some(value),
                Some(InputState::Missing { .. }) | None => None,
            };
            let found = declared.as_ref();
            let (state, reason) = match found {
                None => (ComparisonState::NothingDeclared, None),
                Some(value) if system.agrees_with(value) => (ComparisonState::Agrees, None),
                Some(_) => self.outcome(code, system),
            };
            Comparison {
                input: code,
                difference: found.and_then(|value| system.difference(value)),
                declared,
                system,
                state,
                reason,
            }
        });
        compared.collect()
    }

    /// What the appraisal decided since the system's figure was known.
    fn outcome(&self, code: &str, system: &SystemFigure) -> (ComparisonState, Option<&'a str>) {
        let established = self.assessment.established_in(Ledger::Final);
        let Some(established) = established.filter(|one| one.at >= system.recorded_at) else {
            return (ComparisonState::Open, None);
        };
        if let Some(correction) = established.corrections.get(code) {
            let state = match system.agrees_with(&correction.value) {
                true => ComparisonState::SystemStands,
                false => ComparisonState::Neither,
            };
            return (state, Some(&correction.reason));
        }
        match established.stands.get(code) {
            Some(reason) => (ComparisonState::DeclaredStands, Some(reason)),
            None => (ComparisonState::Open, None),
        }
    }

    /// Codes of inputs that differ from a system's figure without an outcome.
    pub fn undecided(&self) -> Vec<&'a str> {
        let open = self.comparisons().into_iter();
        open.filter(|one| one.state == ComparisonState::Open)
            .map(|one| one.input)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_agrees_within_the_tolerance_and_everything_else_as_it_is() {
        let count = |text: &str| InputValue::Count(Decimal::parse(text).expect("a number"));
        let of = |value: InputValue, tolerance: Option<&str>| SystemFigure {
            value,
            tolerance: tolerance.map(|text| Decimal::parse(text).expect("a number")),
            source: "MCĐT".to_owned(),
            recorded_at: Timestamp::UNIX_EPOCH,
            recorded_by: "manager".to_owned(),
        };
        for (system, tolerance, declared, agrees) in [
            ("100", None, "100", true),
            ("100", None, "101", false),
            ("100", Some("1"), "101", true),
            ("100", Some("1"), "99", true),
            ("100", Some("1"), "102", false),
            ("100", Some("1"), "98", false),
            ("100", Some("0.5"), "101", false),
        ] {
            let figure = of(count(system), tolerance);
            assert_eq!(
                figure.agrees_with(&count(declared)),
                agrees,
                "{system} ± {tolerance:?}: {declared}"
            );
        }
        let class = of(InputValue::Option("GOOD".to_owned()), None);
        assert!(class.agrees_with(&InputValue::Option("GOOD".to_owned())));
        assert!(!class.agrees_with(&InputValue::Option("FAIR".to_owned())));
    }
}
