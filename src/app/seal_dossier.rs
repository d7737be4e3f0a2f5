//! The steps of a round's jobs that move one dossier: to appraisal, and behind the seal.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use super::desk::Desk;
use super::documents::{link_fields, streams};
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::open_dossier::queue_item;
use super::reader::Reader;
use crate::domain::assessment::{Assessment, AssessmentState, QueueItem};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::evidence::Link;
use crate::domain::framework::{Framework, Method};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Round, RoundPhase};
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// A dossier with all its leaves.
pub struct Whole {
    pub dossier: Versioned<Dossier>,
    pub assessments: Vec<Versioned<Assessment>>,
    pub items: Vec<Versioned<QueueItem>>,
    framework: Arc<Framework>,
    /// Open differences of leaves from which findings are taken as they move, by leaf.
    differing: BTreeMap<String, u32>,
}

impl Whole {
    pub async fn load(read: &Reader<'_>, stream: &StreamId) -> Result<Self, Error> {
        let dossier = read.require::<Dossier>(stream, stream.key(), "dossier").await?;
        Ok(Self {
            framework: read.framework_of(&dossier.framework).await?,
            dossier,
            assessments: read.all(stream).await?,
            items: read.all(stream).await?,
            differing: BTreeMap::new(),
        })
    }

    /// The queue place of a leaf.
    fn item(&self, criterion: &str) -> Option<&QueueItem> {
        self.items
            .iter()
            .find(|item| item.criterion == criterion)
            .map(|item| &item.value)
    }

    /// Writes the dossier with other dates, and those places in the queue that they move. The leaves keep their versions.
    pub fn reschedule<O>(&self, dossier: Dossier, decision: &mut Decision<O>) {
        for leaf in &self.assessments {
            let Some(old) = self.item(&leaf.criterion) else {
                continue;
            };
            let item = queue_item(&self.framework, &dossier, leaf, Some(old), old.changed_at);
            if item != *old {
                decision.add(item);
            }
        }
        decision.add(dossier);
    }

    /// Writes the dossier in another phase: leaves change by `next`, and those whose place in the queue changes with it
    /// take the new one.
    pub fn move_to<O>(
        self,
        phase: DossierPhase,
        next: impl Fn(&Assessment) -> Assessment,
        context: &Context<'_>,
        decision: &mut Decision<O>,
    ) {
        let dossier = Dossier {
            phase,
            ..self.dossier.value.clone()
        };
        for leaf in &self.assessments {
            let moved = next(leaf);
            let old = self.item(&leaf.criterion);
            let mut item = queue_item(&self.framework, &dossier, &moved, old, context.now);
            if let Some(differing) = self.differing.get(&leaf.criterion) {
                item.open_differences = *differing;
            }
            let changed = moved != leaf.value;
            let place = |item: &QueueItem| (item.waiting_from, item.due, item.unclaimed);
            if changed || old.is_none_or(|old| place(old) != place(&item)) {
                decision.add(item);
            }
            if changed {
                decision.add(moved);
            }
        }
        decision.add(dossier);
    }
}

/// A dossier with the round that it belongs to.
pub(super) async fn with_round(
    read: &Reader<'_>,
    round: &str,
    dossier: &StreamId,
) -> Result<Loaded<(Whole, Versioned<Round>)>, Error> {
    let stream = streams::round(round);
    read.head(&stream).await?;
    let round = read.require::<Round>(&stream, round, "round").await?;
    Ok(Loaded::of_system((Whole::load(read, dossier).await?, round)))
}

/// Moves a dossier to the phase that its round is moved to: from self-assessment to appraisal, when what was not submitted
/// can no longer be declared, from there to explanation, when what the first round verified stands in its ledger, and
/// from there to the second round.
#[derive(Debug, Serialize)]
pub(super) struct AdvanceDossier {
    pub round: String,
    pub unit: String,
    /// The job that advances; one that the round no longer waits for does nothing.
    pub job: String,
}

#[async_trait]
impl Command for AdvanceDossier {
    const NAME: &'static str = "AdvanceDossier";
    const PERMISSION: Permission = Permission::RunRound;
    /// The dossier, its round, and the links of leaves whose review nobody has confirmed.
    type State = ((Whole, Versioned<Round>), Vec<Link>);
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let found = with_round(read, &self.round, &self.stream()).await?;
        let leaves = found.state.0.assessments.iter();
        let proposed = leaves.filter(|leaf| leaf.state == AssessmentState::Proposed);
        let proposed: Vec<String> = proposed.map(|leaf| leaf.criterion.clone()).collect();
        let (mut whole, round) = found.state;
        whole.differing = differing_without(read, &self.stream(), &whole, &proposed).await?;
        let links = match proposed.is_empty() {
            true => Vec::new(),
            false => {
                let query = Link::query().in_stream(&self.stream());
                read.every(query.filter(link_fields::CRITERION.one_of(proposed)))
                    .await?
            }
        };
        Ok(Loaded {
            state: ((whole, round), links.into_iter().map(|link| link.value).collect()),
            owners: found.owners,
        })
    }

    fn decide(&self, ((state, round), links): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut decision = Decision::new(Dossier::key(&self.round, &self.unit));
        if !round.waits_for(&self.job) {
            return Ok(decision);
        }
        match (state.dossier.phase, round.advancing_to()) {
            (DossierPhase::SelfAssessment, RoundPhase::Appraisal) => {
                state.move_to(DossierPhase::Appraisal, Assessment::clone, context, &mut decision);
            }
            (DossierPhase::Appraisal, RoundPhase::Explanation) => {
                let left = |leaf: &Assessment| {
                    let leaf = without_proposal(leaf);
                    Assessment {
                        after_first: Some(leaf.state),
                        ..leaf
                    }
                };
                state.move_to(DossierPhase::Explanation, left, context, &mut decision);
                for link in links.into_iter().filter(|link| link.verdict.is_some()) {
                    decision.add(Link { verdict: None, ..link });
                }
            }
            (DossierPhase::Explanation, RoundPhase::SecondAppraisal) => {
                state.move_to(DossierPhase::SecondAppraisal, Assessment::clone, context, &mut decision);
            }
            // There already: a step done twice is a step done once.
            _ => {}
        }
        Ok(decision)
    }
}

/// Puts the seal on a dossier: after this entry every write there is refused.
#[derive(Debug, Serialize)]
pub(super) struct SealDossier {
    pub round: String,
    pub unit: String,
    /// The job that seals; one that the round no longer waits for does nothing.
    pub job: String,
}

#[async_trait]
impl Command for SealDossier {
    const NAME: &'static str = "SealDossier";
    const PERMISSION: Permission = Permission::Publish;
    /// The dossier, its round, and those of its leaves that have figures of systems beside theirs.
    type State = ((Whole, Versioned<Round>), Option<Desk>);
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let Loaded { state, owners } = with_round(read, &self.round, &self.stream()).await?;
        let leaves = state.0.assessments.iter();
        let compared = leaves.filter(|leaf| !leaf.system.is_empty() && leaf.excluded.is_none());
        let compared: Vec<String> = compared.map(|leaf| leaf.criterion.clone()).collect();
        let desk = match compared.is_empty() {
            true => None,
            false => Some(Desk::load(read, &self.stream(), Some(&compared)).await?),
        };
        let state = (state, desk);
        Ok(Loaded { state, owners })
    }

    fn decide(&self, ((state, round), desk): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut decision = Decision::new(Dossier::key(&self.round, &self.unit));
        if !round.waits_for(&self.job) {
            return Ok(decision);
        }
        let listed = |criterion: &str| {
            round.closing.as_ref().is_some_and(|closing| {
                closing
                    .unverified
                    .iter()
                    .any(|leaf| leaf.unit == self.unit && leaf.criterion == criterion)
            })
        };
        let unverified: Vec<&str> = state
            .assessments
            .iter()
            .filter(|leaf| !is_determined(leaf) && !listed(&leaf.criterion))
            .map(|leaf| leaf.criterion.as_str())
            .collect();
        if let Some(first) = unverified.first() {
            let first = format!("{}/{first}", self.unit);
            return Err(Rejection::Unverified {
                count: unverified.len(),
                first,
            }
            .into());
        }
        if let Some(desk) = desk {
            check_differences(&self.unit, &desk)?;
        }
        // One that an earlier publication sealed had to pass the list of this one, too.
        if state.dossier.phase == DossierPhase::Sealed {
            return Ok(decision);
        }
        let sealed = |leaf: &Assessment| Assessment {
            state: match leaf.state {
                AssessmentState::Verified => AssessmentState::Final,
                other => other,
            },
            ..leaf.clone()
        };
        state.move_to(DossierPhase::Sealed, sealed, context, &mut decision);
        Ok(decision)
    }
}

/// Whether what was decided about figures that differ from a system's is decided for every leaf that counts.
///
/// # Errors
/// [`Rejection::OpenDifferences`] if it is not.
fn check_differences(unit: &str, desk: &Desk) -> Result<(), Error> {
    let mut differing = Vec::new();
    for (code, leaf) in &desk.leaves {
        let counts = leaf.item.is_handed_over() && is_determined(&leaf.assessment);
        if counts && !desk.facts(code)?.undecided().is_empty() {
            differing.push(code);
        }
    }
    match differing.first() {
        None => Ok(()),
        Some(first) => Err(Rejection::OpenDifferences {
            count: differing.len(),
            first: format!("{unit}/{first}"),
        }
        .into()),
    }
}

/// How many figures of these leaves differ from a system's once their proposed reviews have lapsed.
async fn differing_without(
    read: &Reader<'_>,
    stream: &StreamId,
    whole: &Whole,
    proposed: &[String],
) -> Result<BTreeMap<String, u32>, Error> {
    let compared = |code: &&String| {
        let leaf = whole.assessments.iter().find(|leaf| leaf.criterion == **code);
        leaf.is_some_and(|leaf| !leaf.system.is_empty())
    };
    let codes: Vec<String> = proposed.iter().filter(compared).cloned().collect();
    if codes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut desk = Desk::load(read, stream, Some(&codes)).await?;
    let mut differing = BTreeMap::new();
    for code in codes {
        let leaf = &mut desk.leaf_mut(&code)?.assessment.value;
        *leaf = without_proposal(leaf);
        let open = desk.facts(&code)?.undecided().len();
        differing.insert(code, u32::try_from(open).unwrap_or(u32::MAX));
    }
    Ok(differing)
}

/// A leaf as the first round of appraisal leaves it: a review that nobody confirmed, or that another one contradicts, has
/// found nothing.
fn without_proposal(leaf: &Assessment) -> Assessment {
    match leaf.state {
        AssessmentState::Proposed | AssessmentState::Disputed => Assessment {
            state: AssessmentState::Submitted,
            established: None,
            proposal: None,
            twice: None,
            ..leaf.clone()
        },
        AssessmentState::Open
        | AssessmentState::Declared
        | AssessmentState::Submitted
        | AssessmentState::SupplementRequested
        | AssessmentState::Supplemented
        | AssessmentState::Explained
        | AssessmentState::Verified
        | AssessmentState::Final => leaf.clone(),
    }
}

/// Whether a leaf needs no appraiser any more: verified, fed by the survey or from another index, not applicable, or outside the scale with
/// nothing claimed and nothing found.
pub(super) fn is_determined(leaf: &Assessment) -> bool {
    match leaf.method {
        _ if leaf.excluded.is_some() => true,
        _ if leaf.section.is_some() && leaf.state == AssessmentState::Open => true,
        Method::Survey | Method::Imported | Method::Appraised => {
            matches!(leaf.state, AssessmentState::Verified | AssessmentState::Final)
        }
    }
}
