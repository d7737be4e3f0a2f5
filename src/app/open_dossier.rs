//! The step of a round's job that creates one unit's dossier: all its leaves, totals and queue places in one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use super::calendar::{deadline_of, windows_of};
use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded, Owner};

use super::reader::Reader;
use crate::domain::assessment::{Assessment, AssessmentState, Ledger, Ledgers, PreviousValue, QueueItem};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::exact::Exact;
use crate::domain::framework::{Framework, Leaf};
use crate::domain::input::InputSource;
use crate::domain::policy::Permission;
use crate::domain::registry::Unit;
use crate::domain::round::{Baseline, FrameworkRef, Round};
use crate::domain::sheet::{SheetNode, recompute};
use crate::store::StreamId;

/// Deepest tree of units that is walked upwards: ministry, province, department, division, and room to spare.
const MAX_UNIT_DEPTH: usize = 16;

/// Creates the dossier of one unit, if it is not there yet.
#[derive(Debug, Serialize)]
pub(super) struct OpenDossier {
    pub round: String,
    pub unit: String,
    /// The job that opens; one that the round no longer waits for does nothing.
    pub job: String,
}

/// Values of earlier years by leaf, input and how many years before the assessed one they are.
type EarlierValues = BTreeMap<(String, String, u8), PreviousValue>;

/// What opening a dossier reads.
pub(super) struct DossierInputs {
    exists: bool,
    round: Round,
    unit: Unit,
    unit_path: Vec<String>,
    reference: FrameworkRef,
    framework: Arc<Framework>,
    previous: EarlierValues,
}

#[async_trait]
impl Command for OpenDossier {
    const NAME: &'static str = "OpenDossier";
    const PERMISSION: Permission = Permission::RunRound;
    type State = DossierInputs;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<DossierInputs>, Error> {
        let stream = self.stream();
        let exists = read.get::<Dossier>(&stream, stream.key()).await?.is_some();
        let round_stream = streams::round(&self.round);
        read.head(&round_stream).await?;
        let round = read.require::<Round>(&round_stream, &self.round, "round").await?.value;
        read.head(&streams::units()).await?;
        let unit = read.require::<Unit>(&streams::units(), &self.unit, "unit").await?.value;
        let reference = round.frameworks.get(&unit.unit_type).cloned().ok_or(Error::NotFound {
            what: "framework of the unit's type",
        })?;
        let framework = read.framework_of(&reference).await?;
        let unit_path = ancestors(read, &unit).await?;
        let previous = previous_values(read, &round, &self.unit, &framework).await?;
        let state = DossierInputs {
            exists,
            round,
            unit,
            unit_path,
            reference,
            framework,
            previous,
        };
        Ok(Loaded {
            state,
            owners: vec![Owner::System],
        })
    }

    fn decide(&self, state: DossierInputs, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let decision = Decision::new(Dossier::key(&self.round, &self.unit));
        if state.exists || !state.round.waits_for(&self.job) {
            return Ok(decision);
        }
        let applicable = state
            .framework
            .leaves()
            .filter(|(node, _)| state.framework.outside_scale(&node.code).is_none())
            .fold(Exact::zero(), |sum, (node, _)| &sum + node.points.exact());
        let dossier = Dossier {
            round: self.round.clone(),
            year: state.round.year,
            time_zone: state.round.time_zone.clone(),
            unit: self.unit.clone(),
            unit_path: state.unit_path,
            unit_type: state.unit.unit_type.clone(),
            group: state.unit.group.clone(),
            framework: state.reference,
            phase: DossierPhase::SelfAssessment,
            applicable,
            submitted_at: None,
            submitted_by: None,
            opened_at: context.now,
            deadline: deadline_of(&state.round)?,
            windows: windows_of(&state.round)?,
            second_round: state.round.second_round.clone(),
            appraisal: state.round.appraisal.clone(),
        };
        let mut assessments = Vec::new();
        let mut items = Vec::new();
        for (node, leaf) in state.framework.leaves() {
            let field = state
                .framework
                .field_of(&node.code)
                .map_or(&node.code, |field| &field.code);
            let assessment = Assessment {
                round: self.round.clone(),
                unit: self.unit.clone(),
                criterion: node.code.clone(),
                field: field.clone(),
                method: leaf.method,
                department: leaf.appraiser.clone(),
                max: node.points.exact().clone(),
                section: state.framework.outside_scale(&node.code),
                state: AssessmentState::Open,
                excluded: None,
                declaration: None,
                established: None,
                after_first: None,
                explained: None,
                decided: None,
                proposal: None,
                twice: None,
                supplement: None,
                previous: previous_of(leaf, &node.code, &state.previous),
                imported: BTreeMap::new(),
                brought: BTreeMap::new(),
                group: BTreeMap::new(),
                system: BTreeMap::new(),
                ledgers: Ledgers::unknown(node.points.exact()),
            };
            items.push(queue_item(&state.framework, &dossier, &assessment, None, context.now));
            assessments.push(assessment);
        }
        let totals = recompute(
            &state.framework,
            assessments.iter().map(|one| (one.criterion.as_str(), &one.ledgers)),
        );
        let sheets = totals.into_iter().map(|(node, ledgers)| SheetNode { node, ledgers });
        Ok(decision
            .put(dossier)
            .put_all(assessments)
            .put_all(items)
            .put_all(sheets))
    }
}

/// A leaf's place in the queue, keeping the claim of an older place.
pub(super) fn queue_item(
    framework: &Framework,
    dossier: &Dossier,
    assessment: &Assessment,
    old: Option<&QueueItem>,
    now: jiff::Timestamp,
) -> QueueItem {
    let left = &assessment.max - &assessment.ledgers.last.points;
    let stake = left.checked_div(&dossier.applicable).unwrap_or_else(Exact::zero);
    let waiting_from = waiting_from(dossier, assessment);
    QueueItem {
        round: dossier.round.clone(),
        unit: dossier.unit.clone(),
        unit_type: dossier.unit_type.clone(),
        group: dossier.group.clone(),
        criterion: assessment.criterion.clone(),
        field: assessment.field.clone(),
        department: assessment.department.clone(),
        state: assessment.state,
        excluded: assessment.excluded.is_some(),
        waiting_from,
        unclaimed: is_unclaimed(framework, dossier, assessment),
        due: waiting_from.and_then(|_| dossier.appraised_until()),
        stake,
        submitted_at: dossier.submitted_at,
        changed_at: now,
        verified_by: assessment.verified_by().map(str::to_owned),
        twice: assessment.twice,
        proposed_by: assessment.proposal.as_ref().map(|one| one.by.clone()),
        // What was compared is looked at with the leaf's rows alone.
        open_differences: old.map_or(0, |old| old.open_differences),
        claimed_by: old.and_then(|old| old.claimed_by.clone()),
        claimed_until: old.and_then(|old| old.claimed_until),
    }
}

/// Whether the unit has said nothing of a leaf where an appraiser may find something all the same.
fn is_unclaimed(framework: &Framework, dossier: &Dossier, assessment: &Assessment) -> bool {
    let nothing_said = matches!(assessment.state, AssessmentState::Open | AssessmentState::Declared);
    let applies = dossier.phase.is_appraisal() && assessment.excluded.is_none();
    applies && nothing_said && framework.takes_findings(&assessment.criterion)
}

/// From when on an appraiser has to act on a leaf, if at all.
fn waiting_from(dossier: &Dossier, assessment: &Assessment) -> Option<jiff::Timestamp> {
    if !dossier.phase.is_appraisal() || assessment.excluded.is_some() {
        return None;
    }
    match assessment.state {
        AssessmentState::Submitted
        | AssessmentState::Supplemented
        | AssessmentState::Explained
        | AssessmentState::Proposed
        | AssessmentState::Disputed => Some(QueueItem::AT_ONCE),
        // Time passes without a commit: what the unit did not answer waits by itself.
        AssessmentState::SupplementRequested => {
            let due = assessment.supplement.as_ref()?.due;
            let next_day = due.tomorrow().ok()?.in_tz(&dossier.time_zone).ok()?;
            Some(next_day.timestamp())
        }
        AssessmentState::Open | AssessmentState::Declared | AssessmentState::Verified | AssessmentState::Final => None,
    }
}

/// Codes of a unit's ancestors, nearest first.
pub(super) async fn ancestors(read: &Reader<'_>, unit: &Unit) -> Result<Vec<String>, Error> {
    let mut path = Vec::new();
    let mut next = unit.parent.clone();
    while let Some(code) = next {
        if path.len() >= MAX_UNIT_DEPTH || path.contains(&code) {
            return Err(Error::Internal(
                format!("the units above {} form a circle", unit.code).into(),
            ));
        }
        next = read
            .get::<Unit>(&streams::units(), &code)
            .await?
            .and_then(|parent| parent.value.parent);
        path.push(code);
    }
    Ok(path)
}

fn previous_of(leaf: &Leaf, criterion: &str, values: &EarlierValues) -> BTreeMap<String, PreviousValue> {
    leaf.inputs
        .iter()
        .filter_map(|spec| match &spec.source {
            InputSource::PreviousYear { input, years } => {
                let value = values.get(&(criterion.to_owned(), input.clone(), *years))?;
                Some((spec.code.clone(), value.clone()))
            }
            InputSource::Declared
            | InputSource::Derived(_)
            | InputSource::Survey
            | InputSource::Imported { .. }
            | InputSource::CaseEvaluation(_)
            | InputSource::FollowUp(_)
            | InputSource::Group { .. } => None,
        })
        .collect()
}

/// Values of earlier years: from the published round of that year, or else from a baseline with its source.
async fn previous_values(
    read: &Reader<'_>,
    round: &Round,
    unit: &str,
    framework: &Framework,
) -> Result<EarlierValues, Error> {
    let wanted: BTreeSet<(String, String, u8)> = framework
        .leaves()
        .flat_map(|(node, leaf)| leaf.inputs.iter().map(move |spec| (node, spec)))
        .filter_map(|(node, spec)| match &spec.source {
            InputSource::PreviousYear { input, years } => Some((node.code.clone(), input.clone(), *years)),
            InputSource::Declared
            | InputSource::Derived(_)
            | InputSource::Survey
            | InputSource::Imported { .. }
            | InputSource::CaseEvaluation(_)
            | InputSource::FollowUp(_)
            | InputSource::Group { .. } => None,
        })
        .collect();
    let furthest = wanted.iter().map(|(_, _, years)| *years).max().unwrap_or(0);
    let mut rounds = earlier_rounds(read, round, furthest).await?;
    rounds.retain(|years, _| wanted.iter().any(|(_, _, one)| one == years));
    let mut origins = BTreeMap::new();
    for (years, earlier) in &rounds {
        origins.insert(*years, origins_in(read, earlier, unit, framework).await?);
    }
    let mut values = BTreeMap::new();
    for (criterion, input, years) in wanted {
        let origin = origins.get(&years).and_then(|leaves| leaves.get(&criterion));
        let published = match (rounds.get(&years), origin) {
            (Some(earlier), Some(origin)) => published_value(read, earlier, unit, origin, &input).await?,
            _ => None,
        };
        let value = match published {
            Some(value) => Some(value),
            None => {
                let id = Baseline::key(unit, &criterion, &input, years);
                let found = read.get::<Baseline>(&streams::round(&round.code), &id).await?;
                found.map(|one| PreviousValue {
                    value: one.value.value,
                    source: one.value.source,
                })
            }
        };
        if let Some(value) = value {
            values.insert((criterion, input, years), value);
        }
    }
    Ok(values)
}

/// The rounds whose values count, by how many years before this one they are: the previous round as last year's, whatever its
/// own year is, and by their years those behind it, each of which names the one before. A round names one that is
/// published already, so that they form no circle.
async fn earlier_rounds(read: &Reader<'_>, round: &Round, furthest: u8) -> Result<BTreeMap<u8, String>, Error> {
    let mut found: BTreeMap<u8, String> = round.previous.iter().map(|code| (1, code.clone())).collect();
    if furthest < 2 {
        return Ok(found);
    }
    let mut next = round.previous.clone();
    for _ in 0..furthest {
        let Some(code) = next else { break };
        let stream = streams::round(&code);
        read.head(&stream).await?;
        let earlier = read.require::<Round>(&stream, &code, "round").await?.value;
        if let Ok(years @ 2..) = u8::try_from(round.year - earlier.year) {
            found.entry(years).or_insert(code);
        }
        next = earlier.previous;
    }
    Ok(found)
}

/// The leaf of a unit's dossier of an earlier round that each leaf is, by code: criteria are renumbered, and a code may have gone
/// to another one. Empty where the unit has no dossier there.
async fn origins_in(
    read: &Reader<'_>,
    round: &str,
    unit: &str,
    framework: &Framework,
) -> Result<BTreeMap<String, String>, Error> {
    let stream = streams::dossier(round, unit);
    read.head(&stream).await?;
    let Some(dossier) = read.get::<Dossier>(&stream, stream.key()).await? else {
        return Ok(BTreeMap::new());
    };
    let earlier = read.framework_of(&dossier.framework).await?;
    Ok(earlier.leaves_of(framework))
}

/// The value that counted in last year's final points: corrected, declared or derived from the accepted rows.
///
/// # Errors
/// When that dossier is being corrected: its value must not be missing, nor be one that was never published.
async fn published_value(
    read: &Reader<'_>,
    round: &str,
    unit: &str,
    criterion: &str,
    input: &str,
) -> Result<Option<PreviousValue>, Error> {
    let stream = streams::dossier(round, unit);
    let Some(head) = read.head(&stream).await? else {
        return Ok(None);
    };
    let leaf = [criterion.to_owned()];
    let desk = match Desk::load(read, &stream, Some(&leaf)).await {
        Ok(desk) => desk,
        // Last year's framework did not have the criterion.
        Err(Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    if desk.dossier.phase != DossierPhase::Sealed {
        return Err(being_corrected(round));
    }
    let value = desk.facts(criterion)?.counted(Ledger::Final, input);
    Ok(value.map(|value| PreviousValue {
        value,
        source: format!("{stream}#{}", head.number),
    }))
}

/// Last year's round has to stand still while its values are taken over.
pub(super) fn being_corrected(round: &str) -> Error {
    Error::invalid(
        "previous",
        format!("Kỳ {round} đang được đính chính; mở kỳ mới sau khi kỳ đó được công bố lại."),
        format!("Round {round} is being corrected; open the new round once it is published again."),
    )
}
