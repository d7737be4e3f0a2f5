//! Opening and advancing a round. The round only says what is wanted; a job carries it into every dossier.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::App;
use super::Session;
use super::documents::{round_fields, streams};
use super::error::Error;
use super::gate::{Authority, Command, Context, Decision, Loaded, Owner, derived_id, run_as};
use super::jobs::{CreateJob, Job, JobKind, JobState};
use super::keep_register::{check_code, check_text};
use super::open_dossier::{OpenDossier, being_corrected};
use super::reader::Reader;
use super::seal_dossier::{AdvanceDossier, SealDossier};
use crate::domain::framework::Framework;
use crate::domain::input::InputSource;
use crate::domain::policy::Permission;
use crate::domain::registry::{Role, Unit};
use crate::domain::rejection::Rejection;
use crate::domain::round::{Baseline, FrameworkRef, Round, RoundPhase};
use crate::domain::text::Text;
use crate::store::typed::Versioned;
use crate::store::{Digest, Document, StreamId};

/// Most units of one round: all communes of the country are about 3,400.
pub const MAX_UNITS: usize = 4000;
/// Most baselines of one round: a commit holds 1,000 documents.
pub const MAX_BASELINES: usize = 900;

/// Opens a round: its settings now, its dossiers by a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenRound {
    pub code: String,
    pub name: Text,
    /// The assessed year.
    pub year: i16,
    pub owner: String,
    pub time_zone: String,
    /// `code@version` by unit type.
    pub frameworks: BTreeMap<String, String>,
    /// Codes; empty: every unit of these types that exists at the end of the year.
    #[serde(default)]
    pub units: Vec<String>,
    /// Code of a published round whose values count as last year's.
    #[serde(default)]
    pub previous: Option<String>,
    #[serde(default)]
    pub baselines: Vec<Baseline>,
}

/// What opening a round reads.
pub struct RoundInputs {
    round: Option<Versioned<Round>>,
    /// Whether the job that the round names has ended.
    job_ended: bool,
    /// Baselines of the round as it was opened.
    baselines: Vec<Baseline>,
    units: Vec<Unit>,
    frameworks: BTreeMap<String, (FrameworkRef, std::sync::Arc<Framework>)>,
    previous: Option<Round>,
}

#[async_trait]
impl Command for OpenRound {
    const NAME: &'static str = "OpenRound";
    const PERMISSION: Permission = Permission::RunRound;
    type State = RoundInputs;
    /// Code of the round.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.code)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<RoundInputs>, Error> {
        check_code("code", &self.code)?;
        let round = read.get::<Round>(&self.stream(), &self.code).await?;
        let job = round.as_ref().and_then(|round| round.job.as_deref());
        let job_ended = has_ended(read, job).await?;
        let baselines = read.all::<Baseline>(&self.stream()).await?;
        let baselines = baselines.into_iter().map(|one| one.value).collect();
        read.head(&streams::units()).await?;
        let units = read
            .all::<Unit>(&streams::units())
            .await?
            .into_iter()
            .map(|unit| unit.value)
            .collect();
        let mut frameworks = BTreeMap::new();
        for (unit_type, name) in &self.frameworks {
            let (code, version) = name.split_once('@').ok_or_else(|| no_framework(unit_type, name))?;
            let framework = read.framework(code, version).await.map_err(|error| match error {
                Error::NotFound { .. } => no_framework(unit_type, name),
                other => other,
            })?;
            frameworks.insert(unit_type.clone(), (reference(&framework)?, framework));
        }
        let previous = match &self.previous {
            Some(code) => {
                let stream = streams::round(code);
                read.head(&stream).await?;
                read.get::<Round>(&stream, code).await?.map(|round| round.value)
            }
            None => None,
        };
        Ok(Loaded {
            state: RoundInputs {
                round,
                job_ended,
                baselines,
                units,
                frameworks,
                previous,
            },
            owners: vec![Owner::System],
        })
    }

    fn decide(&self, state: RoundInputs, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let round = self.round(&state, context)?;
        if let Some(old) = state.round {
            // Opening again is opening once, whatever has happened to the round since.
            let same = round.is_opened_as(&old) && self.same_baselines(&state.baselines);
            return if same && old.phase == RoundPhase::Opening && state.job_ended {
                // Some dossiers could not be opened: another job tries again.
                let restarted = Round {
                    job: round.job,
                    ..old.value
                };
                Ok(Decision::new(self.code.clone()).put(restarted))
            } else if same {
                Ok(Decision::new(self.code.clone()))
            } else {
                Err(Rejection::RoundExists {
                    code: self.code.clone(),
                }
                .into())
            };
        }
        Ok(Decision::new(self.code.clone())
            .put(round)
            .put_all(self.baselines.clone()))
    }
}

impl OpenRound {
    fn round(&self, state: &RoundInputs, context: &Context<'_>) -> Result<Round, Error> {
        check_text("name.vi", &self.name.vi)?;
        check_text("name.en", &self.name.en)?;
        let last_day = jiff::civil::Date::new(self.year, 12, 31).map_err(|_| bad_year())?;
        if !(1900..=9000).contains(&self.year) {
            return Err(bad_year());
        }
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            return Err(Error::invalid(
                "timeZone",
                "Múi giờ không có; ví dụ Asia/Ho_Chi_Minh.",
                "No such time zone; for example Asia/Ho_Chi_Minh.",
            ));
        }
        for (unit_type, (_, framework)) in &state.frameworks {
            if framework.unit_type != *unit_type {
                return Err(Error::invalid(
                    format!("frameworks.{unit_type}"),
                    format!("Bộ chỉ số này dành cho loại {}.", framework.unit_type),
                    format!("This framework is for unit type {}.", framework.unit_type),
                ));
            }
        }
        if let Some(code) = &self.previous
            && state
                .previous
                .as_ref()
                .is_none_or(|round| round.published_version.is_none())
        {
            return Err(Error::invalid(
                "previous",
                format!("Kỳ {code} chưa công bố."),
                format!("Round {code} is not published."),
            ));
        }
        if let (Some(code), Some(RoundPhase::Appraisal | RoundPhase::Closing)) =
            (&self.previous, state.previous.as_ref().map(|round| round.phase))
        {
            return Err(being_corrected(code));
        }
        if self.baselines.len() > MAX_BASELINES {
            return Err(Error::invalid(
                "baselines",
                format!("Tối đa {MAX_BASELINES} giá trị."),
                format!("At most {MAX_BASELINES} baselines."),
            ));
        }
        if !state.units.iter().any(|unit| unit.code == self.owner) {
            return Err(Error::invalid(
                "owner",
                format!("Không có đơn vị {}.", self.owner),
                format!("There is no unit {}.", self.owner),
            ));
        }
        let units = self.participating(state, last_day)?;
        self.check_baselines(state, &units)?;
        let frameworks = state
            .frameworks
            .iter()
            .map(|(kind, (one, _))| (kind.clone(), one.clone()))
            .collect();
        Ok(Round {
            code: self.code.clone(),
            name: self.name.clone(),
            year: self.year,
            owner: self.owner.clone(),
            time_zone: self.time_zone.clone(),
            phase: RoundPhase::Opening,
            frameworks,
            units,
            previous: self.previous.clone(),
            job: Some(derived_id(&["job", &self.code, &context.entry.to_string()])),
            closing: None,
            published_version: None,
        })
    }

    /// A baseline that no leaf would ever look at is a mistake that could not be mended later.
    fn check_baselines(&self, state: &RoundInputs, units: &[String]) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        for (index, one) in self.baselines.iter().enumerate() {
            let framework = state
                .units
                .iter()
                .find(|unit| unit.code == one.unit && units.contains(&unit.code))
                .and_then(|unit| state.frameworks.get(&unit.unit_type));
            let Some((_, framework)) = framework else {
                return Err(Error::invalid(
                    format!("baselines.{index}.unit"),
                    format!("Đơn vị {} không tham gia kỳ này.", one.unit),
                    format!("Unit {} takes no part in this round.", one.unit),
                ));
            };
            let wanted = framework.leaf(&one.criterion).is_some_and(|(_, leaf)| {
                let inputs = leaf.inputs.iter();
                inputs
                    .into_iter()
                    .any(|spec| matches!(&spec.source, InputSource::PreviousYear { input } if *input == one.input))
            });
            if !wanted {
                return Err(Error::invalid(
                    format!("baselines.{index}.value.input"),
                    format!(
                        "Tiêu chí {} không dùng giá trị năm trước của {}.",
                        one.criterion, one.input
                    ),
                    format!("Criterion {} does not use last year's {}.", one.criterion, one.input),
                ));
            }
            if !seen.insert((&one.unit, &one.criterion, &one.input)) {
                return Err(Error::invalid(
                    format!("baselines.{index}"),
                    format!(
                        "Giá trị năm trước {}/{}/{} nêu hai lần.",
                        one.unit, one.criterion, one.input
                    ),
                    format!(
                        "Last year's {}/{}/{} is given twice.",
                        one.unit, one.criterion, one.input
                    ),
                ));
            }
        }
        Ok(())
    }

    fn same_baselines(&self, stored: &[Baseline]) -> bool {
        stored.len() == self.baselines.len() && self.baselines.iter().all(|one| stored.contains(one))
    }

    fn participating(&self, state: &RoundInputs, last_day: jiff::civil::Date) -> Result<Vec<String>, Error> {
        let assessed = |unit: &&Unit| state.frameworks.contains_key(&unit.unit_type) && unit.exists_on(last_day);
        let units: BTreeSet<String> = if self.units.is_empty() {
            state
                .units
                .iter()
                .filter(assessed)
                .map(|unit| unit.code.clone())
                .collect()
        } else {
            for (index, code) in self.units.iter().enumerate() {
                if !state.units.iter().any(|unit| unit.code == *code && assessed(&unit)) {
                    return Err(Error::invalid(
                        format!("units.{index}"),
                        format!("Đơn vị {code} không có, hoặc loại của nó không có bộ chỉ số."),
                        format!("There is no unit {code}, or no framework for its type."),
                    ));
                }
            }
            self.units.iter().cloned().collect()
        };
        if units.is_empty() || units.len() > MAX_UNITS {
            return Err(Error::invalid(
                "units",
                format!("Cần từ 1 đến {MAX_UNITS} đơn vị."),
                format!("A round has 1 to {MAX_UNITS} units."),
            ));
        }
        Ok(units.into_iter().collect())
    }
}

fn bad_year() -> Error {
    Error::invalid("year", "Năm không hợp lệ.", "Not a year.")
}

fn no_framework(unit_type: &str, name: &str) -> Error {
    Error::invalid(
        format!("frameworks.{unit_type}"),
        format!("Không có bộ chỉ số {name}; viết dạng MÃ@BẢN."),
        format!("There is no framework {name}; write CODE@VERSION."),
    )
}

/// The reference of a framework: code, version and the digest of its canonical body.
pub(super) fn reference(framework: &Framework) -> Result<FrameworkRef, Error> {
    let body = crate::store::canonical::to_canonical(framework).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(FrameworkRef {
        code: framework.code.clone(),
        version: framework.version.clone(),
        digest: Digest::of(&[&body]).to_string(),
    })
}

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
        let round = read.require::<Round>(&self.stream(), &self.code, "round").await?;
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
            RoundPhase::Opening | RoundPhase::Closing | RoundPhase::Sealed | RoundPhase::Published => {
                Err(Rejection::WrongPhase {
                    phase: round.phase.name(),
                }
                .into())
            }
        }
    }
}

/// Whether a job is there and has ended.
async fn has_ended(read: &Reader<'_>, job: Option<&str>) -> Result<bool, Error> {
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
    pub async fn open_round(&self, command: OpenRound, key: Option<String>) -> Result<String, Error> {
        let code = self.run(command, key).await?;
        ensure_job(&self.app, &code).await?;
        Ok(code)
    }

    /// Moves a round to appraisal and starts the job that moves its dossiers.
    pub async fn advance_round(&self, code: String, key: Option<String>) -> Result<String, Error> {
        let code = self.run(AdvanceRound { code }, key).await?;
        ensure_job(&self.app, &code).await?;
        Ok(code)
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
        RoundPhase::SelfAssessment | RoundPhase::Appraisal | RoundPhase::Sealed | RoundPhase::Published => {
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
