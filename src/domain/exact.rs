//! Exact numbers: points, ratios and measured values are rationals to the end, **never binary floats**.
//!
//! [`Exact`] is any rational, written as a reduced fraction (`7/8`, `2`). [`Decimal`] is one that a person wrote as a
//! plain decimal (`0.25`) and that is written so again; parameters and input values are decimals.

mod decimal;
mod number;

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::str::FromStr;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::Zero as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use decimal::Decimal;
use number::{Number, Whole, power_of_ten};

/// Most digits before the decimal point that are read; protects against numbers made to be slow.
pub const MAXIMUM_INTEGER_DIGITS: usize = 20;
/// Most digits after the decimal point that are read.
pub const MAXIMUM_FRACTION_DIGITS: usize = 12;
/// Most characters of a fraction that are read. A total of 390 leaves whose denominators share no factor has
/// numerator and denominator of some 15,000 digits each; what was written must be readable again.
const MAXIMUM_FRACTION_TEXT: usize = 64_000;

/// Why a text is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Words, an exponent, a comma, a sign alone, white space, nothing.
    #[error("not a plain decimal number: write digits with at most one point, such as 12.5 (no exponent, no comma)")]
    NotADecimal,
    /// More than 20 digits before the point.
    #[error("more than 20 digits before the decimal point")]
    TooManyIntegerDigits,
    /// More than 12 digits after the point.
    #[error("more than 12 digits after the decimal point")]
    TooManyFractionDigits,
    /// Not `numerator/denominator` of integers, the denominator positive.
    #[error("not a fraction of two integers with a positive denominator")]
    NotAFraction,
}

/// An exact rational number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(Number);

impl Exact {
    /// Nothing.
    pub fn zero() -> Self {
        Self::from_integer(0)
    }

    /// One whole.
    pub fn one() -> Self {
        Self::from_integer(1)
    }

    /// An integer.
    pub fn from_integer(value: i64) -> Self {
        Self(Number::from_integer(value))
    }

    /// The ratio of two integers.
    ///
    /// # Panics
    /// When the denominator is zero.
    pub fn ratio(numerator: i64, denominator: i64) -> Self {
        Self(Number::new(BigInt::from(numerator), BigInt::from(denominator)))
    }

    /// Reads a plain decimal: an optional minus, at most 20 digits, at most 12 digits after a point. No exponent, no
    /// comma, no plus, no white space.
    pub fn parse_decimal(text: &str) -> Result<Self, DecimalError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (integer, fraction) = match digits.split_once('.') {
            Some((integer, fraction)) if !fraction.is_empty() => (integer, fraction),
            Some(_) => return Err(DecimalError::NotADecimal),
            None => (digits, ""),
        };
        let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if integer.is_empty() || !only_digits(integer) || !only_digits(fraction) {
            return Err(DecimalError::NotADecimal);
        }
        if integer.len() > MAXIMUM_INTEGER_DIGITS {
            return Err(DecimalError::TooManyIntegerDigits);
        }
        if fraction.len() > MAXIMUM_FRACTION_DIGITS {
            return Err(DecimalError::TooManyFractionDigits);
        }
        let numerator = BigInt::from_str(&format!("{integer}{fraction}")).map_err(|_| DecimalError::NotADecimal)?;
        let value = Number::new(numerator, power_of_ten(fraction.len() as u32));
        Ok(Self(if digits.len() < text.len() {
            value.opposite()
        } else {
            value
        }))
    }

    /// Reads what [`fmt::Display`] writes: `7/8`, `-2`.
    pub fn parse_fraction(text: &str) -> Result<Self, DecimalError> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let is_integer = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if text.len() > MAXIMUM_FRACTION_TEXT
            || !is_integer(numerator.strip_prefix('-').unwrap_or(numerator))
            || !is_integer(denominator)
        {
            return Err(DecimalError::NotAFraction);
        }
        // Nearly all are small and in lowest terms already.
        if let (Ok(small), Ok(divisor)) = (numerator.parse::<i64>(), denominator.parse::<i64>())
            && divisor > 0
            && small.unsigned_abs().gcd(&divisor.unsigned_abs()) == 1
        {
            return Ok(Self(Number::reduced(small, divisor)));
        }
        let integer = |part: &str| BigInt::from_str(part).map_err(|_| DecimalError::NotAFraction);
        let (numerator, denominator) = (integer(numerator)?, integer(denominator)?);
        if denominator.is_zero() {
            return Err(DecimalError::NotAFraction);
        }
        Ok(Self(Number::new(numerator, denominator)))
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.0.to_i64() == Some(0)
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        self.0.is_integer()
    }

    /// The quotient, or `None` when the divisor is zero.
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        (!divisor.is_zero()).then(|| Self(self.0.over(&divisor.0)))
    }

    /// The value held between two bounds.
    pub fn clamped(&self, lowest: &Self, highest: &Self) -> Self {
        self.max(lowest).min(highest).clone()
    }

    /// Decimal text with exactly that many places, halves away from zero (`0.465` at 2 places is `0.47`).
    pub fn rounded(&self, places: u32) -> String {
        Self::decimal(&self.0.scaled(places).whole, places)
    }

    fn decimal(scaled: &Whole, places: u32) -> String {
        let digits = scaled.digits();
        let places = places as usize;
        // At least one digit stands before the point.
        let zeros = (places + 1).saturating_sub(digits.len());
        let mut text = String::with_capacity(digits.len() + zeros + 2);
        if scaled.is_negative() {
            text.push('-');
        }
        text.extend(std::iter::repeat_n('0', zeros));
        text.push_str(&digits);
        if places > 0 {
            text.insert(text.len() - places, '.');
        }
        text
    }

    /// The value rounded like [`Self::rounded`], still exact.
    pub fn rounded_exact(&self, places: u32) -> Self {
        Self(self.0.scaled(places).whole.unscaled(places))
    }

    /// The square root, rounded to that many places like [`Self::rounded`]; `None` below zero.
    pub fn root(&self, places: u32) -> Option<Self> {
        self.0.root(places).map(Self)
    }

    /// The value times 10^places, rounded like [`Self::rounded`], for ordering in a store; saturates at the ends.
    pub fn scaled_i64(&self, places: u32) -> i64 {
        let scaled = self.0.scaled(places).whole;
        scaled
            .to_i64()
            .unwrap_or(if scaled.is_negative() { i64::MIN } else { i64::MAX })
    }

    /// Plain decimal text without rounding, when there is one of at most that many places (`1.75`, but not `1/3`).
    pub fn decimal_text(&self, most_places: u32) -> Option<String> {
        let scaled = self.0.scaled(most_places);
        if !scaled.exact {
            return None;
        }
        let mut text = Self::decimal(&scaled.whole, most_places);
        if most_places > 0 {
            text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
        }
        Some(text)
    }

    /// The number as a count of decimal places, when it is a small whole one.
    pub(super) fn as_places(&self) -> Option<u32> {
        let places = self.0.to_i64().and_then(|places| u32::try_from(places).ok());
        places.filter(|places| *places <= 100)
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $number:ident) => {
        impl $trait<&Exact> for &Exact {
            type Output = Exact;
            fn $method(self, other: &Exact) -> Exact {
                Exact(self.0.$number(&other.0))
            }
        }
        impl $trait for Exact {
            type Output = Exact;
            fn $method(self, other: Exact) -> Exact {
                Exact(self.0.$number(&other.0))
            }
        }
    };
}

operator!(Add, add, plus);
operator!(Sub, sub, minus);
operator!(Mul, mul, times);
// Division by zero panics, as for integers; what may be zero is divided with `checked_div`.
operator!(Div, div, over);

impl Neg for &Exact {
    type Output = Exact;
    fn neg(self) -> Exact {
        Exact(self.0.opposite())
    }
}

impl Sum for Exact {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::zero(), |total, number| total + number)
    }
}

impl<'a> Sum<&'a Exact> for Exact {
    fn sum<I: Iterator<Item = &'a Self>>(numbers: I) -> Self {
        numbers.fold(Self::zero(), |total, number| &total + number)
    }
}

impl From<u64> for Exact {
    fn from(value: u64) -> Self {
        Self(Number::new(BigInt::from(value), BigInt::from(1)))
    }
}

impl PartialEq<i64> for Exact {
    fn eq(&self, other: &i64) -> bool {
        *self == Self::from_integer(*other)
    }
}

impl PartialOrd<i64> for Exact {
    fn partial_cmp(&self, other: &i64) -> Option<Ordering> {
        self.partial_cmp(&Self::from_integer(*other))
    }
}

impl Default for Exact {
    fn default() -> Self {
        Self::zero()
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl FromStr for Exact {
    type Err = DecimalError;
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        Self::parse_fraction(text)
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse_fraction(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_rounded(number: &str, places: u32, expected: &str) {
        let number = Exact::parse_decimal(number)
            .or_else(|_| Exact::parse_fraction(number))
            .expect("a number");
        assert_eq!(number.rounded(places), expected);
    }

    #[test]
    fn halves_round_away_from_zero() {
        check_rounded("0.465", 2, "0.47");
        check_rounded("0.875", 2, "0.88");
        check_rounded("-0.465", 2, "-0.47");
        check_rounded("3.88832", 2, "3.89");
        check_rounded("0.004", 2, "0.00");
        check_rounded("-0.004", 2, "0.00");
        check_rounded("2.5", 0, "3");
        check_rounded("1/3", 4, "0.3333");
        check_rounded("80", 2, "80.00");
    }

    #[test]
    fn only_plain_decimals_are_read() {
        for (text, error) in [
            ("1e400", DecimalError::NotADecimal),
            ("", DecimalError::NotADecimal),
            ("-", DecimalError::NotADecimal),
            (".5", DecimalError::NotADecimal),
            ("5.", DecimalError::NotADecimal),
            ("1,5", DecimalError::NotADecimal),
            ("+1", DecimalError::NotADecimal),
            (" 1", DecimalError::NotADecimal),
            ("mười", DecimalError::NotADecimal),
            ("١٢", DecimalError::NotADecimal),
            ("1.2.3", DecimalError::NotADecimal),
            ("NaN", DecimalError::NotADecimal),
            ("123456789012345678901", DecimalError::TooManyIntegerDigits),
            ("0.1234567890123", DecimalError::TooManyFractionDigits),
        ] {
            assert_eq!(Exact::parse_decimal(text), Err(error), "{text}");
        }
        assert_eq!(Exact::parse_decimal("-12.50").expect("a decimal").to_string(), "-25/2");
    }

    #[test]
    fn fractions_are_written_reduced_and_read_back() {
        for text in ["7/8", "2", "0", "-1/3"] {
            let number: Exact = serde_json::from_value(serde_json::json!(text)).expect("a fraction");
            assert_eq!(serde_json::to_value(&number).expect("text"), serde_json::json!(text));
        }
        assert_eq!(Exact::parse_fraction("14/16").expect("a fraction").to_string(), "7/8");
        for text in ["1/0", "1/-2", "a/b", "/", "1/", "1.5"] {
            assert_eq!(Exact::parse_fraction(text), Err(DecimalError::NotAFraction), "{text}");
        }
    }

    #[test]
    fn order_projections_are_scaled_and_saturate() {
        assert_eq!(Exact::ratio(7, 8).scaled_i64(2), 88);
        assert_eq!(
            Exact::parse_decimal("99999999999999999999")
                .expect("a decimal")
                .scaled_i64(2),
            i64::MAX
        );
    }

    #[test]
    fn decimal_text_is_exact_or_absent() {
        assert_eq!(Exact::ratio(7, 4).decimal_text(4).as_deref(), Some("1.75"));
        assert_eq!(Exact::from_integer(100).decimal_text(4).as_deref(), Some("100"));
        assert_eq!(Exact::ratio(1, 3).decimal_text(4), None);
    }
}
