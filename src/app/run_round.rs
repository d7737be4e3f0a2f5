//! Moving a round. The round only says what is wanted; a job carries it into every dossier.

use async_trait::async_trait;
use serde::Serialize;

use super::App;
use super::Session;
use super::bring_figures;
use super::documents::{round_fields, streams};
use super::error::Error;
use super::feed_survey;
use super::gate::{Authority, Command, Context, Decision, Loaded, derived_id, run_as};
use super::jobs::{CreateJob, Job, JobKind, JobState};
use super::measure_groups;
use super::open_dossier::OpenDossier;
use super::open_round::OpenRound;
use super::reader::Reader;
use super::receipt::Done;
use super::reschedule_round::{RescheduleDossier, RescheduleRound};
use super::seal_dossier::{AdvanceDossier, SealDossier};
use crate::domain::policy::Permission;
use crate::domain::registry::Role;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Round, RoundPhase};
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// Moves the round to its next phase, by a job.
#[derive(Debug, Serialize)]
pub struct AdvanceRound {
    pub code: String,
    /// [`RoundPhase::Appraisal`], and where there are two rounds of it [`RoundPhase::Explanation`] and
    /// [`RoundPhase::SecondAppraisal`].
    pub to: RoundPhase,
}

/// The phase from which a round is moved to another; `None` for what is not reached by advancing.
fn before(to: RoundPhase) -> Option<RoundPhase> {
    match to {
        RoundPhase::Appraisal => Some(RoundPhase::SelfAssessment),
        RoundPhase::Explanation => Some(RoundPhase::Appraisal),
        RoundPhase::SecondAppraisal => Some(RoundPhase::Explanation),
        RoundPhase::Opening
        | RoundPhase::SelfAssessment
        | RoundPhase::Advancing
        | RoundPhase::Rescheduling
        | RoundPhase::Measuring
        | RoundPhase::Closing
        | RoundPhase::Published => None,
    }
}

/// A round, and whether the job that it names has ended: while the round still waits for it, it has ended in vain.
pub struct MovingRound {
    pub(super) round: Versioned<Round>,
    pub(super) job_ended: bool,
}

impl MovingRound {
    pub(super) async fn load(read: &Reader<'_>, code: &str) -> Result<Loaded<Self>, Error> {
        let round = read.require::<Round>(&streams::round(code), code, "round").await;
        let round = round.map_err(|error| error.about("round"))?;
        let job_ended = has_ended(read, round.job.as_deref()).await?;
        Ok(Loaded::of_system(Self { round, job_ended }))
    }
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
        MovingRound::load(read, &self.code).await
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut round = state.round.value;
        let decision = Decision::new(self.code.clone());
        if self.to != RoundPhase::Appraisal && round.second_round.is_none() {
            return Err(Error::from(Rejection::OneRound).about("to"));
        }
        let under_way = round.phase == RoundPhase::Advancing && round.advancing_to() == self.to;
        // Asking twice is asking once.
        if round.phase == self.to || (under_way && !state.job_ended) {
            return Ok(decision);
        }
        if !under_way && before(self.to) != Some(round.phase) {
            let phase = round.phase.name();
            return Err(Rejection::WrongPhase { phase }.into());
        }
        round.phase = RoundPhase::Advancing;
        round.next = Some(self.to).filter(|to| *to != RoundPhase::Appraisal);
        round.job = Some(derived_id(&["job", &self.code, &context.entry.to_string()]));
        Ok(decision.put(round))
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
    /// [`RoundPhase::Advancing`] for the phase that the round says itself.
    to: RoundPhase,
    /// The job stays named, so that its report can be read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    failed: bool,
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
        round.phase = match self.to {
            RoundPhase::Advancing => round.advancing_to(),
            to => to,
        };
        round.next = None;
        round.job = round.job.filter(|_| self.failed);
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

    /// Moves a round to its next phase and starts the job that moves its dossiers.
    pub async fn advance_round(
        &self,
        code: String,
        to: RoundPhase,
        key: Option<String>,
    ) -> Result<Done<String>, Error> {
        let done = self.run(AdvanceRound { code, to }, key).await?;
        ensure_job(&self.app, &done.output).await?;
        Ok(done)
    }
}

impl Session {
    /// Gives a round other dates and starts the job that carries them into its dossiers.
    pub async fn reschedule_round(&self, command: RescheduleRound, key: Option<String>) -> Result<Done<String>, Error> {
        let done = self.run(command, key).await?;
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
        RoundPhase::Rescheduling => JobKind::RescheduleRound,
        RoundPhase::Measuring => JobKind::MeasureGroups,
        RoundPhase::Closing => JobKind::SealRound,
        RoundPhase::SelfAssessment
        | RoundPhase::Appraisal
        | RoundPhase::Explanation
        | RoundPhase::SecondAppraisal
        | RoundPhase::Published => {
            return Ok(());
        }
    };
    let mut items = round.units.clone();
    if kind == JobKind::MeasureGroups {
        items.insert(0, measure_groups::MEASURE.to_owned());
    }
    let entry = read.entries(&stream, round.version, 1).await?;
    let for_login = entry
        .first()
        .and_then(|entry| entry.header().ok())
        .map_or_else(String::new, |header| header.actor);
    let job = Job {
        id: id.clone(),
        kind,
        subject: code.to_owned(),
        survey: None,
        state: JobState::Running,
        items,
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
    let moving = [
        RoundPhase::Opening,
        RoundPhase::Advancing,
        RoundPhase::Rescheduling,
        RoundPhase::Measuring,
        RoundPhase::Closing,
    ]
    .map(RoundPhase::name);
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
    feed_survey::ensure_jobs(app).await?;
    bring_figures::ensure_jobs(app).await
}

/// One step of a job: one unit's dossier.
pub(super) async fn step(app: &App, authority: &Authority, job: &Job, unit: &str) -> Result<(), Error> {
    let worker = job;
    let (round, unit, job) = (worker.subject.clone(), unit.to_owned(), worker.id.clone());
    match worker.kind {
        JobKind::OpenRound => run_as(app, authority, &OpenDossier { round, unit, job }, None).await,
        JobKind::AdvanceRound => run_as(app, authority, &AdvanceDossier { round, unit, job }, None).await,
        JobKind::RescheduleRound => run_as(app, authority, &RescheduleDossier { round, unit, job }, None).await,
        JobKind::SealRound => run_as(app, authority, &SealDossier { round, unit, job }, None).await,
        JobKind::BringFigures => return bring_figures::step(app, authority, worker, &unit).await,
        JobKind::FeedSurvey => return feed_survey::step(app, authority, round, unit, worker.survey.clone()).await,
        JobKind::MeasureGroups => return measure_groups::step(app, authority, worker, &unit).await,
    }
    .map(drop)
}

/// The last step of a job: the round itself. A round is opened and advanced as a whole: after a problem it stays where
/// it is, names the job whose report says why, and asking again tries again.
pub(super) async fn finish(app: &App, authority: &Authority, job: &Job) -> Result<(), Error> {
    let failed = job.problem_count > 0;
    let fails_as_a_whole = !matches!(
        job.kind,
        JobKind::SealRound | JobKind::FeedSurvey | JobKind::BringFigures | JobKind::MeasureGroups
    );
    if failed && fails_as_a_whole {
        return Ok(());
    }
    let to = match job.kind {
        JobKind::OpenRound => RoundPhase::SelfAssessment,
        JobKind::AdvanceRound | JobKind::RescheduleRound | JobKind::MeasureGroups => RoundPhase::Advancing,
        JobKind::SealRound => return super::publish_results::closing::finish(app, authority, job).await,
        JobKind::BringFigures => return bring_figures::finish(app, authority, job).await,
        JobKind::FeedSurvey => return feed_survey::finish(app, authority, job).await,
    };
    let command = FinishRound {
        code: job.subject.clone(),
        job: job.id.clone(),
        to,
        failed,
    };
    run_as(app, authority, &command, None).await.map(drop)
}
