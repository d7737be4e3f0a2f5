//! Follow-up: what a conclusion asks of one unit, what the unit reported, and whether that was accepted.
//!
//! **A deadline is kept by the day on which a report came in that was accepted**, not by when somebody looked at it. What is overdue,
//! and to whom it goes, follows from the days and is stored nowhere.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::appeal::Letter;
use super::calendar::end_of;
use super::exact::Decimal;
use super::input::InputValue;

/// Most reports of a unit on one task (20): what is sent back again and again is talked about.
pub const MAX_REPORTS: usize = 20;
/// Most times that one deadline is put off (20).
pub const MAX_EXTENSIONS: usize = 20;

/// What a conclusion asks of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FollowUp {
    /// Code of the conclusion.
    pub conclusion: String,
    /// Code of the task in it.
    pub task: String,
    pub unit: String,
    /// As it was when the task was given: what decides who may see and act.
    pub unit_type: String,
    /// Codes of the units above, nearest first.
    pub unit_path: Vec<String>,
    /// That of the conclusion, in which its days end.
    pub time_zone: String,
    /// The last day as it is now; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_as: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Report>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// It is asked no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Lifted>,
}

/// What a unit reports, with the papers that show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    pub text: String,
    pub letter: Letter,
    /// The day on which it came in, in the conclusion's time zone.
    pub on: Date,
    pub at: Timestamp,
    pub by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outcome {
    pub accepted: bool,
    pub reason: String,
    pub at: Timestamp,
    pub by: String,
}

/// A deadline that was put off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Extension {
    pub from: Date,
    pub to: Date,
    pub reason: String,
    pub at: Timestamp,
    pub by: String,
}

/// Why and when something was asked no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lifted {
    pub reason: String,
    pub at: Timestamp,
    pub by: String,
}

/// An input that takes whether a task was done in time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FollowUpSource {
    /// Code of the conclusion.
    pub conclusion: String,
    /// What the task in it is counted as.
    pub counts_as: String,
}

/// How what was asked stands, as a leaf takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FollowedUp {
    /// Code of the task.
    pub task: String,
    pub state: FollowUpState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// The instant at which that day ends, where the conclusion's days end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ends: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_on: Option<Date>,
    /// The day of the newest report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_on: Option<Date>,
}

impl FollowedUp {
    /// At an instant: 1 if it was done by its day, 0 if it was not or can be no more. `None` while its day is not over, while a report that
    /// came in time waits to be looked at, and where it is asked no more: whether the leaf applies then somebody decides. What has no
    /// day and is not done counts 0.
    pub fn value(&self, at: Timestamp) -> Option<InputValue> {
        let by_its_day = |day: Date| self.due.is_none_or(|due| day <= due);
        let is_over = self.due_ends.is_none_or(|end| end <= at);
        let in_time = match self.state {
            FollowUpState::Accepted => by_its_day(self.done_on?),
            FollowUpState::Open | FollowUpState::Returned if is_over => false,
            // Whatever becomes of it, it came too late.
            FollowUpState::Reported if !by_its_day(self.reported_on?) => false,
            FollowUpState::Open | FollowUpState::Returned | FollowUpState::Reported | FollowUpState::Lifted => {
                return None;
            }
        };
        Some(InputValue::Count(Decimal::from_integer(i64::from(in_time))))
    }
}

impl FollowUpSource {
    /// Why there is no value, in Vietnamese and English.
    pub fn why_absent(&self, is_brought: bool) -> (&'static str, &'static str) {
        match is_brought {
            true => (
                "chưa hết hạn, báo cáo chưa được xem xét, hoặc nhiệm vụ không còn giao cho đơn vị",
                "its day is not over, a report waits to be looked at, or the unit is asked no more",
            ),
            false => (
                "chưa đưa vào kết quả thực hiện kết luận (bringFigures), hoặc kết luận không giao nhiệm vụ này cho đơn vị",
                "what was followed up is not brought (bringFigures), or the conclusion does not ask this of the unit",
            ),
        }
    }
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FollowUpState {
    /// Nothing was reported.
    Open,
    /// A report waits to be looked at.
    Reported,
    /// The newest report was sent back: the unit has to report again.
    Returned,
    Accepted,
    /// It is asked no more.
    Lifted,
}

impl FollowUpState {
    pub const ALL: [Self; 5] = [Self::Open, Self::Reported, Self::Returned, Self::Accepted, Self::Lifted];

    /// The name in projected fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Reported => "REPORTED",
            Self::Returned => "RETURNED",
            Self::Accepted => "ACCEPTED",
            Self::Lifted => "LIFTED",
        }
    }

    /// Whether the unit has to do something.
    pub fn is_owing(self) -> bool {
        match self {
            Self::Open | Self::Returned => true,
            Self::Reported | Self::Accepted | Self::Lifted => false,
        }
    }
}

impl FollowUp {
    /// The id within the conclusion.
    pub fn key_of(task: &str, unit: &str) -> String {
        format!("{task}~{unit}")
    }

    pub fn state(&self) -> FollowUpState {
        if self.lifted.is_some() {
            return FollowUpState::Lifted;
        }
        let outcome = self.reports.last().map(|report| &report.outcome);
        match outcome {
            None => FollowUpState::Open,
            Some(None) => FollowUpState::Reported,
            Some(Some(outcome)) if outcome.accepted => FollowUpState::Accepted,
            Some(Some(_)) => FollowUpState::Returned,
        }
    }

    /// How it stands, as a leaf takes it; its last day ends in the time zone of its conclusion.
    pub fn followed_up(&self) -> FollowedUp {
        FollowedUp {
            task: self.task.clone(),
            state: self.state(),
            due: self.due,
            due_ends: self.due_ends(),
            done_on: self.done_on(),
            reported_on: self.reports.last().map(|report| report.on),
        }
    }

    fn due_ends(&self) -> Option<Timestamp> {
        end_of(self.due?, &TimeZone::get(&self.time_zone).ok()?)
    }

    /// The day on which the report came in that was accepted.
    pub fn done_on(&self) -> Option<Date> {
        let report = self.reports.last()?;
        let accepted = report.outcome.as_ref().is_some_and(|outcome| outcome.accepted);
        accepted.then_some(report.on)
    }

    /// Whether it was done by its day; without a day, whether it was done. `None` while neither is known.
    pub fn in_time(&self, today: Date) -> Option<bool> {
        match (self.done_on(), self.due) {
            (Some(done), Some(due)) => Some(done <= due),
            (Some(_), None) => Some(true),
            (None, Some(due)) if due < today && self.state().is_owing() => Some(false),
            (None, _) => None,
        }
    }

    /// For how many days the unit has been owing it; zero where it is not overdue.
    pub fn days_overdue(&self, today: Date) -> u32 {
        let Some(due) = self.due.filter(|due| *due < today && self.state().is_owing()) else {
            return 0;
        };
        u32::try_from((today - due).get_days()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
