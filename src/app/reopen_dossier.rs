//! Reopening a published dossier for a correction; what is published stays published.

use async_trait::async_trait;
use serde::Serialize;

use super::Session;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::receipt::Receipt;
use super::reschedule_round::with_dates_of;
use super::seal_dossier::{Whole, with_round};
use super::text::check_text;
use crate::domain::assessment::{Assessment, AssessmentState};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Round, RoundPhase};
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// Reopens a dossier and its round for a correction, with a reason.
#[derive(Debug, Serialize)]
pub struct ReopenDossier {
    pub round: String,
    pub unit: String,
    pub reason: String,
    /// The job that takes its own seals off again; one that the round no longer waits for does nothing.
    pub job: Option<String>,
}

#[async_trait]
impl Command for ReopenDossier {
    const NAME: &'static str = "ReopenDossier";
    const PERMISSION: Permission = Permission::Publish;
    type State = (Whole, Versioned<Round>);
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        with_round(read, &self.round, &self.stream()).await
    }

    fn decide(&self, (mut state, round): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        let mut decision = Decision::new(Dossier::key(&self.round, &self.unit)).because(self.reason.clone());
        if self.job.is_some() {
            let waits = self.job.as_ref().is_some_and(|job| round.waits_for(job));
            if !waits || state.dossier.phase != DossierPhase::Sealed {
                return Ok(decision);
            }
        } else if !round.reopening.contains(&self.unit) {
            // Somebody else has reopened the dossier, and perhaps published it again, since the round was reopened.
            return Err(Rejection::WrongPhase {
                phase: round.phase.name(),
            }
            .into());
        }
        if state.dossier.phase != DossierPhase::Sealed {
            return Err(Rejection::WrongPhase {
                phase: state.dossier.phase.name(),
            }
            .into());
        }
        // Dates that the round was given behind the seal have not reached it.
        state.dossier.value = with_dates_of(&round, &state.dossier)?;
        let reopened = |leaf: &Assessment| Assessment {
            state: match leaf.state {
                AssessmentState::Final => AssessmentState::Verified,
                other => other,
            },
            ..leaf.clone()
        };
        state.move_to(round.deciding_phase_of_dossiers(), reopened, context, &mut decision);
        Ok(decision)
    }
}

/// Takes a published round back to appraisal, so that a correction can be made; what is published stays published.
#[derive(Debug, Serialize)]
struct ReopenRound {
    code: String,
    /// The unit whose dossier is reopened next.
    unit: String,
    reason: String,
}

#[async_trait]
impl Command for ReopenRound {
    const NAME: &'static str = "ReopenRound";
    const PERMISSION: Permission = Permission::Publish;
    /// The round, and where the dossier stands.
    type State = (Versioned<Round>, DossierPhase);
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.code)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let round = read.require::<Round>(&self.stream(), &self.code, "round").await;
        let round = round.map_err(|error| error.about("dossier"))?;
        let dossier = streams::dossier(&self.code, &self.unit);
        read.head(&dossier).await?;
        let found = read.require::<Dossier>(&dossier, dossier.key(), "dossier").await;
        let found = found.map_err(|error| error.about("dossier"))?;
        Ok(Loaded::of_system((round, found.phase)))
    }

    fn decide(&self, (round, dossier): Self::State, _: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        // Nothing happens to the round for a dossier that could not be reopened afterwards.
        if dossier != DossierPhase::Sealed {
            return Err(Rejection::WrongPhase { phase: dossier.name() }.into());
        }
        let mut round = round.value;
        let decision = Decision::new(self.code.clone()).because(self.reason.clone());
        let deciding = round.deciding_phase();
        if round.phase != RoundPhase::Published && round.phase != deciding {
            let phase = round.phase.name();
            return Err(Rejection::WrongPhase { phase }.into());
        }
        let is_new = round.reopening.insert(self.unit.clone());
        let moves = std::mem::replace(&mut round.phase, deciding) != deciding;
        Ok(if is_new || moves { decision.put(round) } else { decision })
    }
}

impl Session {
    /// Reopens one dossier of a published round for a correction: the round first, which then waits for the dossier.
    /// Gives the receipts of the round's entry, if it had to be written, and of the dossier's.
    pub async fn reopen_dossier(
        &self,
        round: String,
        unit: String,
        reason: String,
        key: Option<String>,
    ) -> Result<Vec<Receipt>, Error> {
        let command = ReopenRound {
            code: round.clone(),
            unit: unit.clone(),
            reason: reason.clone(),
        };
        let of_round = self.run(command, key.clone()).await?.receipt;
        let command = ReopenDossier {
            round,
            unit,
            reason,
            job: None,
        };
        let of_dossier = self.run(command, key).await?.receipt;
        Ok(of_round.into_iter().chain(of_dossier).collect())
    }
}
