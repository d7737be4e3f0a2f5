//! What all units of a round have in the inputs that rules compare them by, measured by a job: once over everybody, then brought into
//! each dossier. Nothing is published on figures that are no longer so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use super::App;
use super::Session;
use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::feed_dossier::check_not_sealed;
use super::gate::{Authority, Command, Context, Decision, Loaded, derived_id, run_as};
use super::jobs::{Job, renew};
use super::reader::Reader;
use super::receipt::Done;
use super::reopen_dossier::ReopenDossier;
use super::run_round::{MovingRound, ensure_job};
use crate::domain::distribution::{Distribution, GroupFigure, Values, figures_of, group_inputs, grouped_leaves};
use crate::domain::dossier::Dossier;
use crate::domain::exact::Decimal;
use crate::domain::framework::Framework;
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Round, RoundPhase};
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// The first item of the job: measuring, before anything is brought anywhere. No code of a unit.
pub(super) const MEASURE: &str = "*";

/// Distributions per commit: a store takes 1,000 documents.
const DISTRIBUTIONS_PER_COMMIT: usize = 500;
/// Dossiers that are read before the lease of the job is renewed (200): some 0.4 s of 5.
const UNITS_PER_LEASE: usize = 200;

/// Asks for the figures of the groups of a round.
#[derive(Debug, Serialize)]
pub struct MeasureGroups {
    pub round: String,
}

/// A round, and whether any of its leaves looks at the whole group.
pub struct Measurable {
    moving: MovingRound,
    grouped: bool,
}

#[async_trait]
impl Command for MeasureGroups {
    const NAME: &'static str = "MeasureGroups";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Measurable;
    /// Code of the round.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let Loaded { state: moving, owners } = MovingRound::load(read, &self.round).await?;
        let grouped = looks_at_groups(read, &moving.round).await?;
        let state = Measurable { moving, grouped };
        Ok(Loaded { state, owners })
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let job_ended = state.moving.job_ended;
        let before = state.moving.round.value;
        let decision = Decision::new(self.round.clone());
        if !state.grouped {
            return Err(Error::invalid(
                "round",
                "Các bộ chỉ số của kỳ này không có số liệu nguồn GROUP; không có gì để tính trên toàn nhóm.",
                "The frameworks of this round have no input with the source GROUP; there is nothing to measure.",
            ));
        }
        let standing = match before.phase {
            // Asking twice is asking once.
            RoundPhase::Measuring if !job_ended => return Ok(decision),
            RoundPhase::Measuring => before.advancing_to(),
            RoundPhase::Appraisal | RoundPhase::SecondAppraisal => before.phase,
            RoundPhase::Opening
            | RoundPhase::SelfAssessment
            | RoundPhase::Explanation
            | RoundPhase::Advancing
            | RoundPhase::Rescheduling
            | RoundPhase::Closing
            | RoundPhase::Published => {
                let phase = before.phase.name();
                return Err(Rejection::WrongPhase { phase }.into());
            }
        };
        Ok(decision.put(Round {
            phase: RoundPhase::Measuring,
            next: Some(standing),
            job: Some(derived_id(&["job", &self.round, &context.entry.to_string()])),
            ..before
        }))
    }
}

/// Whether any leaf of a round is compared with those of other units.
async fn looks_at_groups(read: &Reader<'_>, round: &Round) -> Result<bool, Error> {
    for framework in round.frameworks.values() {
        if grouped_leaves(&*read.framework_of(framework).await?).next().is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What was found of a round's units: values by framework, and what each leaf holds.
#[derive(Default)]
pub(super) struct Measured {
    frameworks: BTreeMap<String, (Arc<Framework>, Values)>,
    held: Vec<Held>,
}

/// What a leaf of one unit holds of its group.
struct Held {
    framework: String,
    unit: String,
    criterion: String,
    figures: BTreeMap<String, GroupFigure>,
}

/// A leaf whose figures are not those of its group.
#[derive(Debug)]
pub(super) struct Stale {
    pub unit: String,
    pub criterion: String,
}

impl Measured {
    /// Adds one dossier, in which the units that are not ranked bring no values to the group.
    pub async fn add(&mut self, read: &Reader<'_>, round: &Round, unit: &str) -> Result<(), Error> {
        let stream = streams::dossier(&round.code, unit);
        let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?;
        let name = dossier.framework.id();
        let framework = read.framework_of(&dossier.framework).await?;
        let codes: Vec<String> = grouped_leaves(&framework).map(|(node, _)| node.code.clone()).collect();
        if codes.is_empty() {
            return Ok(());
        }
        let desk = Desk::load(read, &stream, Some(&codes)).await?;
        let (_, values) = self
            .frameworks
            .entry(name.clone())
            .or_insert_with(|| (Arc::clone(&framework), Values::new()));
        for (node, leaf) in grouped_leaves(&framework) {
            let facts = desk.facts(&node.code)?;
            if facts.assessment.excluded.is_some() {
                continue;
            }
            let inputs: BTreeSet<&str> = group_inputs(leaf).map(|(_, input, ..)| input).collect();
            for input in inputs.into_iter().filter(|_| !round.unranked.contains_key(unit)) {
                if let Some(value) = facts.measured(input) {
                    values
                        .entry((node.code.clone(), input.to_owned()))
                        .or_default()
                        .push(value);
                }
            }
            self.held.push(Held {
                framework: name.clone(),
                unit: unit.to_owned(),
                criterion: node.code.clone(),
                figures: facts.assessment.group.clone(),
            });
        }
        Ok(())
    }

    /// What the values give, of every framework.
    fn figures(&self) -> impl Iterator<Item = (&str, &Values, Figures)> {
        self.frameworks
            .iter()
            .map(|(name, (framework, values))| (name.as_str(), values, figures_of(framework, values)))
    }

    /// The first leaf that does not hold what the values give.
    pub fn stale(&self) -> Option<Stale> {
        let mut expected: BTreeMap<(&str, String), OfLeaf> = BTreeMap::new();
        for (name, values, figures) in self.figures() {
            for ((criterion, input), figures) in figures {
                let units = units_of(values, &criterion, &input);
                let of_leaf = expected.entry((name, criterion)).or_default();
                of_leaf.extend(figures.into_iter().map(|(code, value)| (code, (value, units))));
            }
        }
        let is_held = |held: &&Held| {
            expected.get(&(held.framework.as_str(), held.criterion.clone())) == Some(&said(&held.figures))
        };
        self.held.iter().find(|held| !is_held(held)).map(|held| Stale {
            unit: held.unit.clone(),
            criterion: held.criterion.clone(),
        })
    }
}

/// What a leaf is to hold, by the code of the input: the figure, and over how many units.
type OfLeaf = BTreeMap<String, (Decimal, u32)>;

/// Figures by criterion and input, each by the code of the input that takes it.
type Figures = BTreeMap<(String, String), BTreeMap<String, Decimal>>;

fn units_of(values: &Values, criterion: &str, input: &str) -> u32 {
    let key = (criterion.to_owned(), input.to_owned());
    let count = values.get(&key).map_or(0, Vec::len);
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What was measured of one input.
#[derive(Debug, Serialize)]
struct Found {
    framework: String,
    criterion: String,
    input: String,
    /// How many units have a value.
    count: u32,
    figures: BTreeMap<String, Decimal>,
}

/// Writes down what was measured.
#[derive(Debug, Serialize)]
struct PutDistributions {
    round: String,
    job: String,
    found: Vec<Found>,
}

#[async_trait]
impl Command for PutDistributions {
    const NAME: &'static str = "PutDistributions";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Versioned<Round>;
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let round = read.require::<Round>(&self.stream(), &self.round, "round").await?;
        Ok(Loaded::of_system(round))
    }

    fn decide(&self, round: Self::State, context: &Context<'_>) -> Result<Decision<usize>, Error> {
        let decision = Decision::new(self.found.len());
        if !round.waits_for(&self.job) {
            return Ok(decision);
        }
        let distribution = |found: &Found| Distribution {
            framework: found.framework.clone(),
            criterion: found.criterion.clone(),
            input: found.input.clone(),
            count: found.count,
            figures: found.figures.clone(),
            measured_at: context.now,
            measured_by: context.login.to_owned(),
        };
        Ok(decision.put_all(self.found.iter().map(distribution).collect::<Vec<_>>()))
    }
}

/// Brings what was measured into one dossier.
#[derive(Debug, Serialize)]
struct BringGroupFigures {
    round: String,
    unit: String,
    job: String,
}

/// A dossier's leaves that look at the group, and what was measured for them.
struct Brought {
    desk: Desk,
    round: Versioned<Round>,
    distributions: Vec<Distribution>,
}

#[async_trait]
impl Command for BringGroupFigures {
    const NAME: &'static str = "BringGroupFigures";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Brought;
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let stream = streams::round(&self.round);
        read.head(&stream).await?;
        let round = read.require::<Round>(&stream, &self.round, "round").await?;
        let dossier = self.stream();
        let reference = read.require::<Dossier>(&dossier, dossier.key(), "dossier").await?;
        let framework = read.framework_of(&reference.framework).await?;
        let name = reference.framework.id();
        let mut keys = Vec::new();
        let mut codes = Vec::new();
        for (node, leaf) in grouped_leaves(&framework) {
            codes.push(node.code.clone());
            keys.extend(group_inputs(leaf).map(|(_, input, ..)| Distribution::key_of(&name, &node.code, input)));
        }
        keys.sort();
        keys.dedup();
        let distributions = read.get_all::<Distribution>(&stream, &keys).await?;
        Ok(Loaded::of_system(Brought {
            desk: Desk::load(read, &dossier, Some(&codes)).await?,
            round,
            distributions: distributions.into_iter().flatten().map(|one| one.value).collect(),
        }))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<usize>, Error> {
        let Brought {
            mut desk,
            round,
            distributions,
        } = state;
        let mut decision = Decision::new(distributions.len());
        if !round.waits_for(&self.job) {
            return Ok(decision);
        }
        let mut measured: BTreeMap<&str, BTreeMap<String, GroupFigure>> = BTreeMap::new();
        for distribution in &distributions {
            let figures = measured.entry(&distribution.criterion).or_default();
            figures.extend(distribution.for_leaf());
        }
        for (criterion, figures) in measured {
            let leaf = &mut desk.leaf_mut(criterion)?.assessment.value;
            if leaf.excluded.is_some() || said(&leaf.group) == said(&figures) {
                continue;
            }
            leaf.group = figures;
            check_not_sealed(&desk)?;
            desk.rescore(criterion, context.now)?;
        }
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// What figures say, whenever they were measured.
fn said(figures: &BTreeMap<String, GroupFigure>) -> OfLeaf {
    let figure = |(code, one): (&String, &GroupFigure)| (code.clone(), (one.value.clone(), one.units));
    figures.iter().map(figure).collect()
}

/// One step of the job: measuring, or one dossier.
pub(super) async fn step(app: &App, authority: &Authority, worker: &Job, item: &str) -> Result<(), Error> {
    let (round, id) = (worker.subject.clone(), worker.id.clone());
    if item != MEASURE {
        return bring(app, authority, round, item.to_owned(), id).await;
    }
    let read = Reader::new(app, &*app.store);
    let settings = read.require::<Round>(&streams::round(&round), &round, "round").await?;
    let measured = measure(app, authority, worker, &settings).await?;
    let mut found = Vec::new();
    for (framework, values, figures) in measured.figures() {
        for ((criterion, input), figures) in figures {
            found.push(Found {
                framework: framework.to_owned(),
                count: units_of(values, &criterion, &input),
                criterion,
                input,
                figures,
            });
        }
    }
    while !found.is_empty() {
        let command = PutDistributions {
            round: round.clone(),
            job: id.clone(),
            found: found.drain(..found.len().min(DISTRIBUTIONS_PER_COMMIT)).collect(),
        };
        run_as(app, authority, &command, None).await?;
    }
    Ok(())
}

/// Everybody's values, each dossier as of one moment. It is one step of a job, and takes longer than a lease where there are many units.
async fn measure(app: &App, authority: &Authority, job: &Job, round: &Round) -> Result<Measured, Error> {
    let mut measured = Measured::default();
    for (position, unit) in round.units.iter().enumerate() {
        if position % UNITS_PER_LEASE == UNITS_PER_LEASE - 1 {
            renew(app, authority, job).await?;
        }
        let stream = streams::dossier(&round.code, unit);
        let snapshot = app.store.snapshot(std::slice::from_ref(&stream)).await?;
        measured.add(&Reader::new(app, &*snapshot), round, unit).await?;
    }
    Ok(measured)
}

/// Brings what was measured into one dossier. In a correction it is taken from behind the seal of the publication before if it changes:
/// what everybody is compared with has changed.
async fn bring(app: &App, authority: &Authority, round: String, unit: String, job: String) -> Result<(), Error> {
    let command = BringGroupFigures { round, unit, job };
    let brought = run_as(app, authority, &command, None).await;
    let is_sealed = |error: &Error| matches!(error.kind(), Error::Rejected(Rejection::WrongPhase { .. }));
    let Err(error) = brought else { return Ok(()) };
    if !is_sealed(&error) {
        return Err(error);
    }
    let reopen = ReopenDossier {
        round: command.round.clone(),
        unit: command.unit.clone(),
        reason: "what all units have was measured again".to_owned(),
        job: Some(command.job.clone()),
    };
    run_as(app, authority, &reopen, None).await?;
    run_as(app, authority, &command, None).await.map(drop)
}

/// Whether what is to be published rests on figures of the group as its sealed dossiers give them.
///
/// # Errors
/// [`Rejection::GroupNotMeasured`] where it does not.
pub(super) async fn check_measured(app: &App, authority: &Authority, job: &Job, round: &Round) -> Result<(), Error> {
    if !looks_at_groups(&Reader::new(app, &*app.store), round).await? {
        return Ok(());
    }
    match measure(app, authority, job, round).await?.stale() {
        None => Ok(()),
        Some(Stale { unit, criterion }) => Err(Rejection::GroupNotMeasured { unit, criterion }.into()),
    }
}

impl Session {
    /// Has the figures of the groups of a round measured and brought into its dossiers, by a job.
    pub async fn measure_groups(&self, round: String) -> Result<Done<String>, Error> {
        let done = self.run(MeasureGroups { round }, None).await?;
        ensure_job(&self.app, &done.output).await?;
        Ok(done)
    }
}
