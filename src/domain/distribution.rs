//! What the units of a round have in one input: the least and the greatest value, the mean, the standard deviation.
//!
//! Rules that place a value in its group (min-max as in the ICT Index, z-scores as in the UN's EGDI) rest on these figures. They
//! are measured once, over what is verified of everybody, and stand until they are measured again: a unit's points do not move with
//! each review of another unit. Before results are published they are held to what is verified then.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::exact::{Decimal, Exact};
use super::framework::{Framework, Leaf, Node};
use super::input::{InputSource, InputSpec, InputType, InputValue};

/// Places of a mean or a deviation where the framework states none. The ICT Index is published with four; two more keep what is
/// computed from them right to the fourth.
pub const DECIMALS_OF_GROUPS: u8 = 6;

/// A figure of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Statistic {
    /// The least value.
    Lowest,
    /// The greatest value.
    Highest,
    /// The arithmetic mean.
    Mean,
    /// The standard deviation of all units, which are no sample: the root of the mean square distance from the mean.
    Deviation,
}

/// What was measured over the units of a round in one input of one leaf of one framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Distribution {
    /// Code and version of the framework: a leaf is the same only there.
    pub framework: String,
    pub criterion: String,
    /// The input whose values these are.
    pub input: String,
    /// How many units have a verified value.
    pub count: u32,
    /// The figures, by the code of the input that takes them; none of a group without values.
    pub figures: BTreeMap<String, Decimal>,
    pub measured_at: Timestamp,
    /// Login of who had it measured.
    pub measured_by: String,
}

/// A figure of the group in a leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupFigure {
    pub value: Decimal,
    /// Over how many units.
    pub units: u32,
    pub measured_at: Timestamp,
}

/// The measured values of one input of one leaf, one of each unit that has one.
pub type Values = BTreeMap<(String, String), Vec<Exact>>;

impl Statistic {
    /// The name in JSON and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lowest => "LOWEST",
            Self::Highest => "HIGHEST",
            Self::Mean => "MEAN",
            Self::Deviation => "DEVIATION",
        }
    }

    /// Whether it is rounded: a third has no last place, and few roots have one.
    pub fn is_rounded(self) -> bool {
        match self {
            Self::Lowest | Self::Highest => false,
            Self::Mean | Self::Deviation => true,
        }
    }

    /// Whether an input of one type can hold the figure of any values of another: its bounds leave room for it.
    pub fn fits(self, figure: &InputType, values: &InputType) -> bool {
        let (Some((least, most)), Some((lowest, highest))) = (bounds(figure), bounds(values)) else {
            return false;
        };
        let (from, to) = match self {
            Self::Lowest | Self::Highest | Self::Mean => (lowest, highest),
            // Nobody lies further from the mean than the whole span.
            Self::Deviation => (
                Some(Exact::zero()),
                highest.zip(lowest).map(|(highest, lowest)| highest - lowest),
            ),
        };
        let below = least.is_none_or(|least| from.is_some_and(|from| least <= from));
        let above = most.is_none_or(|most| to.is_some_and(|to| to <= most));
        below && above
    }

    /// The figure of these values; `None` without any, or for one that no decimal can hold.
    pub fn of(self, values: &[Exact], decimals: u8) -> Option<Decimal> {
        let figure = match self {
            Self::Lowest => values.iter().min()?.clone(),
            Self::Highest => values.iter().max()?.clone(),
            Self::Mean => mean(values)?.rounded_exact(decimals.into()),
            Self::Deviation => {
                let mean = mean(values)?;
                let squares: Vec<Exact> = values
                    .iter()
                    .map(|value| {
                        let distance = value - &mean;
                        &distance * &distance
                    })
                    .collect();
                self::mean(&squares)?.root(decimals.into())?
            }
        };
        Decimal::from_exact(&figure)
    }
}

/// Least and greatest value of a type of numbers; absent where there is no such bound.
fn bounds(kind: &InputType) -> Option<(Option<Exact>, Option<Exact>)> {
    let exact = |bound: &Option<Decimal>| bound.as_ref().map(|one| one.exact().clone());
    match kind {
        InputType::Count { minimum, maximum } | InputType::Amount { minimum, maximum, .. } => {
            Some((exact(minimum).or_else(|| Some(Exact::zero())), exact(maximum)))
        }
        InputType::Decimal { minimum, maximum } => Some((Some(minimum.exact().clone()), Some(maximum.exact().clone()))),
        InputType::Date | InputType::Option { .. } | InputType::YesNo | InputType::Items { .. } => None,
    }
}

fn mean(values: &[Exact]) -> Option<Exact> {
    let count = i64::try_from(values.len()).ok()?;
    values.iter().sum::<Exact>().checked_div(&Exact::from_integer(count))
}

/// Inputs of a leaf that are figures of the group: each with the input whose values it is about.
pub fn group_inputs(leaf: &Leaf) -> impl Iterator<Item = (&InputSpec, &str, Statistic, u8)> {
    leaf.inputs.iter().filter_map(|spec| match &spec.source {
        InputSource::Group {
            input,
            statistic,
            decimals,
        } => Some((spec, input.as_str(), *statistic, decimals.unwrap_or(DECIMALS_OF_GROUPS))),
        InputSource::Declared
        | InputSource::Derived(_)
        | InputSource::Survey
        | InputSource::Imported { .. }
        | InputSource::CaseEvaluation(_)
        | InputSource::FollowUp(_)
        | InputSource::PreviousYear { .. } => None,
    })
}

/// The leaves of a framework that look at the whole group.
pub fn grouped_leaves(framework: &Framework) -> impl Iterator<Item = (&Node, &Leaf)> {
    let leaves = framework.leaves();
    leaves.filter(|(_, leaf)| leaf.inputs.iter().any(|spec| spec.source.is_of_group()))
}

/// What these values give, by criterion and input: a figure for each input of the group, none where there are no values.
pub fn figures_of(framework: &Framework, values: &Values) -> BTreeMap<(String, String), BTreeMap<String, Decimal>> {
    let mut found: BTreeMap<(String, String), BTreeMap<String, Decimal>> = BTreeMap::new();
    for (node, leaf) in grouped_leaves(framework) {
        for (spec, input, statistic, decimals) in group_inputs(leaf) {
            let key = (node.code.clone(), input.to_owned());
            let measured = values.get(&key).map_or(&[][..], Vec::as_slice);
            let figures = found.entry(key).or_default();
            if let Some(figure) = statistic.of(measured, decimals) {
                figures.insert(spec.code.clone(), figure);
            }
        }
    }
    found
}

impl GroupFigure {
    /// The figure as a value of the input that takes it.
    pub fn value_for(&self, leaf: &Leaf, input: &str) -> InputValue {
        let decimal = || InputValue::Decimal(self.value.clone());
        leaf.input(input)
            .map_or_else(decimal, |spec| spec.kind.number(&self.value))
    }
}

impl Distribution {
    /// The id among those of a round.
    pub fn key_of(framework: &str, criterion: &str, input: &str) -> String {
        format!("{framework}~{criterion}~{input}")
    }

    /// The figures as a leaf takes them.
    pub fn for_leaf(&self) -> impl Iterator<Item = (String, GroupFigure)> {
        self.figures.iter().map(|(code, value)| {
            let figure = GroupFigure {
                value: value.clone(),
                units: self.count,
                measured_at: self.measured_at,
            };
            (code.clone(), figure)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse_decimal(text).expect("a number")
    }

    fn figure(statistic: Statistic, values: &[&str], decimals: u8) -> Option<String> {
        let values: Vec<Exact> = values.iter().map(|text| exact(text)).collect();
        statistic.of(&values, decimals).map(|figure| figure.to_string())
    }

    #[test]
    fn figures_of_a_group_by_hand() {
        use Statistic::{Deviation, Highest, Lowest, Mean};
        // Mean 5, squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, 32 / 8 = 4.
        let eight = ["2", "4", "4", "4", "5", "5", "7", "9"];
        // Mean 2; squares 1 + 0 + 1 = 2, two thirds, whose root is 0.81649658…
        let three = ["1", "2", "3"];
        for (statistic, values, decimals, expected) in [
            (Lowest, &eight[..], 0, "2"),
            (Highest, &eight[..], 0, "9"),
            (Mean, &eight[..], 6, "5"),
            (Deviation, &eight[..], 6, "2"),
            (Mean, &["0.8654", "0.8046", "0.7350"][..], 4, "0.8017"),
            (Mean, &["1", "1", "2"][..], 3, "1.333"),
            (Mean, &["1", "2", "2"][..], 3, "1.667"),
            // Halves go up: 0.5 at no place.
            (Mean, &["0", "1"][..], 0, "1"),
            (Deviation, &three[..], 6, "0.816497"),
            (Deviation, &three[..], 2, "0.82"),
            (Deviation, &three[..], 0, "1"),
            // 1.5 exactly: halves go up here, too.
            (Deviation, &["0", "3"][..], 0, "2"),
            (Deviation, &["7.25"][..], 6, "0"),
            (Lowest, &["-1.5", "0"][..], 6, "-1.5"),
        ] {
            let found = figure(statistic, values, decimals);
            assert_eq!(
                found.as_deref(),
                Some(expected),
                "{statistic:?} of {values:?} at {decimals}"
            );
        }
        for statistic in [Lowest, Highest, Mean, Deviation] {
            assert_eq!(figure(statistic, &[], 6), None, "nothing has no {statistic:?}");
        }
    }

    proptest! {
        /// The root is the nearest of that many places: half a place less squared is not more, half a place more squared is more.
        #[test]
        fn a_deviation_is_the_nearest_root(values in prop::collection::vec(-1_000_000_i64..1_000_000, 1..40), decimals in 0..9_u8) {
            let values: Vec<Exact> = values.into_iter().map(|value| Exact::ratio(value, 1000)).collect();
            let mean = super::mean(&values).expect("values");
            let squares: Vec<Exact> = values.iter().map(|value| &(value - &mean) * &(value - &mean)).collect();
            let variance = super::mean(&squares).expect("values");
            let root = Statistic::Deviation.of(&values, decimals).expect("a root").exact().clone();
            let half = Exact::ratio(1, 2 * 10_i64.pow(decimals.into()));
            let (below, above) = (&root - &half, &root + &half);
            prop_assert!(below.is_negative() || &below * &below <= variance);
            prop_assert!(&above * &above > variance);
        }

        /// The mean lies between the ends, and nobody lies further from it than the whole span.
        #[test]
        fn figures_lie_where_they_can(values in prop::collection::vec(-10_000_i64..10_000, 1..40)) {
            let values: Vec<Exact> = values.into_iter().map(|value| Exact::ratio(value, 100)).collect();
            let figure = |statistic: Statistic| statistic.of(&values, 8).expect("a figure").exact().clone();
            let (lowest, highest) = (figure(Statistic::Lowest), figure(Statistic::Highest));
            let (mean, deviation) = (figure(Statistic::Mean), figure(Statistic::Deviation));
            prop_assert!(lowest <= mean && mean <= highest);
            prop_assert!(!deviation.is_negative() && deviation <= &highest - &lowest);
            prop_assert_eq!(deviation.is_zero(), lowest == highest);
        }
    }
}
