//! Bringing what registers of the system say into the dossiers of a round, by a job: one commit for each. Sent again after the registers
//! have changed it brings the newest, and nothing is published on what is older.
//!
//! Which registers there are, and what they say of a unit, is in [`sources`] alone.

pub(super) mod sources;

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use super::App;
use super::Session;
use super::desk::Desk;
use super::documents::{figure_run_fields, streams};
use super::error::Error;
use super::feed_dossier::check_not_sealed;
use super::gate::{Authority, Command, Context, Decision, Loaded, derived_id, run_as};
use super::jobs::{CreateJob, Job, JobKind, JobState, renew};
use super::reader::Reader;
use super::receipt::Done;
use crate::domain::assessment::{Assessment, AssessmentState};
use crate::domain::brought::{BroughtFigure, FigureRun};
use crate::domain::dossier::Dossier;
use crate::domain::framework::Leaf;
use crate::domain::policy::Permission;
use crate::domain::registry::Role;
use crate::domain::rejection::{FiguresRejection, Rejection};
use crate::domain::round::{Round, RoundPhase};
use crate::domain::rows::is_zero;
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};
use sources::{Recorded, RecordedFigure};

const WHAT: &str = "figure run";
/// Dossiers that are looked at before the lease of the job is renewed (200): some 0.4 s of 5.
const UNITS_PER_LEASE: usize = 200;

/// Asks for figures to be brought into the dossiers of a round.
#[derive(Debug, Serialize)]
pub struct BringFigures {
    pub round: String,
}

/// A round, whether anything is to be brought there, and what keeps it from being brought.
pub struct Bringable {
    round: Versioned<Round>,
    takes_figures: bool,
    run: Option<FigureRun>,
    in_the_way: Option<FiguresRejection>,
}

#[async_trait]
impl Command for BringFigures {
    const NAME: &'static str = "BringFigures";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Bringable;
    /// Code of the round.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Bringable>, Error> {
        let stream = self.stream();
        let round = read.require::<Round>(&stream, &self.round, "round").await;
        let round = round.map_err(|error| error.about("round"))?;
        let takes_figures = takes_figures(read, &round).await?;
        let run = running(read, &stream).await?;
        let in_the_way = sources::in_the_way(read, &round).await?;
        Ok(Loaded::of_system(Bringable {
            round,
            takes_figures,
            run,
            in_the_way,
        }))
    }

    fn decide(&self, state: Bringable, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let decision = Decision::new(self.round.clone());
        if !state.takes_figures {
            return Err(Error::invalid(
                "round",
                "Các bộ chỉ số của kỳ này không lấy số liệu từ hệ thống (CASE_EVALUATION, FOLLOW_UP); không có gì để đưa vào.",
                "The frameworks of this round take nothing from a register (CASE_EVALUATION, FOLLOW_UP); there is nothing to bring.",
            ));
        }
        // Asking twice is asking once.
        if state.run.is_some() {
            return Ok(decision);
        }
        check_phase(&state.round)?;
        if let Some(rejection) = state.in_the_way {
            return Err(Rejection::Figures(rejection).into());
        }
        Ok(decision.put(FigureRun {
            round: self.round.clone(),
            job: derived_id(&["job", &self.round, &context.entry.to_string()]),
            started_at: context.now,
            started_by: context.login.to_owned(),
            ended_at: None,
            refused: 0,
        }))
    }
}

/// Dossiers are there, and not being moved or sealed.
fn check_phase(round: &Round) -> Result<(), Error> {
    match round.phase {
        RoundPhase::SelfAssessment | RoundPhase::Appraisal | RoundPhase::Explanation | RoundPhase::SecondAppraisal => {
            Ok(())
        }
        RoundPhase::Opening
        | RoundPhase::Advancing
        | RoundPhase::Rescheduling
        | RoundPhase::Measuring
        | RoundPhase::Closing
        | RoundPhase::Published => {
            let phase = round.phase.name();
            Err(Error::from(Rejection::WrongPhase { phase }).about("round"))
        }
    }
}

/// Whether any leaf of a round takes anything from a register.
async fn takes_figures(read: &Reader<'_>, round: &Round) -> Result<bool, Error> {
    for framework in round.frameworks.values() {
        if sources::leaves(&*read.framework_of(framework).await?).next().is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The run of a round that is on its way.
async fn running(read: &Reader<'_>, round: &StreamId) -> Result<Option<FigureRun>, Error> {
    let run = read.get::<FigureRun>(round, FigureRun::KEY).await?;
    Ok(run.map(|run| run.value).filter(FigureRun::is_running))
}

/// That nothing is on its way into the dossiers of a round.
///
/// # Errors
/// [`FiguresRejection::Bringing`].
pub(super) async fn on_its_way(read: &Reader<'_>, round: &StreamId) -> Result<Option<Rejection>, Error> {
    let run = running(read, round).await?;
    Ok(run.map(|run| Rejection::Figures(FiguresRejection::Bringing { round: run.round })))
}

/// Brings what the registers say into one dossier.
#[derive(Debug, Serialize)]
struct BringIntoDossier {
    round: String,
    unit: String,
    job: String,
}

/// A dossier's leaves, and what the registers say for them.
struct ToBring {
    desk: Desk,
    recorded: Recorded,
    waits: bool,
}

#[async_trait]
impl Command for BringIntoDossier {
    const NAME: &'static str = "BringIntoDossier";
    const PERMISSION: Permission = Permission::RunRound;
    type State = ToBring;
    /// How many leaves changed.
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<ToBring>, Error> {
        let stream = streams::round(&self.round);
        // That the job is still waited for rests on the round's entry.
        read.head(&stream).await?;
        let round = read.require::<Round>(&stream, &self.round, "round").await?;
        let run = running(read, &stream).await?;
        let own = self.stream();
        let dossier = read.require::<Dossier>(&own, own.key(), "dossier").await?;
        let framework = read.framework_of(&dossier.framework).await?;
        let codes: Vec<String> = sources::leaves(&framework).map(|(node, _)| node.code.clone()).collect();
        let recorded = Recorded::load(read, &framework, &round, &self.unit).await?;
        Ok(Loaded::of_system(ToBring {
            desk: Desk::load(read, &own, Some(&codes)).await?,
            recorded,
            waits: run.is_some_and(|run| run.job == self.job),
        }))
    }

    fn decide(&self, state: ToBring, context: &Context<'_>) -> Result<Decision<usize>, Error> {
        let ToBring {
            mut desk,
            recorded,
            waits,
        } = state;
        let mut changed = 0;
        if waits {
            let framework = std::sync::Arc::clone(&desk.framework);
            for (node, leaf) in sources::leaves(&framework) {
                let assessment = &desk.leaf(&node.code)?.assessment.value;
                let Some(brought) = newer(assessment, leaf, &recorded, context) else {
                    continue;
                };
                check_not_sealed(&desk)?;
                let assessment = &mut desk.leaf_mut(&node.code)?.assessment.value;
                assessment.brought = brought;
                assessment.state = match (assessment.has_all_figures(leaf), assessment.state) {
                    // What a register says needs no appraiser, once all of it is there.
                    (true, _) => AssessmentState::Verified,
                    (false, AssessmentState::Verified) => AssessmentState::Open,
                    (false, other) => other,
                };
                desk.rescore(&node.code, context.now)?;
                changed += 1;
            }
        }
        let mut decision = Decision::new(changed);
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// What a leaf is to hold, where it holds something else. One that does not apply holds what it held.
fn newer(
    assessment: &Assessment,
    leaf: &Leaf,
    recorded: &Recorded,
    context: &Context<'_>,
) -> Option<BTreeMap<String, BroughtFigure>> {
    if assessment.excluded.is_some() || is_newest(assessment, leaf, recorded, context.now) {
        return None;
    }
    let figure = |found: RecordedFigure| BroughtFigure {
        found: found.found,
        stream: found.stream.as_str().to_owned(),
        document: found.document,
        entry: found.entry,
        brought_at: context.now,
        brought_by: context.login.to_owned(),
    };
    let figures = sources::inputs(leaf).filter_map(|spec| {
        let found = recorded.figure(&spec.source)?;
        Some((spec.code.clone(), figure(found)))
    });
    Some(figures.collect())
}

/// Whether a leaf holds what the registers say now, be it that another entry says the same, and what that comes to now.
fn is_newest(assessment: &Assessment, leaf: &Leaf, recorded: &Recorded, now: Timestamp) -> bool {
    sources::inputs(leaf).all(|spec| {
        let (held, said) = (assessment.brought.get(&spec.code), recorded.figure(&spec.source));
        match (held, said) {
            (None, None) => true,
            (Some(held), Some(said)) => {
                let of = (&held.found, held.stream.as_str(), &held.document);
                of == (&said.found, said.stream.as_str(), &said.document)
                    && held.value(&spec.source) == held.value_at(&spec.source, now)
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
    })
}

/// Says that a job has looked at every dossier.
#[derive(Debug, Serialize)]
struct FinishBringing {
    round: String,
    job: String,
    /// How many dossiers did not take their figures.
    #[serde(skip_serializing_if = "is_zero")]
    refused: u32,
}

#[async_trait]
impl Command for FinishBringing {
    const NAME: &'static str = "FinishBringing";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Versioned<FigureRun>;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let run = read.require::<FigureRun>(&self.stream(), FigureRun::KEY, WHAT).await?;
        Ok(Loaded::of_system(run))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let decision = Decision::new(self.round.clone());
        let mut run = state.value;
        if !run.is_running() || run.job != self.job {
            return Ok(decision);
        }
        run.ended_at = Some(context.now);
        run.refused = self.refused;
        Ok(decision.put(run))
    }
}

/// One step of the job: one dossier.
pub(super) async fn step(app: &App, authority: &Authority, job: &Job, unit: &str) -> Result<(), Error> {
    let command = BringIntoDossier {
        round: job.subject.clone(),
        unit: unit.to_owned(),
        job: job.id.clone(),
    };
    run_as(app, authority, &command, None).await.map(drop)
}

/// The end of the job. What could not be done stands in its report: a dossier that is sealed takes nothing any more.
pub(super) async fn finish(app: &App, authority: &Authority, job: &Job) -> Result<(), Error> {
    let command = FinishBringing {
        round: job.subject.clone(),
        job: job.id.clone(),
        refused: job.problem_count,
    };
    run_as(app, authority, &command, None).await.map(drop)
}

/// Creates the jobs that rounds have announced and that are missing; a process may have died between the two.
pub(super) async fn ensure_jobs(app: &App) -> Result<(), Error> {
    let read = Reader::new(app, &*app.store);
    let running = FigureRun::query().filter(figure_run_fields::RUNNING.equal(1_i64));
    for run in read.every(running).await? {
        ensure_job(app, &run.value).await?;
    }
    Ok(())
}

/// Makes sure that the job of a run exists.
async fn ensure_job(app: &App, run: &FigureRun) -> Result<(), Error> {
    let read = Reader::new(app, &*app.store);
    let round = read
        .require::<Round>(&streams::round(&run.round), &run.round, "round")
        .await?;
    let job = Job {
        id: run.job.clone(),
        kind: JobKind::BringFigures,
        subject: run.round.clone(),
        survey: None,
        state: JobState::Running,
        items: round.units.clone(),
        cursor: 0,
        lease: None,
        for_login: run.started_by.clone(),
        role: Role::Manager,
        started_at: app.clock.now(),
        ended_at: None,
        problem_count: 0,
        problems: Vec::new(),
    };
    let authority = Authority::Job {
        login: run.started_by.clone(),
        role: Role::Manager,
        job: run.job.clone(),
        fence: None,
    };
    run_as(app, &authority, &CreateJob { job }, None).await.map(drop)
}

/// Whether what is to be published rests on what the registers say, as its sealed dossiers hold it.
///
/// # Errors
/// [`FiguresRejection::NotBrought`] where it does not.
pub(super) async fn check_brought(app: &App, authority: &Authority, job: &Job, round: &Round) -> Result<(), Error> {
    let read = Reader::new(app, &*app.store);
    if !takes_figures(&read, round).await? {
        return Ok(());
    }
    for (position, unit) in round.units.iter().enumerate() {
        if position % UNITS_PER_LEASE == UNITS_PER_LEASE - 1 {
            renew(app, authority, job).await?;
        }
        let stream = streams::dossier(&round.code, unit);
        let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?;
        let framework = read.framework_of(&dossier.framework).await?;
        let leaves: Vec<_> = sources::leaves(&framework).collect();
        let codes: Vec<String> = leaves.iter().map(|(node, _)| node.code.clone()).collect();
        let recorded = Recorded::load(&read, &framework, round, unit).await?;
        let found = read.get_all::<Assessment>(&stream, &codes).await?;
        for ((node, leaf), assessment) in leaves.into_iter().zip(found) {
            let counts = |one: &Versioned<Assessment>| one.excluded.is_none();
            if let Some(assessment) = assessment.filter(counts)
                && !is_newest(&assessment, leaf, &recorded, app.clock.now())
            {
                let (unit, criterion) = (unit.clone(), node.code.clone());
                return Err(Rejection::Figures(FiguresRejection::NotBrought { unit, criterion }).into());
            }
        }
    }
    Ok(())
}

/// What asking for figures led to.
pub struct FiguresBrought {
    /// Code of the round.
    pub done: Done<String>,
    /// Id of the job; none when it has ended already.
    pub job: Option<String>,
}

impl Session {
    /// Has what registers say brought into the dossiers of a round, by a job.
    pub async fn bring_figures(&self, round: String) -> Result<FiguresBrought, Error> {
        let done = self.run(BringFigures { round }, None).await?;
        let run = running(&self.reader(), &streams::round(&done.output)).await?;
        if let Some(run) = &run {
            ensure_job(&self.app, run).await?;
        }
        let job = run.map(|run| run.job);
        Ok(FiguresBrought { done, job })
    }
}
