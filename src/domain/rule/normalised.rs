//! Rules that place a value in its group. What the group is like (its worst and best value, its mean and deviation) are inputs, as
//! whoever measured the group publishes them: this module knows no other units.

use serde::{Deserialize, Serialize};

use crate::domain::exact::Decimal;

/// Parameters of [`Rule::MinMax`](super::Rule::MinMax).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MinMax {
    pub input: String,
    /// The lowest value of the group, which is worth nothing.
    pub lowest: String,
    /// The highest value of the group, which is worth the maximum.
    pub highest: String,
    /// The lowest is the best: the two are worth the other way round.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub less_is_better: bool,
    /// What everybody has where the whole group has one value.
    pub without_spread: Decimal,
}

/// Parameters of [`Rule::ZScore`](super::Rule::ZScore).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ZScore {
    pub input: String,
    /// The mean of the group.
    pub mean: String,
    /// The standard deviation of the group.
    pub deviation: String,
    /// So many deviations from the mean are worth nothing.
    pub zero_at: Decimal,
    /// So many are worth the maximum; below `zeroAt` when less is better.
    pub full_at: Decimal,
    /// What everybody has where the group does not deviate.
    pub without_spread: Decimal,
}
