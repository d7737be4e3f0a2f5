//! Jobs: long work over many streams, one stream at a time.
//!
//! A job is an aggregate of its own with a cursor, a report per item and an expiring lease. Its steps are commands
//! whose effect is derived from their key, so that a step done twice is a step done once: any process resumes a job
//! whose lease has run out. A job acts for the person who started it, in the role in which it was started.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::App;
use super::documents::{job_fields, streams};
use super::error::Error;
use super::gate::{Authority, Command, Context, Decision, Loaded, Owner, run_as};
use super::reader::Reader;
use super::run_round;
use crate::domain::policy::Permission;
use crate::domain::registry::Role;
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// How long a worker owns a job without renewing (5 s): ten times a batch of steps, and what a restart after a crash
/// waits for. Whoever takes longer loses the job to another worker, and no step is done twice for that.
const LEASE: SignedDuration = SignedDuration::from_secs(5);
/// Steps between two commits of the cursor: a crash repeats at most these, and they are idempotent.
const STEPS_PER_BATCH: usize = 16;
/// Most problems that a report keeps; the count goes on.
const MAX_PROBLEMS: usize = 100;
/// Most jobs that one look finds.
const MAX_RUNNING: usize = 100;

/// What a job does with each unit of a round, and with the round at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobKind {
    OpenRound,
    AdvanceRound,
    RescheduleRound,
    SealRound,
    /// Brings the results of a survey into the dossiers.
    FeedSurvey,
    /// Brings what registers of the system say into the dossiers.
    BringFigures,
    /// Measures what all units have, and brings it into the dossiers.
    MeasureGroups,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobState {
    Running,
    Done,
}

impl JobState {
    /// The name used in the API and in projected fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Done => "DONE",
        }
    }
}

/// Who works on the job until when. The fence counts the takeovers: nothing is committed for a job under an older one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lease {
    pub owner: String,
    pub until: Timestamp,
    pub fence: u32,
}

/// An item that could not be done, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Problem {
    pub item: String,
    pub code: String,
    pub message: String,
}

impl Problem {
    fn of(item: &str, error: &Error) -> Self {
        Self {
            item: item.to_owned(),
            code: error.code().name().to_owned(),
            message: error.message().en,
        }
    }
}

/// A piece of long work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Job {
    pub id: String,
    pub kind: JobKind,
    /// Code of the round.
    pub subject: String,
    /// Id of the import of a survey in it, for a job about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<String>,
    pub state: JobState,
    /// Items in order.
    pub items: Vec<String>,
    /// Number of items done.
    pub cursor: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// Login of the person it acts for.
    pub for_login: String,
    pub role: Role,
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    pub problem_count: u32,
    pub problems: Vec<Problem>,
}

impl Job {
    pub fn is_running(&self) -> bool {
        self.state == JobState::Running
    }

    /// Adds what could not be done to the report.
    fn report(&mut self, problems: &[Problem]) {
        self.problem_count += u32::try_from(problems.len()).unwrap_or(u32::MAX);
        self.problems.extend(problems.iter().cloned());
        self.problems.truncate(MAX_PROBLEMS);
    }
}

/// Creates the job that a round's entry has announced; derived from it, so creating it twice creates it once.
#[derive(Debug, Serialize)]
pub(super) struct CreateJob {
    pub job: Job,
}

#[async_trait]
impl Command for CreateJob {
    const NAME: &'static str = "CreateJob";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Option<Versioned<Job>>;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::job(&self.job.id)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        Ok(Loaded {
            state: read.get(&self.stream(), &self.job.id).await?,
            owners: vec![Owner::System],
        })
    }

    fn decide(&self, state: Self::State, _: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        let decision = Decision::new(self.job.id.clone());
        Ok(if state.is_some() {
            decision
        } else {
            decision.put(self.job.clone())
        })
    }
}

/// How a worker changes a job.
#[derive(Clone, Debug, Serialize)]
enum Change {
    Take {
        owner: String,
        until: Timestamp,
    },
    Advance {
        cursor: u32,
        problems: Vec<Problem>,
        until: Timestamp,
    },
    /// Why the end could not be reached, behind all items.
    Report {
        problem: Problem,
    },
    Finish,
}

#[derive(Debug, Serialize)]
struct ChangeJob {
    id: String,
    change: Change,
}

/// Whether a worker still holds the job under its lease; a lease that has run out is held until another takes the job.
///
/// # Errors
/// [`Error::LeaseLost`] if it does not.
pub(super) async fn check_lease(read: &Reader<'_>, id: &str, fence: u32) -> Result<(), Error> {
    let job = read.require::<Job>(&streams::job(id), id, "job").await?;
    let held = job.is_running() && job.lease.as_ref().is_some_and(|lease| lease.fence == fence);
    held.then_some(()).ok_or(Error::LeaseLost)
}

#[async_trait]
impl Command for ChangeJob {
    const NAME: &'static str = "ChangeJob";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Versioned<Job>;
    /// The job as it is then; none where there is nothing to take.
    type Output = Option<Job>;

    fn stream(&self) -> StreamId {
        streams::job(&self.id)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let job = read.require::<Job>(&self.stream(), &self.id, "job").await?;
        Ok(Loaded::of_system(job))
    }

    /// That a lease is still held has been checked with the rights: under the lock of the job's own stream.
    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        let mut job = state.value;
        match &self.change {
            Change::Take { owner, until } => {
                let is_held = job.lease.as_ref().is_some_and(|lease| context.now < lease.until);
                if !job.is_running() || is_held {
                    return Ok(Decision::new(None));
                }
                let fence = job.lease.as_ref().map_or(1, |lease| lease.fence + 1);
                job.lease = Some(Lease {
                    owner: owner.clone(),
                    until: *until,
                    fence,
                });
            }
            Change::Advance {
                cursor,
                problems,
                until,
            } => {
                job.cursor = *cursor;
                job.report(problems);
                if let Some(lease) = &mut job.lease {
                    lease.until = *until;
                }
            }
            Change::Report { problem } => job.report(std::slice::from_ref(problem)),
            Change::Finish => {
                job.state = JobState::Done;
                job.ended_at = Some(context.now);
                job.lease = None;
            }
        }
        Ok(Decision::new(Some(job.clone())).put(job))
    }
}

/// Runs every job that nobody is working on, to its end. Returns how many were finished. One that cannot go on keeps
/// nobody else waiting, and is taken up again when its lease has run out.
///
/// # Errors
/// The first one, after all others have been looked at.
///
/// `owner` names this worker; it has to be unique among the processes on one store.
pub async fn run_pending(app: &App, owner: &str) -> Result<usize, Error> {
    let query = Job::query()
        .filter(job_fields::STATE.equal(JobState::Running.name()))
        .limit(MAX_RUNNING);
    let found = Reader::new(app, &*app.store).page(&query).await?;
    let mut finished = 0;
    let mut first_error = None;
    for (job, _) in found.items {
        match run_job(app, owner, job.value).await {
            Ok(ended) => finished += usize::from(ended),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    first_error.map_or(Ok(finished), Err)
}

async fn change(app: &App, authority: &Authority, job: &Job, change: Change) -> Result<Option<Job>, Error> {
    let id = job.id.clone();
    let done = run_as(app, authority, &ChangeJob { id, change }, None).await?;
    Ok(done.output)
}

/// Renews a job's lease in the middle of one long step.
pub(super) async fn renew(app: &App, authority: &Authority, job: &Job) -> Result<(), Error> {
    let advance = Change::Advance {
        cursor: job.cursor,
        problems: Vec::new(),
        until: lease_end(app)?,
    };
    change(app, authority, job, advance).await.map(drop)
}

/// Puts into a job's report why its end could not be reached, which is about its subject.
pub(super) async fn report(app: &App, authority: &Authority, job: &Job, error: &Error) -> Result<(), Error> {
    let problem = Problem::of(&job.subject, error);
    change(app, authority, job, Change::Report { problem }).await.map(drop)
}

/// In the name of the person whom the job acts for.
fn authority(job: &Job, fence: Option<u32>) -> Authority {
    Authority::Job {
        login: job.for_login.clone(),
        role: job.role,
        job: job.id.clone(),
        fence,
    }
}

/// The end of a lease that begins now.
fn lease_end(app: &App) -> Result<Timestamp, Error> {
    let end = app.clock.now().checked_add(LEASE);
    end.map_err(|error| Error::Internal(Box::new(error)))
}

/// Runs a job to its end, unless another worker holds it or takes it over.
async fn run_job(app: &App, owner: &str, job: Job) -> Result<bool, Error> {
    let take = Change::Take {
        owner: owner.to_owned(),
        until: lease_end(app)?,
    };
    // As it stands after the lease was taken: another worker may have moved the cursor.
    let Some(job) = change(app, &authority(&job, None), &job, take).await? else {
        return Ok(false);
    };
    match run_steps(app, job).await {
        Ok(()) => Ok(true),
        Err(Error::LeaseLost) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The steps that are left, the round at the end, and the job's own end.
async fn run_steps(app: &App, mut job: Job) -> Result<(), Error> {
    let authority = authority(&job, job.lease.as_ref().map(|lease| lease.fence));
    while (job.cursor as usize) < job.items.len() {
        let from = job.cursor as usize;
        let batch = &job.items[from..job.items.len().min(from + STEPS_PER_BATCH)];
        let mut problems = Vec::new();
        for item in batch {
            if let Err(error) = run_round::step(app, &authority, &job, item).await {
                if matches!(error, Error::Unavailable { .. } | Error::Conflict | Error::LeaseLost) {
                    return Err(error);
                }
                problems.push(Problem::of(item, &error));
            }
        }
        let advance = Change::Advance {
            cursor: u32::try_from(from + batch.len()).unwrap_or(u32::MAX),
            problems,
            until: lease_end(app)?,
        };
        job = change(app, &authority, &job, advance).await?.ok_or(Error::LeaseLost)?;
    }
    run_round::finish(app, &authority, &job).await?;
    change(app, &authority, &job, Change::Finish).await.map(drop)
}
