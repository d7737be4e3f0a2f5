//! Figures of a list of published percentages: quartiles, mean, deviation, and how two lists go together.

use serde::{Deserialize, Serialize};

use crate::domain::exact::{Decimal, Exact};

/// Fewest pairs of which a correlation is told: two points always lie on a line.
pub const FEWEST_PAIRS: usize = 3;
/// Places of correlation coefficients.
pub const CORRELATION_PLACES: u32 = 4;

/// How the percentages of a group lie, of those units alone that are ranked and to which the node applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spread {
    /// Of how many units.
    pub count: u32,
    pub lowest: Decimal,
    /// A quarter of the way through the values in order, in a straight line between neighbours, as spreadsheets do.
    pub lower_quartile: Decimal,
    pub median: Decimal,
    pub upper_quartile: Decimal,
    pub highest: Decimal,
    pub mean: Decimal,
    /// The standard deviation of all of them, who are no sample.
    pub deviation: Decimal,
    /// Units with 100 % or more, as displayed.
    pub full: u32,
    /// Units with 0 %, as displayed.
    pub none: u32,
    /// Units with less than 50 %.
    pub below_half: u32,
}

fn count_of(values: &[Exact], wanted: impl Fn(&Exact) -> bool) -> u32 {
    u32::try_from(values.iter().filter(|value| wanted(value)).count()).unwrap_or(u32::MAX)
}

fn whole(count: usize) -> Exact {
    Exact::from_integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The value so many quarters of the way through sorted values; `None` without any.
fn quartile(sorted: &[Exact], quarters: usize) -> Option<Exact> {
    let steps = quarters * sorted.len().checked_sub(1)?;
    let (below, rest) = (sorted.get(steps / 4)?, steps % 4);
    let above = sorted.get(steps / 4 + 1).unwrap_or(below);
    Some(below + &(&(above - below) * &Exact::ratio(i64::try_from(rest).ok()?, 4)))
}

/// `n Σxy − Σx Σy`: n² times the covariance, and of a list with itself n² times the variance.
fn scatter(xs: &[Exact], ys: &[Exact]) -> Exact {
    let products: Exact = xs.iter().zip(ys).map(|(x, y)| x * y).sum();
    let sums = xs.iter().sum::<Exact>() * ys.iter().sum::<Exact>();
    whole(xs.len()) * products - sums
}

impl Spread {
    /// The figures of these percentages, rounded to so many places, halves up; `None` without any.
    pub fn of(values: &[Exact], places: u32) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort();
        let count = whole(sorted.len());
        let rounded = |value: Exact| Decimal::from_exact(&value.rounded_exact(places));
        let mean = sorted.iter().sum::<Exact>().checked_div(&count)?;
        let variance = scatter(&sorted, &sorted).checked_div(&(&count * &count))?;
        let (hundred, half) = (Exact::from_integer(100), Exact::from_integer(50));
        Some(Self {
            count: u32::try_from(sorted.len()).ok()?,
            lowest: rounded(sorted.first()?.clone())?,
            lower_quartile: rounded(quartile(&sorted, 1)?)?,
            median: rounded(quartile(&sorted, 2)?)?,
            upper_quartile: rounded(quartile(&sorted, 3)?)?,
            highest: rounded(sorted.last()?.clone())?,
            mean: rounded(mean)?,
            deviation: rounded(variance.root(places)?)?,
            full: count_of(&sorted, |value| *value >= hundred),
            none: count_of(&sorted, Exact::is_zero),
            below_half: count_of(&sorted, |value| *value < half),
        })
    }

    /// Whether everybody has the same: it tells nobody apart.
    pub fn is_none(&self) -> bool {
        self.lowest == self.highest
    }
}

/// How two figures of the same units go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correlation {
    /// Pearson's coefficient of the values, and Spearman's of their ranks; [`CORRELATION_PLACES`] places.
    Found { pearson: Exact, spearman: Exact },
    /// Fewer than [`FEWEST_PAIRS`] pairs.
    TooFew,
    /// All have the same on one side: the coefficient is not defined.
    NoSpread,
}

/// Pearson's coefficient, rounded exactly; `None` where one side has no spread.
fn pearson(xs: &[Exact], ys: &[Exact]) -> Option<Exact> {
    let together = scatter(xs, ys);
    let apart = scatter(xs, xs) * scatter(ys, ys);
    let size = (&together * &together).checked_div(&apart)?.root(CORRELATION_PLACES)?;
    Some(if together.is_negative() { -&size } else { size })
}

/// Twice the rank of each value, from the least; equal values share the middle of their places.
fn doubled_ranks(values: &[Exact]) -> Vec<Exact> {
    let mut sorted: Vec<&Exact> = values.iter().collect();
    sorted.sort();
    let rank = |value: &Exact| {
        let below = sorted.partition_point(|one| *one < value);
        let up_to = sorted.partition_point(|one| *one <= value);
        whole(below + up_to + 1)
    };
    values.iter().map(rank).collect()
}

impl Correlation {
    /// Of pairs, in any order.
    pub fn of(pairs: &[(Exact, Exact)]) -> Self {
        if pairs.len() < FEWEST_PAIRS {
            return Self::TooFew;
        }
        let (xs, ys): (Vec<Exact>, Vec<Exact>) = pairs.iter().cloned().unzip();
        let of_ranks = || pearson(&doubled_ranks(&xs), &doubled_ranks(&ys));
        match pearson(&xs, &ys).zip(of_ranks()) {
            Some((pearson, spearman)) => Self::Found { pearson, spearman },
            None => Self::NoSpread,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse_decimal(text).expect("a number")
    }

    fn values(texts: &[&str]) -> Vec<Exact> {
        texts.iter().map(|text| exact(text)).collect()
    }

    #[test]
    fn a_spread_by_hand() {
        // Mean 5, mean square distance 4; places 1.75, 3.5 and 5.25 of 0 to 7.
        let found = Spread::of(&values(&["9", "2", "4", "5", "4", "7", "5", "4"]), 2).expect("values");
        let shown = [
            &found.lowest,
            &found.lower_quartile,
            &found.median,
            &found.upper_quartile,
            &found.highest,
            &found.mean,
            &found.deviation,
        ];
        assert_eq!(shown.map(ToString::to_string), ["2", "4", "4.5", "5.5", "9", "5", "2"]);
        let ends = Spread::of(&values(&["0", "100", "101.5", "49.99", "50"]), 2).expect("values");
        assert_eq!((ends.full, ends.none, ends.below_half, ends.count), (2, 1, 2, 5));
        // 100 ÷ 3 is rounded, halves up.
        let third = Spread::of(&values(&["0", "0", "100"]), 2).expect("values");
        assert_eq!(third.mean.to_string(), "33.33");
        assert_eq!(Spread::of(&[], 2), None);
    }

    #[test]
    fn coefficients_by_hand() {
        let pairs =
            |list: &[(&str, &str)]| -> Vec<(Exact, Exact)> { list.iter().map(|(x, y)| (exact(x), exact(y))).collect() };
        let found = |pearson: &str, spearman: &str| Correlation::Found {
            pearson: exact(pearson),
            spearman: exact(spearman),
        };
        // Σ of products of distances 4, of squares 10 and 10: 8 ÷ 10.
        let some = pairs(&[("1", "1"), ("2", "3"), ("3", "2"), ("4", "5"), ("5", "4")]);
        assert_eq!(Correlation::of(&some), found("0.8", "0.8"));
        // Growing, but not in a line: −2/7 … by hand 1, 4, 100: distances −1, 0, 1 and −34, −31, 65; 99 ÷ √(2 × 6342).
        let bent = pairs(&[("1", "1"), ("2", "4"), ("3", "100")]);
        assert_eq!(Correlation::of(&bent), found("0.879", "1"));
        let falling = pairs(&[("1", "3"), ("2", "2"), ("3", "1")]);
        assert_eq!(Correlation::of(&falling), found("-1", "-1"));
        assert_eq!(Correlation::of(&bent[..2]), Correlation::TooFew);
        let flat = pairs(&[("1", "3"), ("2", "3"), ("3", "3")]);
        assert_eq!(Correlation::of(&flat), Correlation::NoSpread);
    }

    proptest! {
        /// Against what counts on fingers: half of the values lie on either side, the sum is the sum, order does not matter.
        #[test]
        fn a_spread_is_that_of_the_values_in_any_order(numbers in prop::collection::vec(0_i64..12_000, 1..60), turn in 0_usize..60) {
            let values: Vec<Exact> = numbers.iter().map(|number| Exact::ratio(*number, 100)).collect();
            let mut turned = values.clone();
            turned.rotate_left(turn % values.len());
            let found = Spread::of(&values, 6).expect("values");
            let again = Spread::of(&turned, 6);
            prop_assert_eq!(Some(&found), again.as_ref());
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            let middle = sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2];
            prop_assert_eq!(found.median.exact(), &Exact::ratio(middle, 200));
            let count = i64::try_from(numbers.len()).expect("few");
            let mean = Exact::ratio(numbers.iter().sum(), 100 * count);
            prop_assert_eq!(found.mean.exact(), &mean.rounded_exact(6));
            let order = [&found.lowest, &found.lower_quartile, &found.median, &found.upper_quartile, &found.highest];
            prop_assert!(order.is_sorted());
            prop_assert_eq!(found.is_none(), found.deviation.exact().is_zero());
            let naive: Exact = values.iter().map(|value| {
                let distance = &mean - value;
                &distance * &distance
            }).sum();
            let variance = &naive / &Exact::from_integer(count);
            prop_assert_eq!(Some(found.deviation.exact().clone()), variance.root(6));
        }

        /// It lies between −1 and 1, is the same from either side and in any order, and does not know of scale or origin.
        #[test]
        fn a_coefficient_knows_no_order_side_or_scale(list in prop::collection::vec((0_i64..10_000, 0_i64..10_000), 3..40), turn in 0_usize..40) {
            let pairs: Vec<(Exact, Exact)> =
                list.iter().map(|(x, y)| (Exact::ratio(*x, 100), Exact::ratio(*y, 100))).collect();
            let found = Correlation::of(&pairs);
            let mut turned = pairs.clone();
            turned.rotate_left(turn % pairs.len());
            prop_assert_eq!(&found, &Correlation::of(&turned));
            let swapped: Vec<_> = pairs.iter().map(|(x, y)| (y.clone(), x.clone())).collect();
            prop_assert_eq!(&found, &Correlation::of(&swapped));
            let scaled: Vec<_> = pairs
                .iter()
                .map(|(x, y)| (x * &Exact::from_integer(7) + Exact::one(), y.clone()))
                .collect();
            prop_assert_eq!(&found, &Correlation::of(&scaled));
            if let Correlation::Found { pearson, spearman } = found {
                for one in [pearson, spearman] {
                    prop_assert!(one <= Exact::one() && -&one <= Exact::one());
                }
            }
        }
    }
}
