//! Some leaves of a dossier on the desk: read together, changed together, scored again, written together.
//!
//! Totals are updated by differences; the leaf's ledgers, its place in the queue and the sheet nodes above it go into
//! the same commit as what changed them.

mod loading;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::error::Error;
use super::gate::{Context, Decision, Owner, date_in};
use super::open_dossier::queue_item;
use super::reader::Reader;
use crate::domain::assessment::{Assessment, AssessmentState, Ledgers, QueueItem};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::evidence::Link;
use crate::domain::framework::{Framework, Leaf, Method, Node};
use crate::domain::rejection::Rejection;
use crate::domain::score::{LeafFacts, LinkFacts, appraised_ledgers, ledgers};
use crate::domain::sheet::{SheetNode, nodes_above};
use crate::domain::survey::SurveyValue;
use crate::store::StreamId;
use crate::store::typed::Versioned;

pub use loading::evidence_with_revision;

/// One leaf with everything that its points follow from.
pub struct DeskLeaf {
    pub assessment: Versioned<Assessment>,
    pub item: QueueItem,
    pub links: Vec<LinkFacts>,
    pub survey: Option<SurveyValue>,
}

/// Leaves of one dossier.
pub struct Desk {
    pub dossier: Versioned<Dossier>,
    pub framework: Arc<Framework>,
    pub leaves: BTreeMap<String, DeskLeaf>,
    sheets: BTreeMap<String, SheetNode>,
    changed: BTreeSet<String>,
    /// Leaves whose place in the queue moved without the leaf itself changing.
    requeued: BTreeSet<String>,
    changed_sheets: BTreeSet<String>,
}

impl Desk {
    /// The dossier as the policy sees it.
    pub fn owner(&self) -> Owner {
        dossier_owner(&self.dossier)
    }

    /// A leaf as the policy sees it.
    pub fn leaf_owner(&self, criterion: &str) -> Owner {
        let department = self
            .leaves
            .get(criterion)
            .map_or_else(String::new, |leaf| leaf.assessment.department.clone());
        leaf_owner(&self.dossier, criterion, &department)
    }

    /// Leaves as the policy sees them: each has to allow the act; with none it is about the dossier as a whole.
    pub fn owners_of<'a>(&self, criteria: impl IntoIterator<Item = &'a String>) -> Vec<Owner> {
        let owners: Vec<Owner> = criteria
            .into_iter()
            .map(|criterion| self.leaf_owner(criterion))
            .collect();
        if owners.is_empty() { vec![self.owner()] } else { owners }
    }

    /// A leaf on the desk.
    pub fn leaf(&self, criterion: &str) -> Result<&DeskLeaf, Error> {
        self.leaves.get(criterion).ok_or(Error::NotFound { what: "criterion" })
    }

    /// A leaf on the desk, to be changed; call [`Desk::rescore`] afterwards.
    pub fn leaf_mut(&mut self, criterion: &str) -> Result<&mut DeskLeaf, Error> {
        self.leaves
            .get_mut(criterion)
            .ok_or(Error::NotFound { what: "criterion" })
    }

    /// The framework's node and leaf of a code.
    pub fn node(&self, criterion: &str) -> Result<(&Node, &Leaf), Error> {
        self.framework
            .leaf(criterion)
            .ok_or(Error::NotFound { what: "criterion" })
    }

    /// What the points of a leaf follow from.
    pub fn facts(&self, criterion: &str) -> Result<LeafFacts<'_>, Error> {
        let (node, leaf) = self.node(criterion)?;
        let desk = self.leaf(criterion)?;
        Ok(LeafFacts {
            node,
            leaf,
            assessment: &desk.assessment.value,
            links: &desk.links,
            survey: desk.survey.as_ref(),
            year: self.dossier.year,
            round_leaf: self.framework.scoring.round_leaf,
        })
    }

    /// Computes a leaf's ledgers again and moves the totals by the difference.
    pub fn rescore(&mut self, criterion: &str, now: Timestamp) -> Result<(), Error> {
        let after = ledgers(&self.facts(criterion)?);
        self.score(criterion, after, now)
    }

    /// Does the same for a leaf of which only the appraisal has changed.
    pub fn rescore_appraised(&mut self, criterion: &str, now: Timestamp) -> Result<(), Error> {
        let facts = self.facts(criterion)?;
        let after = appraised_ledgers(&facts, facts.assessment.ledgers.declared.clone());
        self.score(criterion, after, now)
    }

    fn score(&mut self, criterion: &str, after: Ledgers, now: Timestamp) -> Result<(), Error> {
        let before = std::mem::replace(&mut self.leaf_mut(criterion)?.assessment.value.ledgers, after.clone());
        if before != after {
            for node in nodes_above(&self.framework, criterion) {
                if let Some(sheet) = self.sheets.get_mut(&node) {
                    sheet.ledgers.subtract(&before);
                    sheet.ledgers.add(&after);
                    self.changed_sheets.insert(node);
                }
            }
        }
        self.requeue(criterion, now)?;
        self.changed.insert(criterion.to_owned());
        Ok(())
    }

    /// Writes a leaf again of which no points have changed.
    pub fn touch(&mut self, criterion: &str) -> Result<(), Error> {
        let since = self.leaf(criterion)?.item.changed_at;
        self.requeue(criterion, since)?;
        self.changed.insert(criterion.to_owned());
        Ok(())
    }

    fn requeue(&mut self, criterion: &str, now: Timestamp) -> Result<(), Error> {
        let leaf = self.leaf(criterion)?;
        let mut item = queue_item(&self.framework, &self.dossier, &leaf.assessment, Some(&leaf.item), now);
        let open = self.facts(criterion)?.undecided().len();
        item.open_differences = u32::try_from(open).unwrap_or(u32::MAX);
        self.leaf_mut(criterion)?.item = item;
        Ok(())
    }

    /// Computes every place in the queue again, after the dossier's applicable maximum changed. The leaves themselves
    /// keep their versions: nothing that an appraiser judges has changed.
    pub fn requeue_all(&mut self) {
        for (code, leaf) in &mut self.leaves {
            let since = leaf.item.changed_at;
            let item = queue_item(
                &self.framework,
                &self.dossier,
                &leaf.assessment,
                Some(&leaf.item),
                since,
            );
            if item != leaf.item {
                leaf.item = item;
                self.requeued.insert(code.clone());
            }
        }
    }

    /// Writes what changed.
    pub fn write<O>(self, decision: &mut Decision<O>) {
        for (code, leaf) in self.leaves {
            if self.changed.contains(&code) {
                decision.add(leaf.assessment.value);
                decision.add(leaf.item);
            } else if self.requeued.contains(&code) {
                decision.add(leaf.item);
            }
        }
        for (node, sheet) in self.sheets {
            if self.changed_sheets.contains(&node) {
                decision.add(sheet);
            }
        }
    }

    /// Whether the unit may still work on a dossier that it has not submitted.
    ///
    /// # Errors
    /// [`Rejection::DeadlineOver`] after its time, [`Rejection::NotYetOpen`] before it.
    pub fn check_in_time(&self, now: Timestamp) -> Result<(), Error> {
        if let Some(day) = self.dossier.opens_on(now) {
            return Err(Rejection::NotYetOpen { day }.into());
        }
        self.check_stage(now)
    }

    /// Whether what the dossier's stage is for is still taken.
    ///
    /// # Errors
    /// [`Rejection::DeadlineOver`] after its last day.
    pub fn check_stage(&self, now: Timestamp) -> Result<(), Error> {
        match self.dossier.closed_since(now) {
            Some((stage, day)) => Err(Rejection::DeadlineOver { stage, day }.into()),
            None => Ok(()),
        }
    }

    /// Whether a leaf is declared and reviewed at all.
    ///
    /// # Errors
    /// [`Rejection::SurveyLeaf`], [`Rejection::ImportedLeaf`] and [`Rejection::NotApplicable`].
    pub fn check_appraised(&self, criterion: &str) -> Result<(), Error> {
        let leaf = &self.leaf(criterion)?.assessment;
        let criterion = criterion.to_owned();
        match leaf.method {
            Method::Appraised => {}
            Method::Survey => return Err(Rejection::SurveyLeaf { criterion }.into()),
            Method::Imported => return Err(Rejection::ImportedLeaf { criterion }.into()),
        }
        if leaf.excluded.is_some() {
            return Err(Rejection::NotApplicable { criterion }.into());
        }
        Ok(())
    }

    /// Whether nobody else holds a leaf.
    ///
    /// # Errors
    /// [`Rejection::Claimed`].
    pub fn check_free(&self, criterion: &str, context: &Context<'_>) -> Result<(), Error> {
        let holder = self.leaf(criterion)?.item.holder(context.now);
        match holder.is_some_and(|holder| holder != context.login) {
            true => Err(Rejection::Claimed {
                criterion: criterion.to_owned(),
            }
            .into()),
            false => Ok(()),
        }
    }

    /// Whether a leaf still is as it was when somebody looked at it.
    ///
    /// # Errors
    /// [`Rejection::StaleVersion`].
    pub fn check_version(&self, criterion: &str, expected: u64) -> Result<(), Error> {
        let actual = self.leaf(criterion)?.assessment.version;
        match actual == expected {
            true => Ok(()),
            false => Err(Rejection::StaleVersion {
                criterion: criterion.to_owned(),
                expected,
                actual,
            }
            .into()),
        }
    }

    /// Whether the unit may work on a leaf now.
    ///
    /// # Errors
    /// The rule that forbids it: phase, deadline, submission, survey leaf, exclusion, an overdue supplement.
    pub fn check_open(&self, criterion: &str, now: Timestamp) -> Result<(), Error> {
        self.check_appraised(criterion)?;
        let leaf = self.leaf(criterion)?;
        match (self.dossier.phase, leaf.assessment.state) {
            (DossierPhase::SelfAssessment, AssessmentState::Open | AssessmentState::Declared)
                if !self.dossier.is_submitted() =>
            {
                self.check_in_time(now)
            }
            (DossierPhase::SelfAssessment, _) => Err(Rejection::AlreadySubmitted.into()),
            (DossierPhase::Appraisal | DossierPhase::SecondAppraisal, AssessmentState::SupplementRequested) => {
                let today = date_in(now, &self.dossier.time_zone)?;
                let due = leaf.assessment.supplement.as_ref().map(|supplement| supplement.due);
                if due.is_some_and(|due| today > due) {
                    return Err(Rejection::SupplementOverdue {
                        criterion: criterion.to_owned(),
                    }
                    .into());
                }
                Ok(())
            }
            (
                DossierPhase::Appraisal
                | DossierPhase::Explanation
                | DossierPhase::SecondAppraisal
                | DossierPhase::Sealed,
                _,
            ) => Err(Rejection::WrongPhase {
                phase: self.dossier.phase.name(),
            }
            .into()),
        }
    }

    /// Whether the unit may declare a leaf now. What the first of two rounds judged by its figures keeps them: a unit that is
    /// given such a leaf back adds evidence, and the appraiser corrects.
    ///
    /// # Errors
    /// Those of [`Desk::check_open`].
    pub fn check_declarable(&self, criterion: &str, now: Timestamp) -> Result<(), Error> {
        self.check_open(criterion, now)?;
        let was_submitted = |state| !matches!(state, AssessmentState::Open | AssessmentState::Declared);
        if self.leaf(criterion)?.assessment.after_first.is_some_and(was_submitted) {
            let phase = self.dossier.phase.name();
            return Err(Rejection::WrongPhase { phase }.into());
        }
        Ok(())
    }

    /// Whether the unit may explain a leaf now, and add evidence to it that explains.
    ///
    /// # Errors
    /// The rule that forbids it: phase, deadline, survey leaf, exclusion, a leaf that was never submitted.
    pub fn check_explainable(&self, criterion: &str, now: Timestamp) -> Result<(), Error> {
        self.check_appraised(criterion)?;
        let leaf = self.leaf(criterion)?;
        if self.dossier.phase != DossierPhase::Explanation {
            let phase = self.dossier.phase.name();
            return Err(Rejection::WrongPhase { phase }.into());
        }
        match leaf.assessment.state {
            // What was never claimed cannot be explained.
            AssessmentState::Open | AssessmentState::Declared => Err(Rejection::NotSubmitted.into()),
            AssessmentState::Submitted
            | AssessmentState::SupplementRequested
            | AssessmentState::Supplemented
            | AssessmentState::Explained
            | AssessmentState::Proposed
            | AssessmentState::Disputed
            | AssessmentState::Verified
            | AssessmentState::Final => self.check_stage(now),
        }
    }

    /// Whether the unit may add evidence to a leaf now, or change what it may change of it.
    ///
    /// # Errors
    /// Those of [`Desk::check_open`], and between the two rounds those of [`Desk::check_explainable`].
    pub fn check_evidence_open(&self, criterion: &str, now: Timestamp) -> Result<(), Error> {
        match self.dossier.phase {
            DossierPhase::Explanation => self.check_explainable(criterion, now),
            DossierPhase::SelfAssessment
            | DossierPhase::Appraisal
            | DossierPhase::SecondAppraisal
            | DossierPhase::Sealed => self.check_open(criterion, now),
        }
    }

    /// Whether the unit may change or undo a use of a document now. What the first of two rounds looked at stays.
    ///
    /// # Errors
    /// Those of [`Desk::check_evidence_open`], and [`Rejection::FirstRoundEvidence`].
    pub fn check_link_open(&self, link: &Link, now: Timestamp) -> Result<(), Error> {
        self.check_evidence_open(&link.criterion, now)?;
        if self.dossier.phase.is_behind_first() && !link.after_first {
            let used = self.leaf(&link.criterion)?.links.iter();
            let document = used
                .filter(|facts| facts.link.id == link.id)
                .map(LinkFacts::label)
                .next();
            let document = document.unwrap_or(&link.evidence).to_owned();
            return Err(Rejection::FirstRoundEvidence { document }.into());
        }
        Ok(())
    }

    /// After evidence was added or changed: a leaf that the unit explains so waits for the second round.
    pub fn note_explained(&mut self, criterion: &str) -> Result<(), Error> {
        if self.dossier.phase == DossierPhase::Explanation {
            self.leaf_mut(criterion)?.assessment.value.state = AssessmentState::Explained;
        }
        Ok(())
    }
}

/// Whether the dossier's framework has these leaves, wherever the input names them.
///
/// # Errors
/// [`Error::NotFound`] for a dossier that is not there, and for a criterion with its place in the input.
pub async fn check_criteria(
    read: &Reader<'_>,
    stream: &StreamId,
    codes: &[String],
    place: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<(), Error> {
    let dossier = read.require::<Dossier>(stream, stream.key(), "dossier").await?;
    let framework = read.framework_of(&dossier.framework).await?;
    check_known(&framework, codes, place)
}

fn check_known<'a>(
    framework: &Framework,
    codes: impl IntoIterator<Item = &'a String>,
    place: &dyn Fn(&str) -> Option<String>,
) -> Result<(), Error> {
    let unknown = codes.into_iter().find(|code| framework.leaf(code).is_none());
    let Some(unknown) = unknown else { return Ok(()) };
    let error = Error::NotFound { what: "criterion" };
    Err(match place(unknown) {
        Some(place) => error.about(place),
        None => error,
    })
}

/// A dossier as the policy sees it.
pub fn dossier_owner(dossier: &Dossier) -> Owner {
    Owner::Dossier {
        round: dossier.round.clone(),
        unit: dossier.unit.clone(),
        unit_path: dossier.unit_path.clone(),
        unit_type: dossier.unit_type.clone(),
    }
}

/// A leaf as the policy sees it.
pub fn leaf_owner(dossier: &Dossier, criterion: &str, department: &str) -> Owner {
    Owner::Leaf {
        round: dossier.round.clone(),
        unit: dossier.unit.clone(),
        unit_path: dossier.unit_path.clone(),
        unit_type: dossier.unit_type.clone(),
        criterion: criterion.to_owned(),
        department: department.to_owned(),
    }
}
