//! What time a figure is about: a year, a month, or one day.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A year (`2019`), a month (`2019-05`) or a day (`2024-10-28`), in this form everywhere; they are in the order of their texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(String);

/// Not a period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a period is a year (2019), a month (2019-05) or a day (2024-10-28)")]
pub struct NotAPeriod;

impl Period {
    /// A year.
    pub fn year(year: i16) -> Self {
        Self(format!("{year:04}"))
    }

    /// The period of the same kind before it.
    pub fn before(&self) -> Option<Self> {
        let date = self.first_day()?;
        let before = match self.0.len() {
            4 => date.checked_sub(jiff::Span::new().years(1)),
            7 => date.checked_sub(jiff::Span::new().months(1)),
            _ => return None,
        };
        let length = self.0.len();
        before.ok().map(|date| Self(date.to_string()[..length].to_owned()))
    }

    /// Whether the other is as long: a year and a month are not compared.
    pub fn is_like(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
    }

    fn first_day(&self) -> Option<Date> {
        let text = match self.0.len() {
            4 => format!("{}-01-01", self.0),
            7 => format!("{}-01", self.0),
            _ => self.0.clone(),
        };
        text.parse().ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        let shape = |pattern: &str| {
            text.len() == pattern.len()
                && text.bytes().zip(pattern.bytes()).all(|(one, wanted)| match wanted {
                    b'9' => one.is_ascii_digit(),
                    other => one == other,
                })
        };
        let period = Self(text.to_owned());
        let known = ["9999", "9999-99", "9999-99-99"].into_iter().any(shape);
        match known && period.first_day().is_some() {
            true => Ok(period),
            false => Err(NotAPeriod),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_years_months_and_days() {
        for text in ["2019", "2019-05", "2024-10-28", "2024-02-29"] {
            assert_eq!(text.parse::<Period>().expect(text).to_string(), text);
        }
        for text in [
            "",
            "19",
            "2019-5",
            "2019-13",
            "2023-02-29",
            "2019/05",
            "2019-05-1",
            "abcd",
        ] {
            assert_eq!(text.parse::<Period>(), Err(NotAPeriod), "{text}");
        }
    }

    #[test]
    fn the_period_before_is_of_the_same_kind() {
        for (text, before) in [
            ("2019", Some("2018")),
            ("2020-01", Some("2019-12")),
            ("2024-10-28", None),
        ] {
            let period: Period = text.parse().expect(text);
            assert_eq!(period.before().map(|one| one.to_string()).as_deref(), before);
        }
    }
}
