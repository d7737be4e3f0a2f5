//! How a rational number is kept: in two machine words where it fits, as nearly all points and figures do, otherwise in
//! big integers. **One number has one form**, so that equal numbers are equal values.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_rational::{BigRational, Ratio};
use num_traits::{CheckedAdd as _, CheckedDiv as _, CheckedMul as _, CheckedSub as _, Signed as _, ToPrimitive as _};

/// Places up to which a small number is scaled in 128 bits: 63 bits times 10^18 and a factor of two take 124.
const SMALL_PLACES: u32 = 18;

/// A rational number in lowest terms, its denominator positive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Number {
    /// Numerator and denominator are machine words, the numerator not the lowest one, which has no opposite.
    Small(Ratio<i64>),
    /// Anything that is not small.
    Big(Box<BigRational>),
}

/// A number times a power of ten, halves away from zero.
pub(super) struct Scaled {
    pub whole: Whole,
    /// Whether nothing had to be rounded.
    pub exact: bool,
}

/// A whole number.
pub(super) enum Whole {
    Small(i128),
    Big(BigInt),
}

impl Number {
    /// The ratio of two whole numbers.
    ///
    /// # Panics
    /// When the denominator is zero.
    pub fn new(numerator: BigInt, denominator: BigInt) -> Self {
        Self::narrow(BigRational::new(numerator, denominator))
    }

    /// A whole number.
    pub fn from_integer(value: i64) -> Self {
        Self::small(Ratio::from_integer(value))
    }

    /// A ratio in lowest terms with a positive denominator.
    pub fn reduced(numerator: i64, denominator: i64) -> Self {
        Self::small(Ratio::new_raw(numerator, denominator))
    }

    fn small(ratio: Ratio<i64>) -> Self {
        if *ratio.numer() == i64::MIN {
            return Self::Big(Box::new(wide(&ratio)));
        }
        Self::Small(ratio)
    }

    /// The one form of a number in lowest terms.
    fn narrow(number: BigRational) -> Self {
        match (number.numer().to_i64(), number.denom().to_i64()) {
            (Some(numerator), Some(denominator)) if numerator != i64::MIN => {
                Self::Small(Ratio::new_raw(numerator, denominator))
            }
            _ => Self::Big(Box::new(number)),
        }
    }

    fn wide(&self) -> BigRational {
        match self {
            Self::Small(ratio) => wide(ratio),
            Self::Big(number) => number.as_ref().clone(),
        }
    }

    /// An operation on machine words where its result fits them, otherwise on big integers.
    fn operate(
        &self,
        other: &Self,
        small: impl FnOnce(&Ratio<i64>, &Ratio<i64>) -> Option<Ratio<i64>>,
        big: impl FnOnce(BigRational, BigRational) -> BigRational,
    ) -> Self {
        if let (Self::Small(one), Self::Small(other)) = (self, other)
            && let Some(result) = small(one, other)
        {
            return Self::small(result);
        }
        Self::narrow(big(self.wide(), other.wide()))
    }

    pub fn plus(&self, other: &Self) -> Self {
        self.operate(other, Ratio::checked_add, |one, other| one + other)
    }

    pub fn minus(&self, other: &Self) -> Self {
        self.operate(other, Ratio::checked_sub, |one, other| one - other)
    }

    pub fn times(&self, other: &Self) -> Self {
        self.operate(other, Ratio::checked_mul, |one, other| one * other)
    }

    /// # Panics
    /// When the other is zero.
    pub fn over(&self, other: &Self) -> Self {
        self.operate(other, Ratio::checked_div, |one, other| one / other)
    }

    pub fn opposite(&self) -> Self {
        match self {
            Self::Small(ratio) => Self::Small(-ratio),
            Self::Big(number) => Self::narrow(-number.as_ref()),
        }
    }

    /// The square root at that many places, halves up; `None` below zero.
    pub fn root(&self, places: u32) -> Option<Self> {
        if self.is_negative() {
            return None;
        }
        let number = self.wide();
        let scaled = number.numer() * power_of_ten(2 * places);
        let root = (&scaled / number.denom()).sqrt();
        // Half a place more, squared: four times (root + 1/2)² is 4 root (root + 1) + 1.
        let half_more = number.denom() * (BigInt::from(4) * &root * (&root + 1) + 1);
        let rounded = if scaled * 4 >= half_more { root + 1 } else { root };
        Some(Self::new(rounded, power_of_ten(places)))
    }

    pub fn is_negative(&self) -> bool {
        match self {
            Self::Small(ratio) => ratio.is_negative(),
            Self::Big(number) => number.is_negative(),
        }
    }

    /// The number if it is a whole one of a machine word.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Self::Small(ratio) => ratio.is_integer().then(|| *ratio.numer()),
            Self::Big(number) => number.is_integer().then(|| number.numer().to_i64()).flatten(),
        }
    }

    pub fn is_integer(&self) -> bool {
        match self {
            Self::Small(ratio) => ratio.is_integer(),
            Self::Big(number) => number.is_integer(),
        }
    }

    /// The number times 10^places.
    pub fn scaled(&self, places: u32) -> Scaled {
        match self {
            Self::Small(ratio) if places <= SMALL_PLACES => {
                let numerator = i128::from(*ratio.numer()) * 10_i128.pow(places);
                let denominator = i128::from(*ratio.denom());
                let (whole, rest) = numerator.abs().div_rem(&denominator);
                let away = i128::from(2 * rest >= denominator);
                Scaled {
                    whole: Whole::Small(numerator.signum() * (whole + away)),
                    exact: rest == 0,
                }
            }
            Self::Small(_) | Self::Big(_) => {
                let product = self.wide() * BigRational::from_integer(power_of_ten(places));
                Scaled {
                    exact: product.is_integer(),
                    whole: Whole::Big(product.round().to_integer()),
                }
            }
        }
    }
}

impl Whole {
    pub fn is_negative(&self) -> bool {
        match self {
            Self::Small(value) => *value < 0,
            Self::Big(value) => value.is_negative(),
        }
    }

    /// The digits without a sign.
    pub fn digits(&self) -> String {
        match self {
            // A division of two machine words costs several times as much.
            Self::Small(value) => match u64::try_from(value.unsigned_abs()) {
                Ok(word) => word.to_string(),
                Err(_) => value.unsigned_abs().to_string(),
            },
            Self::Big(value) => value.magnitude().to_string(),
        }
    }

    /// The machine word, if it is one.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Self::Small(value) => i64::try_from(*value).ok(),
            Self::Big(value) => value.to_i64(),
        }
    }

    /// Divided by 10^places.
    pub fn unscaled(self, places: u32) -> Number {
        let value = match self {
            Self::Small(value) => BigInt::from(value),
            Self::Big(value) => value,
        };
        Number::new(value, power_of_ten(places))
    }
}

fn wide(ratio: &Ratio<i64>) -> BigRational {
    BigRational::new_raw((*ratio.numer()).into(), (*ratio.denom()).into())
}

pub(super) fn power_of_ten(places: u32) -> BigInt {
    BigInt::from(10).pow(places)
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small(one), Self::Small(other)) => one.cmp(other),
            _ => self.wide().cmp(&other.wide()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small(ratio) => fmt::Display::fmt(ratio, formatter),
            Self::Big(number) => fmt::Display::fmt(number, formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numerators and denominators around everything that might overflow.
    fn word() -> impl Strategy<Value = i64> {
        let near = |value: i64| (-3..=3_i64).prop_map(move |step| value.saturating_add(step));
        prop_oneof![
            any::<i64>(),
            -1000..1000_i64,
            near(i64::MIN),
            near(i64::MAX),
            near(0),
            near(1 << 31),
            near(1 << 62),
        ]
    }

    fn number() -> impl Strategy<Value = Number> {
        let divisor = word().prop_filter("a divisor", |value| *value != 0);
        (word(), divisor, 1..5_u32).prop_map(|(numerator, denominator, power)| {
            Number::new(BigInt::from(numerator).pow(power), BigInt::from(denominator))
        })
    }

    /// The form that the number has to have.
    fn of(number: &BigRational) -> Number {
        Number::narrow(number.clone())
    }

    proptest! {
        #[test]
        fn small_numbers_give_what_big_ones_give(one in number(), other in number()) {
            let (a, b) = (one.wide(), other.wide());
            prop_assert!(one.plus(&other) == of(&(&a + &b)));
            prop_assert!(one.minus(&other) == of(&(&a - &b)));
            prop_assert!(one.times(&other) == of(&(&a * &b)));
            if other != Number::from_integer(0) {
                prop_assert!(one.over(&other) == of(&(&a / &b)));
            }
            prop_assert!(one.opposite() == of(&-&a));
            prop_assert_eq!(one.cmp(&other), a.cmp(&b));
            prop_assert_eq!(one.to_string(), a.to_string());
            prop_assert_eq!(one.is_negative(), a.is_negative());
            prop_assert_eq!(one.is_integer(), a.is_integer());
        }

        #[test]
        fn small_numbers_round_as_big_ones_do(one in number(), places in 0..25_u32) {
            let product = one.wide() * BigRational::from_integer(power_of_ten(places));
            let scaled = one.scaled(places);
            prop_assert_eq!(scaled.exact, product.is_integer());
            let rounded = product.round().to_integer();
            prop_assert_eq!(scaled.whole.digits(), rounded.magnitude().to_string());
            prop_assert_eq!(scaled.whole.is_negative(), rounded.is_negative());
            prop_assert_eq!(scaled.whole.to_i64(), rounded.to_i64());
            prop_assert!(scaled.whole.unscaled(places) == Number::new(rounded, power_of_ten(places)));
        }
    }
}
