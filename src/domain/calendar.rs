//! Dates of a round that hold by themselves.
//!
//! A date is the last day on which something may be done, in the round's time zone. What counts is the instant at which
//! that day ends: the first that is too late. Nobody has to act for a gate to close.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// What becomes of a dossier that is not submitted in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LatePolicy {
    /// Nothing is taken any more, until an extension.
    Refuse,
    /// It is taken, and said to be late.
    Flag,
}

/// The dates of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Calendar {
    /// Last day of self-assessment (hạn tự chấm điểm).
    pub self_assessment: Date,
    pub late: LatePolicy,
}

/// Until when a unit assesses itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deadline {
    /// The last day, in the round's time zone.
    pub day: Date,
    /// The instant at which that day ends: the first that is too late.
    pub ends_at: Timestamp,
    pub late: LatePolicy,
    /// Why the unit has longer than the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
}

/// A longer time for one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Extension {
    /// The last day that the round has for all.
    pub instead_of: Date,
    pub reason: String,
    pub at: Timestamp,
    pub by: String,
}

impl Deadline {
    /// The deadline at the end of a day; `None` for a day without an end that can be told.
    pub fn at_end_of(day: Date, zone: &TimeZone, late: LatePolicy) -> Option<Self> {
        Some(Self {
            day,
            ends_at: end_of(day, zone)?,
            late,
            extension: None,
        })
    }

    /// Whether it is too late at an instant.
    pub fn is_over(&self, at: Timestamp) -> bool {
        at >= self.ends_at
    }

    /// Whether nothing is taken any more.
    pub fn closes(&self, at: Timestamp) -> bool {
        match self.late {
            LatePolicy::Refuse => self.is_over(at),
            LatePolicy::Flag => false,
        }
    }
}

/// The instant at which a day ends in a time zone: the first of the next day, which need not be its midnight.
pub fn end_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = day.tomorrow().ok()?.to_datetime(Time::midnight());
    let next = midnight.to_zoned_datetime(zone.clone()).ok()?;
    Some(next.start_of_day().ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        for (day, name, ends) in [
            ("2020-01-31", "Asia/Ho_Chi_Minh", "2020-01-31T17:00:00Z"),
            ("2020-02-29", "UTC", "2020-03-01T00:00:00Z"),
            // The night with an hour less, and the one with an hour more.
            ("2020-03-28", "Europe/Berlin", "2020-03-28T23:00:00Z"),
            ("2020-03-29", "Europe/Berlin", "2020-03-29T22:00:00Z"),
            ("2020-10-25", "Europe/Berlin", "2020-10-25T23:00:00Z"),
            // Clocks went forward at midnight: the next day began at one.
            ("2021-03-27", "Asia/Beirut", "2021-03-27T22:00:00Z"),
            // Samoa had no 30 December 2011.
            ("2011-12-29", "Pacific/Apia", "2011-12-30T10:00:00Z"),
        ] {
            let end = end_of(day.parse().unwrap(), &zone(name));
            assert_eq!(end, Some(ends.parse().unwrap()), "{day} {name}");
        }
        assert_eq!(end_of(Date::MAX, &zone("UTC")), None);
    }

    #[test]
    fn it_is_over_with_its_last_millisecond() {
        let day: Date = "2020-01-31".parse().unwrap();
        let last: Timestamp = "2020-01-31T16:59:59.999Z".parse().unwrap();
        let first: Timestamp = "2020-01-31T17:00:00Z".parse().unwrap();
        let deadline = |late| Deadline::at_end_of(day, &zone("Asia/Ho_Chi_Minh"), late).unwrap();
        let (strict, lenient) = (deadline(LatePolicy::Refuse), deadline(LatePolicy::Flag));
        assert_eq!([strict.is_over(last), strict.is_over(first)], [false, true]);
        assert_eq!([strict.closes(last), strict.closes(first)], [false, true]);
        assert_eq!([lenient.is_over(last), lenient.is_over(first)], [false, true]);
        assert_eq!([lenient.closes(last), lenient.closes(first)], [false, false]);
    }
}
