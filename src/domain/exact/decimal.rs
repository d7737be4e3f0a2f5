//! Decimals as people write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DecimalError, Exact, MAXIMUM_FRACTION_DIGITS};

/// An exact number with a finite decimal expansion of at most 12 places; in JSON a string such as `"0.25"`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(Exact);

impl Decimal {
    /// Reads a plain decimal, see [`Exact::parse_decimal`].
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        Exact::parse_decimal(text).map(Self)
    }

    /// An integer.
    pub fn from_integer(value: i64) -> Self {
        Self(Exact::from_integer(value))
    }

    /// The decimal that equals the number, if there is one of at most 12 places.
    pub fn from_exact(number: &Exact) -> Option<Self> {
        (number.rounded_exact(MAXIMUM_FRACTION_DIGITS as u32) == *number).then(|| Self(number.clone()))
    }

    /// The number itself.
    pub fn exact(&self) -> &Exact {
        &self.0
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self(Exact::from(value))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.decimal_text(MAXIMUM_FRACTION_DIGITS as u32) {
            Some(text) => formatter.write_str(&text),
            None => fmt::Display::fmt(&self.0, formatter),
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        Self::parse(text)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
