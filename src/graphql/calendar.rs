//! Dates of a round in the API.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};

use super::messages::CalendarInput;
use super::scalars::{Date, DateTime, Decimal};
use super::session;
use crate::app::extend_deadline;
use crate::domain::calendar;

/// What becomes of a dossier that is not submitted in time.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "calendar::LatePolicy")]
pub enum LatePolicy {
    /// Nothing is taken any more, until an extension.
    Refuse,
    /// It is taken, and said to be late.
    Flag,
    /// It is taken, and points are taken away from what appraisers find.
    Deduct,
}

/// The dates of a round: each is the last day on which something may be done, in the round's time zone.
#[derive(SimpleObject)]
pub struct Calendar {
    /// First day of self-assessment; null where it began when the round was opened.
    pub opening: Option<Date>,
    /// Last day of self-assessment.
    pub self_assessment: Date,
    /// What becomes of a dossier that is not submitted in time.
    pub late: LatePolicy,
    /// Points that a dossier submitted late loses; null where it loses none.
    pub late_points: Option<Decimal>,
    /// Last day of the first round of appraisal, or of the only one.
    pub appraisal: Option<Date>,
    /// Last day on which units explain what the first round found.
    pub explanation: Option<Date>,
    /// Last day of the second round of appraisal.
    pub second_appraisal: Option<Date>,
    /// Day on which the results are to be decided; a plan, which holds nobody up.
    pub decision: Option<Date>,
}

/// What a unit can be given longer for.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "extend_deadline::Extended")]
pub enum ExtendedStage {
    /// Its self-assessment, until it has submitted.
    SelfAssessment,
    /// Its explanations, where there are two rounds of appraisal.
    Explanation,
}

impl From<calendar::Calendar> for Calendar {
    fn from(calendar: calendar::Calendar) -> Self {
        Self {
            opening: calendar.opening.map(Date),
            self_assessment: Date(calendar.self_assessment),
            late: calendar.late.into(),
            late_points: calendar.late_points.map(Decimal),
            appraisal: calendar.appraisal.map(Date),
            explanation: calendar.explanation.map(Date),
            second_appraisal: calendar.second_appraisal.map(Date),
            decision: calendar.decision.map(Date),
        }
    }
}

impl From<CalendarInput> for calendar::Calendar {
    fn from(input: CalendarInput) -> Self {
        Self {
            opening: input.opening.map(|day| day.0),
            self_assessment: input.self_assessment.0,
            late: input.late.into(),
            late_points: input.late_points.map(|points| points.0),
            appraisal: input.appraisal.map(|day| day.0),
            explanation: input.explanation.map(|day| day.0),
            second_appraisal: input.second_appraisal.map(|day| day.0),
            decision: input.decision.map(|day| day.0),
        }
    }
}

/// A part of a round that has a last day.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "calendar::Stage")]
pub enum Stage {
    /// Units assess themselves.
    SelfAssessment,
    /// The first round of appraisal, or the only one.
    Appraisal,
    /// Units explain what the first round found.
    Explanation,
    /// The second round of appraisal.
    SecondAppraisal,
}

/// That a stage ends, or has ended, without what it is for.
#[derive(SimpleObject)]
pub struct Reminder {
    /// Which stage.
    pub stage: Stage,
    /// How many days are left before its last day; null when that is over.
    pub days_left: Option<i32>,
    /// Whether its last day is over.
    pub is_overdue: bool,
    /// Its last day, in the round's time zone.
    pub day: Date,
    /// When the reminder became due.
    pub at: DateTime,
}

impl From<calendar::Reminder> for Reminder {
    fn from(reminder: calendar::Reminder) -> Self {
        let days_left = match reminder.kind {
            calendar::ReminderKind::DaysLeft(days) => Some(days),
            calendar::ReminderKind::Overdue => None,
        };
        Self {
            stage: reminder.stage.into(),
            days_left,
            is_overdue: days_left.is_none(),
            day: Date(reminder.day),
            at: DateTime(reminder.at),
        }
    }
}

/// Until when a unit may do something.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Deadline {
    /// The last day, in the round's time zone.
    pub day: Date,
    /// The instant at which that day ends: the first that is too late.
    pub ends_at: DateTime,
    /// What becomes of a dossier that is not submitted in time.
    pub late: LatePolicy,
    /// Points that a dossier submitted late loses; null where it loses none.
    pub late_points: Option<Decimal>,
    /// Why the unit has longer than the others; null where it has not, and for those who do not work in the dossier.
    pub extension: Option<Extension>,
}

/// A longer time for one unit.
#[derive(SimpleObject)]
#[graphql(name = "DeadlineExtension")]
pub struct Extension {
    /// The last day that the round has for all.
    pub instead_of: Date,
    /// Why.
    pub reason: String,
    /// When it was given.
    pub at: DateTime,
}

#[ComplexObject]
impl Deadline {
    /// Whether it is over now, also in a dossier as of an earlier instant.
    async fn is_over(&self, context: &Context<'_>) -> bool {
        session(context).now() >= self.ends_at.0
    }
}

impl From<calendar::Deadline> for Deadline {
    fn from(deadline: calendar::Deadline) -> Self {
        let extension = |one: calendar::Extension| Extension {
            instead_of: Date(one.instead_of),
            reason: one.reason,
            at: DateTime(one.at),
        };
        Self {
            day: Date(deadline.day),
            ends_at: DateTime(deadline.ends_at),
            late: deadline.late.into(),
            late_points: deadline.late_points.map(Decimal),
            extension: deadline.extension.map(extension),
        }
    }
}
