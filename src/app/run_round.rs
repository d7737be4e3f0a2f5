//! Moving a round. The round only says what is wanted; a job carries it into every dossier.

use async_trait::async_trait;
use serde::Serialize;

use super::App;
use super::Session;
use super::documents::{round_fields, streams};
use super::error::Error;
use super::gate::{Authority, Command, Context, Decision, Loaded, derived_id, run_as};
use super::jobs::{CreateJob, Job, JobKind, JobState};
use super::open_dossier::OpenDossier;
use super::open_round::OpenRound;
use super::reader::Reader;
use super::receipt::Done;
use super::seal_dossier::{AdvanceDossier, SealDossier};
use crate::domain::policy::Permission;
use crate::domain::registry::Role;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Round, RoundPhase};
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// Moves the round from self-assessment to appraisal, by a job.
#[derive(Debug, Serialize)]
pub struct AdvanceRound {
    pub code: String,
}

/// A round, and whether the job that it names has ended: while the round still waits for it, it has ended in vain.
pub struct MovingRound {
    round: Versioned<Round>,
    job_ended: bool,
}

#[async_trait]
impl Command for AdvanceRound {
    const NAME: &'static str = "AdvanceRound";
    const PERMISSION: Permission = Permission::RunRound;
    type State = MovingRound;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.code)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let round = read.require::<Round>(&self.stream(), &self.code, "round").await;
        let round = round.map_err(|error| error.about("round"))?;
        let job_ended = has_ended(read, round.job.as_deref()).await?;
        Ok(Loaded::of_system(MovingRound { round, job_ended }))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut round = state.round.value;
        match round.phase {
            RoundPhase::Advancing if state.job_ended => {
                round.job = Some(derived_id(&["job", &self.code, &context.entry.to_string()]));
                Ok(Decision::new(self.code.clone()).put(round))
            }
            RoundPhase::SelfAssessment => {
                round.phase = RoundPhase::Advancing;
                round.job = Some(derived_id(&["job", &self.code, &context.entry.to_string()]));
                Ok(Decision::new(self.code.clone()).put(round))
            }
            // Asking twice is asking once.
            RoundPhase::Advancing | RoundPhase::Appraisal => Ok(Decision::new(self.code.clone())),
            RoundPhase::Opening | RoundPhase::Closing | RoundPhase::Published => Err(Rejection::WrongPhase {
                phase: round.phase.name(),
            }
            .into()),
        }
    }
}

/// Whether a job is there and has ended.
pub(super) async fn has_ended(read: &Reader<'_>, job: Option<&str>) -> Result<bool, Error> {
    let Some(id) = job else { return Ok(false) };
    let found = read.get::<Job>(&streams::job(id), id).await?;
    Ok(found.is_some_and(|job| !job.is_running()))
}

/// Ends a job's work on its round.
#[derive(Debug, Serialize)]
struct FinishRound {
    code: String,
    job: String,
    to: RoundPhase,
}

#[async_trait]
impl Command for FinishRound {
    const NAME: &'static str = "FinishRound";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Versioned<Round>;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.code)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let round = read.require::<Round>(&self.stream(), &self.code, "round").await?;
        Ok(Loaded::of_system(round))
    }

    fn decide(&self, state: Self::State, _: &Context<'_>) -> Result<Decision<String>, Error> {
        let decision = Decision::new(self.code.clone());
        let mut round = state.value;
        if !round.waits_for(&self.job) {
            return Ok(decision);
        }
        round.phase = self.to;
        round.job = None;
        Ok(decision.put(round))
    }
}

impl Session {
    /// Opens a round and starts the job that creates its dossiers.
    pub async fn open_round(&self, command: OpenRound, key: Option<String>) -> Result<Done<String>, Error> {
        let done = self.run(command, key).await?;
        ensure_job(&self.app, &done.output).await?;
        Ok(done)
    }

    /// Moves a round to appraisal and starts the job that moves its dossiers.
    pub async fn advance_round(&self, code: String, key: Option<String>) -> Result<Done<String>, Error> {
        let done = self.run(AdvanceRound { code }, key).await?;
        ensure_job(&self.app, &done.output).await?;
        Ok(done)
    }
}

/// Makes sure that the job which a round's entry announced exists; a process may have died between the two.
pub async fn ensure_job(app: &App, code: &str) -> Result<(), Error> {
    let read = Reader::new(app, &*app.store);
    let stream = streams::round(code);
    let round = read.require::<Round>(&stream, code, "round").await?;
    let Some(id) = round.job.clone() else { return Ok(()) };
    let kind = match round.phase {
        RoundPhase::Opening => JobKind::OpenRound,
        RoundPhase::Advancing => JobKind::AdvanceRound,
        RoundPhase::Closing => JobKind::SealRound,
        RoundPhase::SelfAssessment | RoundPhase::Appraisal | RoundPhase::Published => {
            return Ok(());
        }
    };
    let entry = read.entries(&stream, round.version, 1).await?;
    let for_login = entry
        .first()
        .and_then(|entry| entry.header().ok())
        .map_or_else(String::new, |header| header.actor);
    let job = Job {
        id: id.clone(),
        kind,
        subject: code.to_owned(),
        state: JobState::Running,
        items: round.units.clone(),
        cursor: 0,
        lease: None,
        for_login: for_login.clone(),
        role: Role::Manager,
        started_at: app.clock.now(),
        ended_at: None,
        problem_count: 0,
        problems: Vec::new(),
    };
    run_as(
        app,
        &Authority::Job {
            login: for_login,
            role: Role::Manager,
            job: id,
            fence: None,
        },
        &CreateJob { job },
        None,
    )
    .await?;
    Ok(())
}

/// Creates the jobs that are announced but missing, for every round that is on the move.
pub async fn ensure_jobs(app: &App) -> Result<(), Error> {
    let moving = [RoundPhase::Opening, RoundPhase::Advancing, RoundPhase::Closing].map(RoundPhase::name);
    let read = Reader::new(app, &*app.store);
    // One phase at a time, so that each is read in the order of its index.
    for phase in moving {
        let rounds = read
            .every(Round::query().filter(round_fields::PHASE.equal(phase)))
            .await?;
        for round in rounds {
            ensure_job(app, &round.code).await?;
        }
    }
    Ok(())
}

/// One step of a job: one unit's dossier.
pub(super) async fn step(app: &App, authority: &Authority, job: &Job, unit: &str) -> Result<(), Error> {
    let (kind, round, unit, job) = (job.kind, job.subject.clone(), unit.to_owned(), job.id.clone());
    match kind {
        JobKind::OpenRound => run_as(app, authority, &OpenDossier { round, unit, job }, None).await,
        JobKind::AdvanceRound => run_as(app, authority, &AdvanceDossier { round, unit, job }, None).await,
        JobKind::SealRound => run_as(app, authority, &SealDossier { round, unit, job }, None).await,
    }
    .map(drop)
}

/// The last step of a job: the round itself. A round is opened and advanced as a whole: after a problem it stays where
/// it is, names the job whose report says why, and asking again tries again.
pub(super) async fn finish(app: &App, authority: &Authority, job: &Job) -> Result<(), Error> {
    if job.problem_count > 0 && job.kind != JobKind::SealRound {
        return Ok(());
    }
    let to = match job.kind {
        JobKind::OpenRound => RoundPhase::SelfAssessment,
        JobKind::AdvanceRound => RoundPhase::Appraisal,
        JobKind::SealRound => return super::publish_results::finish(app, authority, job).await,
    };
    let command = FinishRound {
        code: job.subject.clone(),
        job: job.id.clone(),
        to,
    };
    run_as(app, authority, &command, None).await.map(drop)
}
