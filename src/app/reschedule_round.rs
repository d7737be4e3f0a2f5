//! Other dates for a round under way: the round says them, a job carries them into its dossiers.

use async_trait::async_trait;
use serde::Serialize;

use super::calendar::{check_calendar, deadline_of, windows_of};
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded, derived_id};
use super::reader::Reader;
use super::run_round::MovingRound;
use super::seal_dossier::{Whole, with_round};
use super::text::check_text;
use crate::domain::calendar::{Calendar, Deadline, Windows};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Round, RoundPhase};
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// Gives a round other dates, with a reason. Who was given longer than the new date keeps it.
#[derive(Clone, Debug, Serialize)]
pub struct RescheduleRound {
    pub code: String,
    pub calendar: Calendar,
    pub reason: String,
}

#[async_trait]
impl Command for RescheduleRound {
    const NAME: &'static str = "RescheduleRound";
    const PERMISSION: Permission = Permission::RunRound;
    type State = MovingRound;
    /// Code of the round.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.code)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        MovingRound::load(read, &self.code).await
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        let decision = Decision::new(self.code.clone()).because(self.reason.clone());
        let before = state.round.value;
        let under_way = before.phase == RoundPhase::Rescheduling;
        let same = before.calendar.as_ref() == Some(&self.calendar);
        // Asking twice is asking once; after a job that ended in vain another one tries again.
        if same && !(under_way && state.job_ended) {
            return Ok(decision);
        }
        let standing = match before.phase {
            RoundPhase::SelfAssessment
            | RoundPhase::Appraisal
            | RoundPhase::Explanation
            | RoundPhase::SecondAppraisal => before.phase,
            RoundPhase::Rescheduling if state.job_ended => before.advancing_to(),
            RoundPhase::Opening
            | RoundPhase::Advancing
            | RoundPhase::Rescheduling
            | RoundPhase::Measuring
            | RoundPhase::Closing
            | RoundPhase::Published => {
                let phase = before.phase.name();
                return Err(Rejection::WrongPhase { phase }.into());
            }
        };
        let round = Round {
            calendar: Some(self.calendar.clone()),
            phase: RoundPhase::Rescheduling,
            next: Some(standing),
            job: Some(derived_id(&["job", &self.code, &context.entry.to_string()])),
            ..before
        };
        check_calendar(&round, standing, context.now)?;
        Ok(decision.put(round))
    }
}

/// Carries a round's dates into one dossier.
#[derive(Debug, Serialize)]
pub(super) struct RescheduleDossier {
    pub round: String,
    pub unit: String,
    /// The job that carries them; one that the round no longer waits for does nothing.
    pub job: String,
}

#[async_trait]
impl Command for RescheduleDossier {
    const NAME: &'static str = "RescheduleDossier";
    const PERMISSION: Permission = Permission::RunRound;
    type State = (Whole, Versioned<Round>);
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        with_round(read, &self.round, &self.stream()).await
    }

    fn decide(&self, (state, round): Self::State, _: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut decision = Decision::new(Dossier::key(&self.round, &self.unit));
        let before = &state.dossier.value;
        if !round.waits_for(&self.job) || before.phase == DossierPhase::Sealed {
            return Ok(decision);
        }
        let after = with_dates_of(&round, before)?;
        if after != *before {
            state.reschedule(after, &mut decision);
        }
        Ok(decision)
    }
}

/// A dossier with its round's dates as they are, and what it was given longer than these.
pub(super) fn with_dates_of(round: &Round, before: &Dossier) -> Result<Dossier, Error> {
    let explanation = |windows: &Option<Windows>| windows.as_ref().and_then(|one| one.explanation.clone());
    let given = explanation(&before.windows);
    let windows = windows_of(round)?.map(|windows| Windows {
        explanation: windows.explanation.map(|one| one.rescheduled(given.as_ref())),
        ..windows
    });
    // Who has handed over is neither late nor in time by another day than the one that held then.
    let deadline = match before.phase {
        DossierPhase::SelfAssessment => {
            deadline_of(round)?.map(|one: Deadline| one.rescheduled(before.deadline.as_ref()))
        }
        _ => before.deadline.clone(),
    };
    Ok(Dossier {
        deadline,
        windows,
        ..before.clone()
    })
}
