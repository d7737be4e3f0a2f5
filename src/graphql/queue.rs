//! The review queue in the API.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};

use super::assessment::Assessment;
use super::dossier::AssessmentState;
use super::scalars::{Date, DateTime, Fraction};
use super::{ids, session};
use crate::app::browse_queue;
use crate::domain::{assessment, dossier};

/// Whose claims are wanted.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "browse_queue::ClaimFilter")]
pub enum ClaimFilter {
    /// Held by the viewer.
    Mine,
    /// Held by nobody.
    Nobody,
    /// Held by others.
    Others,
}

/// Whose work criteria are by the plan in force.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum AssignedTo {
    /// The viewer's.
    Me,
}

/// Order of the queue.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "browse_queue::QueueOrder")]
pub enum QueueOrder {
    /// Most points at stake first.
    Stake,
    /// Soonest due first, and of the same day most points at stake first. All leaves of a round share the last day of the
    /// round of appraisal that they wait in, but for a dossier that a job has not yet given new dates; without such a day
    /// they come last.
    Due,
    /// Longest waiting first.
    Age,
    /// By unit code.
    Unit,
}

/// Which criteria are wanted; all conditions must hold.
#[derive(InputObject, Default)]
pub struct QueueFilter {
    /// Code of the unit.
    pub unit: Option<String>,
    /// Ranking group.
    pub group: Option<String>,
    /// Unit type.
    pub unit_type: Option<String>,
    /// Code of the field.
    pub field: Option<String>,
    /// Code of the leaf.
    pub criterion: Option<String>,
    /// States; SUBMITTED and SUPPLEMENTED wait, SUPPLEMENT_REQUESTED once the day that was set is over.
    pub states: Option<Vec<AssessmentState>>,
    /// Whose claims.
    pub claim: Option<ClaimFilter>,
    /// Changed after this instant.
    pub changed_after: Option<DateTime>,
    /// Whose work they are by the plan in force (allocateReviews). INVALID where the round has no plan. What grants allow and
    /// the plan gives to somebody else may be judged all the same: leave this out to see it.
    pub assigned_to: Option<AssignedTo>,
    /// True: instead of what waits, those leaves of which the unit has declared nothing and that may be reviewed all the same,
    /// because saying nothing is no way around a penalty, a veto or a condition of a class. Nobody has to review them, they stand
    /// in the order UNIT alone, and they are not claimed.
    #[graphql(default)]
    pub unclaimed: bool,
    /// True: instead of what waits, those leaves with a figure that differs from a system's (assessment.comparisons) and of which
    /// no review has decided, verified ones too. They stand in the order UNIT alone. Results are not published while one of them
    /// is verified.
    #[graphql(default)]
    pub open_differences: bool,
}

impl From<QueueFilter> for browse_queue::QueueFilter {
    fn from(filter: QueueFilter) -> Self {
        Self {
            unit: filter.unit,
            group: filter.group,
            unit_type: filter.unit_type,
            field: filter.field,
            criterion: filter.criterion,
            states: filter.states.unwrap_or_default().into_iter().map(Into::into).collect(),
            claim: filter.claim.map(Into::into),
            changed_after: filter.changed_after.map(|at| at.0),
            allocated_to_me: filter.assigned_to.is_some(),
            unclaimed: filter.unclaimed,
            open_differences: filter.open_differences,
        }
    }
}

/// A criterion that waits for an appraiser.
pub struct QueueItem(pub Arc<assessment::QueueItem>);

/// A criterion that waits for an appraiser.
#[Object]
impl QueueItem {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let dossier = dossier::Dossier::key(&self.0.round, &self.0.unit);
        ids::encode_part("QueueItem", &dossier, &self.0.criterion)
    }

    /// Code of the unit.
    async fn unit_code(&self) -> &str {
        &self.0.unit
    }

    /// Code of the leaf.
    async fn criterion(&self) -> &str {
        &self.0.criterion
    }

    /// Code of the field.
    async fn field_code(&self) -> &str {
        &self.0.field
    }

    /// Where it stands.
    async fn state(&self) -> AssessmentState {
        self.0.state.into()
    }

    /// Points at stake as a share of the dossier's applicable maximum.
    async fn stake(&self) -> Fraction {
        Fraction(self.0.stake.clone())
    }

    /// Last day of the round of appraisal that it waits in, in the round's time zone: appraisal, or secondAppraisal, of the
    /// calendar in force. A supplement that was asked for changes nothing of it. Null where the calendar has no such day.
    async fn due(&self) -> Option<Date> {
        self.0.due.map(Date)
    }

    /// When the dossier was submitted.
    async fn submitted_at(&self) -> Option<DateTime> {
        self.0.submitted_at.map(DateTime)
    }

    /// When it last changed.
    async fn changed_at(&self) -> DateTime {
        DateTime(self.0.changed_at)
    }

    /// Until when somebody holds it; null or past: nobody does.
    async fn claimed_until(&self) -> Option<DateTime> {
        self.0.claimed_until.map(DateTime)
    }

    /// Everything needed to judge it.
    async fn assessment(&self, context: &Context<'_>) -> Result<Assessment> {
        Ok(Assessment {
            view: session(context).view(&self.0.round, &self.0.unit).await?,
            criterion: self.0.criterion.clone(),
        })
    }
}
