//! Rules that compare years.

use serde::{Deserialize, Serialize};

use crate::domain::exact::Decimal;

/// Fewest years of [`Rule::Growth`](super::Rule::Growth): two of them are what YEAR_ON_YEAR compares, without dividing.
pub const LEAST_YEARS: usize = 3;
/// Most years of [`Rule::Growth`](super::Rule::Growth): the assessed one and the five of the plan before it, each of which is
/// another published round that the opening of a dossier reads.
pub const MAXIMUM_YEARS: usize = 6;

/// Parameters of [`Rule::YearOnYear`](super::Rule::YearOnYear).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct YearOnYear {
    pub current: String,
    pub previous: String,
    /// Highest growth first; the first that is reached counts.
    pub bands: Vec<GrowthBand>,
    pub otherwise: Decimal,
}

/// A tier of growth; exactly one of the two bounds is stated. Of two years, growth g is reached when current > (or ≥)
/// previous × (1 + g); of several, when the average is > (or ≥) g.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrowthBand {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_above: Option<Decimal>,
    /// A positive growth is not reached by staying at zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_at_least: Option<Decimal>,
    pub ratio: Decimal,
}

/// Parameters of [`Rule::Growth`](super::Rule::Growth).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Growth {
    /// Codes of the inputs, one for each year: the oldest first, the assessed year last. A year in which there was nothing
    /// to grow from makes the average missing.
    pub years: Vec<String>,
    /// Highest growth first; the first that is reached counts.
    pub bands: Vec<GrowthBand>,
    pub otherwise: Decimal,
}

impl Growth {
    /// The code of the assessed year's input; empty without any year.
    pub fn current(&self) -> &str {
        self.years.last().map_or("", String::as_str)
    }

    /// The years that the next one is compared with.
    pub fn bases(&self) -> &[String] {
        self.years.split_last().map_or(&[], |(_, bases)| bases)
    }
}
