//! Rules: how inputs become points, as data. The catalogue and real examples: domain notes §2.1; parameters are ratios
//! of the leaf's maximum unless they say *points*.
//!
//! This module knows the parameters; [`super::evaluate`] applies them.

mod describe;
mod formula;
mod growth;
mod normalised;

use serde::{Deserialize, Serialize};

use super::exact::Decimal;
use super::input::InputValue;
use super::text::Text;

pub use formula::{Expressions, FormulaRule, MAXIMUM_VARIANTS, Variant, Variants};
pub use growth::{Growth, GrowthBand, LEAST_YEARS, MAXIMUM_YEARS, YearOnYear};
pub use normalised::{MinMax, ZScore};

/// How a leaf is scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rule {
    /// One option of a list, each worth a ratio.
    Options(Options),
    /// All or nothing, or two stated ratios.
    YesNo(YesNo),
    /// Several items, each of which adds its ratio.
    Checklist(Checklist),
    /// Levels, each of which counts only together with all below it.
    Maturity(Maturity),
    /// The measure itself is the ratio.
    Proportional(Proportional),
    /// In full from one value, in proportion from another, nothing below.
    GatedProportional(GatedProportional),
    /// Tiers.
    Bands(Bands),
    /// In a straight line from nothing to full.
    Linear(Linear),
    /// The maximum less points per case, never below zero.
    Deductions(Deductions),
    /// This year against last year, without division.
    YearOnYear(YearOnYear),
    /// The average of the yearly growth over several years.
    Growth(Growth),
    /// An expression over the inputs, or several of which one is chosen.
    Formula(FormulaRule),
    /// A class of another evaluation, each worth a ratio.
    ClassMap(ClassMap),
    /// The mean of a survey on its scale.
    SurveyMean(SurveyMean),
    /// The share of those who are satisfied in all who answered.
    SurveyShare(SurveyShare),
    /// Where a value lies between the worst and the best of its group.
    MinMax(MinMax),
    /// How far a value lies from the mean of its group, in standard deviations.
    ZScore(ZScore),
}

/// Parameters of [`Rule::Options`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    pub input: String,
    pub options: Vec<Choice>,
}

/// Something that can be chosen, and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    pub code: String,
    pub name: Text,
    pub ratio: Decimal,
}

/// Parameters of [`Rule::YesNo`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct YesNo {
    pub input: String,
    pub yes: Decimal,
    pub no: Decimal,
}

/// Parameters of [`Rule::Checklist`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checklist {
    pub input: String,
    pub items: Vec<Choice>,
}

/// Most levels of [`Rule::Maturity`]: models of maturity have five or six, and each one is a step of an explanation that is
/// two nestings of JSON deep, of which readers take some hundred.
pub const MAXIMUM_LEVELS: usize = 10;

/// Parameters of [`Rule::Maturity`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Maturity {
    /// An input whose items are the levels that are met.
    pub input: String,
    /// Lowest first; the highest one that is met together with all before it counts, with its own ratio. Without the first
    /// one there is nothing.
    pub levels: Vec<Choice>,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Measure {
    /// One input divided by another.
    Ratio { numerator: String, denominator: String },
    /// One input as it is.
    Input(String),
}

/// What a zero denominator is worth when evidence states that there was nothing to do. Without such evidence the value
/// is missing; without this setting it is missing in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WhenEmpty {
    /// The maximum (no late case: nothing to apologise for).
    Full,
    /// The leaf leaves the applicable maximum.
    NotApplicable,
    /// Nothing.
    Zero,
}

/// Parameters of [`Rule::Proportional`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proportional {
    pub measure: Measure,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_empty: Option<WhenEmpty>,
}

/// Parameters of [`Rule::GatedProportional`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GatedProportional {
    pub measure: Measure,
    /// From here the maximum.
    pub full: Decimal,
    /// From here the measure divided by `over`; below it nothing.
    pub threshold: Decimal,
    pub over: Decimal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_empty: Option<WhenEmpty>,
}

/// Parameters of [`Rule::Bands`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bands {
    pub measure: Measure,
    /// Highest first; the first that is reached counts.
    pub bands: Vec<Band>,
    /// When none is reached.
    pub otherwise: Decimal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_empty: Option<WhenEmpty>,
}

/// A tier: from this value of the measure that ratio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Band {
    pub at_least: Decimal,
    pub ratio: Decimal,
}

/// Parameters of [`Rule::Linear`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Linear {
    pub measure: Measure,
    /// Value of the measure that is worth nothing.
    pub zero_at: Decimal,
    /// Value of the measure that is worth the maximum; below `zeroAt` when less is better.
    pub full_at: Decimal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_empty: Option<WhenEmpty>,
}

/// Parameters of [`Rule::Deductions`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deductions {
    pub deductions: Vec<Deduction>,
}

/// So many points per case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deduction {
    pub input: String,
    /// Points, not a ratio.
    pub each: Decimal,
}

/// Parameters of [`Rule::ClassMap`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClassMap {
    pub input: String,
    pub classes: Vec<Choice>,
}

/// Parameters of [`Rule::SurveyMean`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyMean {
    pub input: String,
    /// Lowest answer of the scale: worth nothing.
    pub lowest: Decimal,
    /// Highest answer of the scale: worth the maximum.
    pub highest: Decimal,
}

/// Parameters of [`Rule::SurveyShare`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyShare {
    /// How many are satisfied.
    pub satisfied: String,
    /// Of how many who answered validly; where nobody did, there is no share.
    pub valid: String,
    /// What the share is worth; without them it is the ratio itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiers: Option<Tiers>,
}

/// Tiers of a share, from 0 to 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tiers {
    /// Highest first; the first that is reached counts.
    pub bands: Vec<Band>,
    /// When none is reached.
    pub otherwise: Decimal,
}

impl SurveyShare {
    /// What it measures.
    pub fn measure(&self) -> Measure {
        Measure::Ratio {
            numerator: self.satisfied.clone(),
            denominator: self.valid.clone(),
        }
    }
}

impl Measure {
    /// The codes of its inputs.
    pub fn inputs(&self) -> Vec<&str> {
        match self {
            Self::Ratio { numerator, denominator } => vec![numerator, denominator],
            Self::Input(input) => vec![input],
        }
    }
}

impl Rule {
    /// The input that must not be zero: the rule divides by it, and nothing says what having nothing to do is worth.
    pub fn never_zero(&self) -> Option<&str> {
        let (measure, when_empty) = match self {
            Self::Proportional(rule) => (&rule.measure, rule.when_empty),
            Self::GatedProportional(rule) => (&rule.measure, rule.when_empty),
            Self::Bands(rule) => (&rule.measure, rule.when_empty),
            Self::Linear(rule) => (&rule.measure, rule.when_empty),
            Self::SurveyShare(rule) => return Some(&rule.valid),
            _ => return None,
        };
        match (measure, when_empty) {
            (Measure::Ratio { denominator, .. }, None) => Some(denominator),
            _ => None,
        }
    }

    /// The name of its kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Options(_) => "OPTIONS",
            Self::YesNo(_) => "YES_NO",
            Self::Checklist(_) => "CHECKLIST",
            Self::Maturity(_) => "MATURITY",
            Self::Proportional(_) => "PROPORTIONAL",
            Self::GatedProportional(_) => "GATED_PROPORTIONAL",
            Self::Bands(_) => "BANDS",
            Self::Linear(_) => "LINEAR",
            Self::Deductions(_) => "DEDUCTIONS",
            Self::YearOnYear(_) => "YEAR_ON_YEAR",
            Self::Growth(_) => "GROWTH",
            Self::Formula(_) => "FORMULA",
            Self::ClassMap(_) => "CLASS_MAP",
            Self::SurveyMean(_) => "SURVEY_MEAN",
            Self::SurveyShare(_) => "SURVEY_SHARE",
            Self::MinMax(_) => "MIN_MAX",
            Self::ZScore(_) => "Z_SCORE",
        }
    }

    /// The codes of the inputs that it needs, each once.
    pub fn inputs(&self) -> Vec<&str> {
        let mut inputs: Vec<&str> = match self {
            Self::Options(rule) => vec![&rule.input],
            Self::YesNo(rule) => vec![&rule.input],
            Self::Checklist(rule) => vec![&rule.input],
            Self::Maturity(rule) => vec![&rule.input],
            Self::Proportional(rule) => rule.measure.inputs(),
            Self::GatedProportional(rule) => rule.measure.inputs(),
            Self::Bands(rule) => rule.measure.inputs(),
            Self::Linear(rule) => rule.measure.inputs(),
            Self::Deductions(rule) => rule
                .deductions
                .iter()
                .map(|deduction| deduction.input.as_str())
                .collect(),
            Self::YearOnYear(rule) => vec![&rule.current, &rule.previous],
            Self::Growth(rule) => rule.years.iter().map(String::as_str).collect(),
            Self::Formula(rule) => rule.inputs(),
            Self::ClassMap(rule) => vec![&rule.input],
            Self::SurveyMean(rule) => vec![&rule.input],
            Self::SurveyShare(rule) => vec![&rule.satisfied, &rule.valid],
            Self::MinMax(rule) => vec![&rule.input, &rule.lowest, &rule.highest],
            Self::ZScore(rule) => vec![&rule.input, &rule.mean, &rule.deviation],
        };
        once_each(&mut inputs);
        inputs
    }

    /// The codes of the inputs without which it has no points, each once: of a formula with variants those of the one that is
    /// chosen, of every other rule all. `value` is what is known of an input.
    pub fn needed<'a>(&self, value: impl Fn(&str) -> Option<&'a InputValue>) -> Vec<&str> {
        match self {
            Self::Formula(rule) => {
                let mut inputs = rule.needed(value);
                once_each(&mut inputs);
                inputs
            }
            _ => self.inputs(),
        }
    }

    /// The setting for a zero denominator, of the kinds that have one.
    pub fn when_empty(&self) -> Option<WhenEmpty> {
        match self {
            Self::Proportional(rule) => rule.when_empty,
            Self::GatedProportional(rule) => rule.when_empty,
            Self::Bands(rule) => rule.when_empty,
            Self::Linear(rule) => rule.when_empty,
            Self::Formula(rule) => rule.when_empty,
            Self::Options(_)
            | Self::YesNo(_)
            | Self::Checklist(_)
            | Self::Maturity(_)
            | Self::Deductions(_)
            | Self::YearOnYear(_)
            | Self::Growth(_)
            | Self::ClassMap(_)
            | Self::SurveyMean(_)
            | Self::SurveyShare(_)
            | Self::MinMax(_)
            | Self::ZScore(_) => None,
        }
    }

    /// The codes that the rule gives a value to, of the kinds that choose.
    pub fn choices(&self) -> Option<&[Choice]> {
        match self {
            Self::Options(rule) => Some(&rule.options),
            Self::Checklist(rule) => Some(&rule.items),
            Self::Maturity(rule) => Some(&rule.levels),
            Self::ClassMap(rule) => Some(&rule.classes),
            _ => None,
        }
    }
}

fn once_each(inputs: &mut Vec<&str>) {
    let mut seen = std::collections::BTreeSet::new();
    inputs.retain(|input| seen.insert(*input));
}
