//! Dates of a round in the API.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};

use super::messages::CalendarInput;
use super::scalars::{Date, DateTime};
use super::session;
use crate::domain::calendar;

/// What becomes of a dossier that is not submitted in time.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "calendar::LatePolicy")]
pub enum LatePolicy {
    /// Nothing is taken any more, until an extension.
    Refuse,
    /// It is taken, and said to be late.
    Flag,
}

/// The dates of a round: each is the last day on which something may be done, in the round's time zone.
#[derive(SimpleObject)]
pub struct Calendar {
    /// Last day of self-assessment.
    pub self_assessment: Date,
    /// What becomes of a dossier that is not submitted in time.
    pub late: LatePolicy,
}

impl From<calendar::Calendar> for Calendar {
    fn from(calendar: calendar::Calendar) -> Self {
        Self {
            self_assessment: Date(calendar.self_assessment),
            late: calendar.late.into(),
        }
    }
}

impl From<CalendarInput> for calendar::Calendar {
    fn from(input: CalendarInput) -> Self {
        Self {
            self_assessment: input.self_assessment.0,
            late: input.late.into(),
        }
    }
}

/// Until when a unit assesses itself.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Deadline {
    /// The last day, in the round's time zone.
    pub day: Date,
    /// The instant at which that day ends: the first that is too late.
    pub ends_at: DateTime,
    /// What becomes of a dossier that is not submitted in time.
    pub late: LatePolicy,
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
            extension: deadline.extension.map(extension),
        }
    }
}
