//! What a survey found of a leaf, as its operator records it, and how answers are counted until it is found.

mod import;
mod layout;
pub(in crate::domain) mod read;
mod sample;
pub(in crate::domain) mod table;
mod tally;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::exact::Decimal;
use super::input::InputValue;
use super::rule::Rule;

pub use import::{SurveyFile, SurveyImport, SurveyedUnit};
pub use read::{MAXIMUM_ROWS, RowsAre, SurveyRead, SurveyReader};
pub use sample::{MAXIMUM_POPULATION, SMALLEST_SHOWN, required_sample, shown};
pub use tally::{LeafFound, QuestionTally, UnitTally};

/// What a survey found of a leaf; which of the two, its rule says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum SurveyFigure {
    /// The mean of the answers.
    Mean {
        mean: Decimal,
        /// Lowest and highest answer of the scale.
        lowest: Decimal,
        highest: Decimal,
    },
    /// How many are satisfied of how many who answered validly.
    Share { satisfied: u32, valid: u32 },
}

impl SurveyFigure {
    /// The value that it gives to an input of a rule.
    pub fn input(&self, rule: &Rule, code: &str) -> Option<InputValue> {
        match (self, rule) {
            (Self::Mean { mean, .. }, _) => Some(InputValue::Decimal(mean.clone())),
            (Self::Share { satisfied, valid }, Rule::SurveyShare(rule)) => {
                let count = |count: u32| InputValue::Count(u64::from(count).into());
                [(&rule.satisfied, *satisfied), (&rule.valid, *valid)]
                    .into_iter()
                    .find_map(|(input, found)| (input == code).then(|| count(found)))
            }
            (Self::Share { .. }, _) => None,
        }
    }
}

/// Survey results of a leaf, of a sample. What was found lies among the other fields, each of which is known to it or to one
/// of its two forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SurveyValue {
    pub criterion: String,
    #[serde(flatten)]
    pub found: SurveyFigure,
    /// Number of respondents.
    pub sample: u32,
    /// Survey report or decision.
    pub source: String,
    /// Id of the import in its round that it was counted in; none for what was recorded by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    pub recorded_at: Timestamp,
    pub recorded_by: String,
}

impl SurveyValue {
    /// Whether another value states the same, whoever recorded it when.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let stated = |one: &Self| (one.criterion.clone(), one.found.clone(), one.sample, one.source.clone());
        stated(self) == stated(other)
    }
}
