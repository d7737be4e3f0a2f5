//! What conclusions ask of units, and what became of it, in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::appeals::Letter;
use super::conclusions::{Conclusion, ConclusionTask, conclusion_of};
use super::register::Unit;
use super::revision::linked_files;
use super::scalars::{Date, DateTime, Long};
use super::{ids, session};
use crate::app::browse_conclusions::{self, FollowUpSight};
use crate::app::follow_up::FOLLOW_UP_FILES;
use crate::domain::follow_up;

/// Where it stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "follow_up::FollowUpState")]
pub enum FollowUpState {
    /// Nothing was reported.
    Open,
    /// A report waits to be looked at.
    Reported,
    /// The newest report was sent back: the unit reports again.
    Returned,
    /// It is done.
    Accepted,
    /// It is asked no more.
    Lifted,
}

/// Which follow-ups are wanted. What is left out is not asked for.
#[derive(InputObject, Default)]
pub struct FollowUpFilter {
    /// Code of the conclusion.
    pub conclusion: Option<String>,
    /// Code of the unit.
    pub unit: Option<String>,
    /// Where it stands.
    pub state: Option<FollowUpState>,
    /// Only what is owed and was due before today.
    #[graphql(default)]
    pub overdue: bool,
    /// Only what is overdue and is with this unit by the steps of the conclusion, which has to be named, too; neither state nor overdue is
    /// looked at then.
    pub escalated_to: Option<String>,
}

impl FollowUpFilter {
    pub fn resolve(self) -> browse_conclusions::FollowUpFilter {
        browse_conclusions::FollowUpFilter {
            conclusion: self.conclusion,
            unit: self.unit,
            state: self.state.map(Into::into),
            overdue: self.overdue,
            escalated_to: self.escalated_to,
        }
    }
}

/// How many follow-ups there are of those that were asked for.
pub struct FollowUpTotal(pub browse_conclusions::FollowUpFilter);

/// How many follow-ups there are of those that were asked for.
#[Object]
impl FollowUpTotal {
    /// How many there are in all.
    async fn total_count(&self, context: &Context<'_>) -> Result<Long> {
        Ok(Long(session(context).count_follow_ups(&self.0).await?))
    }
}

/// How many follow-ups are in a state.
#[derive(SimpleObject)]
pub struct FollowUpCount {
    /// The state.
    pub state: FollowUpState,
    /// How many are in it.
    pub count: Long,
}

/// How what a conclusion asks stands, in numbers.
#[derive(SimpleObject)]
pub struct FollowUpCounts {
    /// By state; all five.
    pub by_state: Vec<FollowUpCount>,
    /// How many are owed and were due before today.
    pub overdue: Long,
}

impl From<browse_conclusions::FollowUpCounts> for FollowUpCounts {
    fn from(counts: browse_conclusions::FollowUpCounts) -> Self {
        let count = |(state, count): (follow_up::FollowUpState, u64)| FollowUpCount {
            state: state.into(),
            count: Long(count),
        };
        Self {
            by_state: counts.by_state.into_iter().map(count).collect(),
            overdue: Long(counts.overdue),
        }
    }
}

/// What became of a report.
#[derive(SimpleObject)]
pub struct FollowUpOutcome {
    /// Whether it was accepted; otherwise it was sent back.
    pub accepted: bool,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime,
    /// Login of who looked at it.
    pub by: String,
}

/// What a unit reported.
#[derive(SimpleObject)]
pub struct FollowUpReport {
    /// 1 for the first.
    pub number: u32,
    /// What was done.
    pub text: String,
    /// The signed letter with its papers.
    pub letter: Letter,
    /// The day on which it came in: by this the deadline is kept.
    pub came_in: Date,
    /// Login of who sent it.
    pub by: String,
    /// What became of it; null while it waits.
    pub outcome: Option<FollowUpOutcome>,
}

/// A deadline that was put off.
#[derive(SimpleObject)]
pub struct FollowUpExtension {
    /// The last day before.
    pub from: Date,
    /// The last day since then.
    pub to: Date,
    /// Why; null for those who do not see the unit's documents.
    pub reason: Option<String>,
    /// When it was put off.
    pub at: DateTime,
    /// Login of who did it; null for the same.
    pub by: Option<String>,
}

/// What one conclusion asks of one unit in one task.
pub struct FollowUp(pub follow_up::FollowUp);

/// What one conclusion asks of one unit in one task: until when, what was reported, whether it was accepted.
#[Object]
impl FollowUp {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let follow_up::FollowUp {
            conclusion, task, unit, ..
        } = &self.0;
        ids::encode("FollowUp", &format!("{conclusion}/{task}/{unit}"))
    }

    /// Code of the conclusion.
    async fn conclusion_code(&self) -> &str {
        &self.0.conclusion
    }

    /// The conclusion.
    async fn conclusion(&self, context: &Context<'_>) -> Result<Conclusion> {
        Ok(conclusion_of(context, &self.0.conclusion).await?)
    }

    /// Code of the task in the conclusion.
    async fn task_code(&self) -> &str {
        &self.0.task
    }

    /// The task.
    async fn task(&self, context: &Context<'_>) -> Result<Option<ConclusionTask>> {
        let conclusion = conclusion_of(context, &self.0.conclusion).await?;
        Ok(ConclusionTask::find(&conclusion, &self.0.task))
    }

    /// Code of the unit.
    async fn unit_code(&self) -> &str {
        &self.0.unit
    }

    /// The unit.
    async fn unit(&self, context: &Context<'_>) -> Result<Option<Unit>> {
        Ok(session(context).unit(&self.0.unit).await?.map(Unit))
    }

    /// Where it stands.
    async fn state(&self) -> FollowUpState {
        self.0.state().into()
    }

    /// The last day as it is now; null where there is none.
    async fn due(&self) -> Option<Date> {
        self.0.due.map(Date)
    }

    /// The day on which the report came in that was accepted; null while none was.
    async fn done_on(&self) -> Option<Date> {
        self.0.done_on().map(Date)
    }

    /// Whether it was done by its day; false, too, while it is owed and the day is over; null while neither is known.
    async fn in_time(&self, context: &Context<'_>) -> Result<Option<bool>> {
        Ok(self.0.in_time(session(context).day_of(&self.0)?))
    }

    /// For how many days it has been owed beyond its day; 0 where it is not overdue.
    async fn days_overdue(&self, context: &Context<'_>) -> Result<u32> {
        Ok(self.0.days_overdue(session(context).day_of(&self.0)?))
    }

    /// Code of the unit that it is with because it is overdue, by the steps of the conclusion; null for none.
    async fn escalated_to(&self, context: &Context<'_>) -> Result<Option<String>> {
        let session = session(context);
        let days = self.0.days_overdue(session.day_of(&self.0)?);
        if days == 0 {
            return Ok(None);
        }
        let conclusion = session.conclusion(&self.0.conclusion).await?;
        Ok(conclusion.escalated(days).map(|step| step.to.clone()))
    }

    /// What its being done is counted as in the index of that year; null for nothing.
    async fn counts_as(&self) -> Option<&str> {
        self.0.counts_as.as_deref()
    }

    /// What the unit reported, the first first; null for those who do not see its documents.
    async fn reports(&self, context: &Context<'_>) -> Result<Option<Vec<FollowUpReport>>> {
        if session(context).sight_of(&self.0).await? != FollowUpSight::Whole {
            return Ok(None);
        }
        let follow_up::FollowUp {
            conclusion, task, unit, ..
        } = &self.0;
        let paper = format!("{FOLLOW_UP_FILES}/{conclusion}/{task}/{unit}");
        let report = |(number, one): (u32, &follow_up::Report)| FollowUpReport {
            number,
            text: one.text.clone(),
            letter: Letter {
                number: one.letter.number.clone(),
                dated: Date(one.letter.dated),
                files: linked_files(context, &paper, number, &one.letter.files),
            },
            came_in: Date(one.on),
            by: one.by.clone(),
            outcome: one.outcome.as_ref().map(|outcome| FollowUpOutcome {
                accepted: outcome.accepted,
                reason: outcome.reason.clone(),
                at: DateTime(outcome.at),
                by: outcome.by.clone(),
            }),
        };
        Ok(Some((1..).zip(&self.0.reports).map(report).collect()))
    }

    /// How the deadline was put off, the first time first; why and by whom is for those who see the unit's documents.
    async fn extensions(&self, context: &Context<'_>) -> Result<Vec<FollowUpExtension>> {
        let whole = session(context).sight_of(&self.0).await? == FollowUpSight::Whole;
        let extension = |one: &follow_up::Extension| FollowUpExtension {
            from: Date(one.from),
            to: Date(one.to),
            reason: whole.then(|| one.reason.clone()),
            at: DateTime(one.at),
            by: whole.then(|| one.by.clone()),
        };
        Ok(self.0.extensions.iter().map(extension).collect())
    }

    /// Why it is asked no more; null while it is, and for those who do not see the unit's documents.
    async fn lifted_because(&self, context: &Context<'_>) -> Result<Option<&str>> {
        let whole = session(context).sight_of(&self.0).await? == FollowUpSight::Whole;
        let lifted = self.0.lifted.as_ref().filter(|_| whole);
        Ok(lifted.map(|lifted| lifted.reason.as_str()))
    }
}
