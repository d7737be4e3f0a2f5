//! Appeals (kiến nghị, phúc tra) against published results: a unit's letter to the council, and the council's answer.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::calendar::end_of;
use super::council::MinutesRef;
use super::evidence::FileRef;

/// How long units may appeal after a publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppealRules {
    /// Working days: Monday to Friday but for the days off.
    pub working_days: u32,
    /// Days off from Monday to Friday: Tết and public holidays move, and are fixed each year by a decision.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub days_off: BTreeSet<Date>,
}

impl AppealRules {
    fn is_working(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.days_off.contains(&day)
    }

    /// The last day on which a publication of a day may be appealed against. The day itself does not count (Civil Code
    /// 2015, article 147), and the last one counts to its end (article 148). `None` beyond the end of the calendar.
    pub fn last_day(&self, published: Date) -> Option<Date> {
        let mut day = published;
        let mut left = self.working_days;
        while left > 0 {
            day = day.tomorrow().ok()?;
            left -= u32::from(self.is_working(day));
        }
        Some(day)
    }

    /// The last day in a time zone, and the instant at which it ends: the first that is too late.
    pub fn deadline(&self, published_at: Timestamp, zone: &TimeZone) -> Option<(Date, Timestamp)> {
        let day = self.last_day(zone.to_datetime(published_at).date())?;
        Some((day, end_of(day, zone)?))
    }
}

/// A signed letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Letter {
    /// Number and symbol: `120/SGTVT-VP`.
    pub number: String,
    pub dated: Date,
    pub files: Vec<FileRef>,
}

/// What a unit appeals against, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppealGround {
    /// Code of the leaf.
    pub criterion: String,
    pub reason: String,
}

/// What the council found of one leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AppealOutcome {
    Upheld,
    Partly,
    Rejected,
}

/// What the council found of one leaf, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppealFinding {
    /// Code of the leaf.
    pub criterion: String,
    pub outcome: AppealOutcome,
    pub reason: String,
}

/// The council's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppealAnswer {
    pub letter: Letter,
    /// One for each leaf that was appealed against, in the order of the appeal.
    pub findings: Vec<AppealFinding>,
    /// The minutes of the council that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub council: Option<MinutesRef>,
    pub at: Timestamp,
    pub by: String,
}

/// Where an appeal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppealState {
    /// It waits for the answer.
    Open,
    Answered,
}

impl AppealState {
    /// The name used in projected fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Answered => "ANSWERED",
        }
    }
}

/// An appeal of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Appeal {
    pub round: String,
    pub unit: String,
    /// 1 for the unit's first in the round.
    pub number: u32,
    /// Number of the publication that it is against.
    pub publication: u32,
    pub letter: Letter,
    pub grounds: Vec<AppealGround>,
    pub filed_at: Timestamp,
    pub filed_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AppealAnswer>,
    /// Numbers of the publications that followed it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followed_by: Vec<u32>,
}

/// An appeal that a publication follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppealRef {
    pub unit: String,
    pub number: u32,
    /// Number and symbol of the unit's letter.
    pub letter: String,
    /// Number and symbol of the council's.
    pub answer: String,
}

impl Appeal {
    /// The id of an appeal: `unit~number`.
    pub fn key_of(unit: &str, number: u32) -> String {
        format!("{unit}~{number:02}")
    }

    pub fn key(&self) -> String {
        Self::key_of(&self.unit, self.number)
    }

    pub fn state(&self) -> AppealState {
        match self.answer {
            None => AppealState::Open,
            Some(_) => AppealState::Answered,
        }
    }

    /// The appeal as a publication that follows it names it; `None` unless it was answered and upheld, be it in part.
    pub fn upheld(&self) -> Option<AppealRef> {
        let answer = self.answer.as_ref()?;
        let upheld = |finding: &AppealFinding| match finding.outcome {
            AppealOutcome::Upheld | AppealOutcome::Partly => true,
            AppealOutcome::Rejected => false,
        };
        answer.findings.iter().any(upheld).then(|| AppealRef {
            unit: self.unit.clone(),
            number: self.number,
            letter: self.letter.number.clone(),
            answer: answer.letter.number.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(working_days: u32, days_off: &[&str]) -> AppealRules {
        AppealRules {
            working_days,
            days_off: days_off.iter().map(|day| day.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn working_days_are_counted_from_the_day_after() {
        // 2020-04-29 is a Wednesday; 30 April and 1 May are holidays, the weekend follows.
        for (published, days, off, last) in [
            ("2020-03-02", 1, &[][..], "2020-03-03"),
            ("2020-03-02", 5, &[], "2020-03-09"),
            ("2020-03-06", 1, &[], "2020-03-09"),
            ("2020-03-07", 1, &[], "2020-03-09"),
            ("2020-03-01", 10, &[], "2020-03-13"),
            ("2020-04-29", 1, &[], "2020-04-30"),
            ("2020-04-29", 1, &["2020-04-30", "2020-05-01"], "2020-05-04"),
            ("2020-04-29", 5, &["2020-04-30", "2020-05-01"], "2020-05-08"),
            // A day off on a weekend takes nothing away a second time.
            ("2020-03-06", 2, &["2020-03-07"], "2020-03-10"),
        ] {
            let found = rules(days, off).last_day(published.parse().unwrap());
            assert_eq!(found, Some(last.parse().unwrap()), "{published} and {days} days");
        }
        assert_eq!(rules(1, &[]).last_day(Date::MAX), None);
    }

    #[test]
    fn the_last_day_ends_at_midnight_in_the_rounds_time_zone() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        // Half past six in the morning of Monday, 2 March there: still Sunday in Greenwich.
        let (day, end) = rules(1, &[])
            .deadline("2020-03-01T23:30:00Z".parse().unwrap(), &zone)
            .unwrap();
        assert_eq!(day, "2020-03-03".parse().unwrap());
        assert_eq!(end, "2020-03-03T17:00:00Z".parse().unwrap());
    }
}
