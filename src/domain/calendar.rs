//! Dates of a round that hold by themselves.
//!
//! A date is the last day on which something may be done, in the round's time zone. What counts is the instant at which
//! that day ends: the first that is too late. Nobody has to act for a gate to close.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::exact::Decimal;

/// What becomes of a dossier that is not submitted in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LatePolicy {
    /// Nothing is taken any more, until an extension.
    Refuse,
    /// It is taken, and said to be late.
    Flag,
    /// It is taken, and points are taken away from what appraisers find.
    Deduct,
}

/// A part of a round that has a last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// Tự chấm điểm.
    SelfAssessment,
    /// The first round of appraisal, or the only one (thẩm định lần 1).
    Appraisal,
    /// Giải trình.
    Explanation,
    /// Thẩm định lần 2.
    SecondAppraisal,
}

/// The dates of a round, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Calendar {
    /// First day of self-assessment; absent where it begins when the round opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Date>,
    /// Last day of self-assessment (hạn tự chấm điểm).
    pub self_assessment: Date,
    pub late: LatePolicy,
    /// Points that a dossier submitted late loses, with [`LatePolicy::Deduct`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_points: Option<Decimal>,
    /// Last day of the first round of appraisal, or of the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appraisal: Option<Date>,
    /// Last day on which units explain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Date>,
    /// Last day of the second round of appraisal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_appraisal: Option<Date>,
    /// The day on which the results are to be decided; a plan, which holds nobody up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Date>,
}

/// The name and day of a date of a calendar.
type Named = (&'static str, Date);

impl Calendar {
    /// The dates that are given, in the order in which they have to be.
    fn dates(&self) -> impl Iterator<Item = Named> {
        let dates = [
            ("opening", self.opening),
            ("selfAssessment", Some(self.self_assessment)),
            ("appraisal", self.appraisal),
            ("explanation", self.explanation),
            ("secondAppraisal", self.second_appraisal),
            ("decision", self.decision),
        ];
        dates.into_iter().filter_map(|(name, date)| Some((name, date?)))
    }

    /// The first date that comes before the one that it has to follow, with that one.
    pub fn misplaced(&self) -> Option<(Named, Named)> {
        let after = self.dates().skip(1);
        self.dates()
            .zip(after)
            .find(|(one, next)| next.1 < one.1)
            .map(|(one, next)| (next, one))
    }

    /// The last day of a stage, if it has one.
    pub fn last_day(&self, stage: Stage) -> Option<Date> {
        match stage {
            Stage::SelfAssessment => Some(self.self_assessment),
            Stage::Appraisal => self.appraisal,
            Stage::Explanation => self.explanation,
            Stage::SecondAppraisal => self.second_appraisal,
        }
    }
}

/// The begin or end of a stage that nobody has longer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edge {
    /// In the round's time zone.
    pub day: Date,
    /// The instant at which the day begins, if it is the first, or ends, if it is the last.
    pub at: Timestamp,
}

/// Dates of a round that hold in a dossier beside that of self-assessment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Windows {
    /// Before it the unit does nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Edge>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appraisal: Option<Edge>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Deadline>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_appraisal: Option<Edge>,
}

impl Windows {
    /// Those of a calendar; `None` for a day without an end that can be told.
    pub fn of(calendar: &Calendar, zone: &TimeZone) -> Option<Self> {
        let last = |day: Option<Date>| match day {
            Some(day) => end_of(day, zone).map(|at| Some(Edge { day, at })),
            None => Some(None),
        };
        let opening = match calendar.opening {
            Some(day) => Some(Edge {
                day,
                at: end_of(day.yesterday().ok()?, zone)?,
            }),
            None => None,
        };
        let explanation = match calendar.explanation {
            Some(day) => Some(Deadline::at_end_of(day, zone, LatePolicy::Refuse)?),
            None => None,
        };
        Some(Self {
            opening,
            appraisal: last(calendar.appraisal)?,
            explanation,
            second_appraisal: last(calendar.second_appraisal)?,
        })
    }
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
    /// Points that are lost behind it, with [`LatePolicy::Deduct`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_points: Option<Decimal>,
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
    /// The round's new date, or the longer time that the unit was given before, whichever is later.
    #[must_use]
    pub fn rescheduled(self, before: Option<&Self>) -> Self {
        let given = before.filter(|before| before.extension.is_some() && before.day > self.day);
        let Some(given) = given else { return self };
        Self {
            day: given.day,
            ends_at: given.ends_at,
            late: self.late,
            late_points: self.late_points,
            extension: given.extension.clone().map(|extension| Extension {
                instead_of: self.day,
                ..extension
            }),
        }
    }

    /// The deadline at the end of a day; `None` for a day without an end that can be told.
    pub fn at_end_of(day: Date, zone: &TimeZone, late: LatePolicy) -> Option<Self> {
        Some(Self {
            day,
            ends_at: end_of(day, zone)?,
            late,
            late_points: None,
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
            LatePolicy::Flag | LatePolicy::Deduct => false,
        }
    }
}

/// The instant at which a day ends in a time zone: the first of the next day, which need not be its midnight.
pub fn end_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = day.tomorrow().ok()?.to_datetime(Time::midnight());
    let next = midnight.to_zoned_datetime(zone.clone()).ok()?;
    Some(next.start_of_day().ok()?.timestamp())
}

/// Days before a last day on which its end is called to mind.
pub const REMINDED_BEFORE: [i32; 3] = [7, 3, 1];

/// What is called to mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReminderKind {
    /// So many days are left before the last day.
    DaysLeft(i32),
    /// The last day is over.
    Overdue,
}

/// That a stage ends, or has ended, without what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    pub stage: Stage,
    pub kind: ReminderKind,
    /// The last day.
    pub day: Date,
    /// When it was due: at the beginning of its day in the round's time zone, or at the end of the last one.
    pub at: Timestamp,
}

/// The reminders of a stage that have become due by an instant, oldest first, while what the stage is for was not done.
pub fn reminders(
    (stage, day): (Stage, Date),
    zone: &TimeZone,
    done: Option<Timestamp>,
    now: Timestamp,
) -> Vec<Reminder> {
    let before = REMINDED_BEFORE.iter().filter_map(|days| {
        let begins_after = day.checked_sub(Span::new().days(days + 1)).ok()?;
        Some((ReminderKind::DaysLeft(*days), end_of(begins_after, zone)?))
    });
    let over = end_of(day, zone).map(|at| (ReminderKind::Overdue, at));
    let due = |at: Timestamp| at <= now && done.is_none_or(|done| at < done);
    let found = before.chain(over).filter(|(_, at)| due(*at));
    found.map(|(kind, at)| Reminder { stage, kind, day, at }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reminders_come_at_the_beginning_of_their_days_until_it_is_done() {
        let zone = zone("Asia/Ho_Chi_Minh");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let stage = (Stage::SelfAssessment, "2020-01-31".parse().unwrap());
        let due = |done: Option<&str>, now: &str| -> Vec<(ReminderKind, Timestamp)> {
            let found = reminders(stage, &zone, done.map(at), at(now));
            found.into_iter().map(|one| (one.kind, one.at)).collect()
        };
        let seven = (ReminderKind::DaysLeft(7), at("2020-01-23T17:00:00Z"));
        let three = (ReminderKind::DaysLeft(3), at("2020-01-27T17:00:00Z"));
        let one = (ReminderKind::DaysLeft(1), at("2020-01-29T17:00:00Z"));
        let over = (ReminderKind::Overdue, at("2020-01-31T17:00:00Z"));
        assert_eq!(due(None, "2020-01-23T16:59:59.999Z"), []);
        assert_eq!(due(None, "2020-01-23T17:00:00Z"), [seven]);
        assert_eq!(due(None, "2020-01-31T16:59:59.999Z"), [seven, three, one]);
        assert_eq!(due(None, "2020-01-31T17:00:00Z"), [seven, three, one, over]);
        // What was done in time is not called to mind any more; what was done late had been.
        assert_eq!(
            due(Some("2020-01-28T00:00:00Z"), "2020-03-01T00:00:00Z"),
            [seven, three]
        );
        assert_eq!(
            due(Some("2020-02-02T00:00:00Z"), "2020-03-01T00:00:00Z"),
            [seven, three, one, over]
        );
    }

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
    fn a_day_before_the_one_that_it_follows_is_named() {
        let calendar = |dates: [Option<&str>; 6]| Calendar {
            opening: dates[0].map(|day| day.parse().unwrap()),
            self_assessment: dates[1].unwrap().parse().unwrap(),
            late: LatePolicy::Refuse,
            late_points: None,
            appraisal: dates[2].map(|day| day.parse().unwrap()),
            explanation: dates[3].map(|day| day.parse().unwrap()),
            second_appraisal: dates[4].map(|day| day.parse().unwrap()),
            decision: dates[5].map(|day| day.parse().unwrap()),
        };
        let day = Some;
        for (dates, wrong) in [
            ([None, day("2020-01-31"), None, None, None, None], None),
            (
                [
                    day("2019-12-01"),
                    day("2020-01-31"),
                    day("2020-02-28"),
                    day("2020-03-10"),
                    day("2020-03-31"),
                    day("2020-03-31"),
                ],
                None,
            ),
            (
                [day("2020-02-01"), day("2020-01-31"), None, None, None, None],
                Some(("selfAssessment", "opening")),
            ),
            // Also where one between them is not given.
            (
                [None, day("2020-01-31"), None, None, None, day("2020-01-30")],
                Some(("decision", "selfAssessment")),
            ),
            (
                [
                    None,
                    day("2020-01-31"),
                    day("2020-03-01"),
                    day("2020-02-28"),
                    None,
                    None,
                ],
                Some(("explanation", "appraisal")),
            ),
        ] {
            let found = calendar(dates).misplaced();
            assert_eq!(found.map(|(one, other)| (one.0, other.0)), wrong, "{dates:?}");
        }
    }

    #[test]
    fn new_dates_take_nothing_from_who_was_given_longer() {
        let deadline =
            |day: &str| Deadline::at_end_of(day.parse().unwrap(), &TimeZone::UTC, LatePolicy::Refuse).unwrap();
        let longer = |day: &str, instead_of: &str| Deadline {
            extension: Some(Extension {
                instead_of: instead_of.parse().unwrap(),
                reason: "r".to_owned(),
                at: Timestamp::UNIX_EPOCH,
                by: "manager".to_owned(),
            }),
            ..deadline(day)
        };
        let given = longer("2020-02-10", "2020-01-31");
        assert_eq!(deadline("2020-02-05").rescheduled(None), deadline("2020-02-05"));
        assert_eq!(
            deadline("2020-02-05").rescheduled(Some(&deadline("2020-02-10"))),
            deadline("2020-02-05")
        );
        assert_eq!(
            deadline("2020-02-05").rescheduled(Some(&given)),
            longer("2020-02-10", "2020-02-05")
        );
        assert_eq!(deadline("2020-02-10").rescheduled(Some(&given)), deadline("2020-02-10"));
        assert_eq!(deadline("2020-02-28").rescheduled(Some(&given)), deadline("2020-02-28"));
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
