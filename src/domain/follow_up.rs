//! Follow-up: what a conclusion asks of one unit, what the unit reported, and whether that was accepted.
//!
//! **A deadline is kept by the day on which a report came in that was accepted**, not by when somebody looked at it. What is overdue,
//! and to whom it goes, follows from the days and is stored nowhere.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::appeal::Letter;
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_on: Option<Date>,
}

impl FollowedUp {
    /// 1 if it was done by its day, 0 if it was not; `None` while a report waits to be looked at, and where it is asked no more: whether
    /// the leaf applies then somebody decides.
    pub fn value(&self) -> Option<InputValue> {
        let in_time = match self.state {
            FollowUpState::Accepted => {
                let done = self.done_on?;
                self.due.is_none_or(|due| done <= due)
            }
            FollowUpState::Open | FollowUpState::Returned => false,
            FollowUpState::Reported | FollowUpState::Lifted => return None,
        };
        Some(InputValue::Count(Decimal::from_integer(i64::from(in_time))))
    }
}

impl FollowUpSource {
    /// Why there is no value, in Vietnamese and English.
    pub fn why_absent(&self, is_brought: bool) -> (&'static str, &'static str) {
        match is_brought {
            true => (
                "báo cáo chưa được xem xét, hoặc nhiệm vụ không còn giao cho đơn vị",
                "a report waits to be looked at, or the unit is asked no more",
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

    /// How it stands, as a leaf takes it.
    pub fn followed_up(&self) -> FollowedUp {
        FollowedUp {
            task: self.task.clone(),
            state: self.state(),
            due: self.due,
            done_on: self.done_on(),
        }
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
