//! What comes into a dossier from outside the unit: criteria that do not apply.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::text::{check_name, check_text};
use crate::domain::assessment::{AssessmentState, Exclusion, Supplement};
use crate::domain::dossier::DossierPhase;
use crate::domain::exact::Exact;
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::store::StreamId;

pub(super) fn check_not_sealed(desk: &Desk) -> Result<(), Error> {
    match desk.dossier.phase {
        DossierPhase::SelfAssessment
        | DossierPhase::Appraisal
        | DossierPhase::Explanation
        | DossierPhase::SecondAppraisal => Ok(()),
        DossierPhase::Sealed => Err(Rejection::WrongPhase {
            phase: desk.dossier.phase.name(),
        }
        .into()),
    }
}

/// Decides that a criterion subtree does not apply to a unit, or that it applies again.
#[derive(Clone, Debug, Serialize)]
pub struct SetNotApplicable {
    pub round: String,
    pub unit: String,
    /// Root of the subtree; the whole framework below it.
    pub criterion: String,
    pub reason: String,
    /// The document that decided it.
    pub document: String,
    /// Lifts the exclusion again.
    pub lift: bool,
    /// Last day for the unit to declare what applies again; needed when an exclusion is lifted after submission.
    pub due: Option<Date>,
}

/// What deciding about an exclusion looks at.
pub struct Exclusions {
    desk: Desk,
    /// Every exclusion that was ever decided for the dossier, lifted ones too.
    decided: Vec<Exclusion>,
}

#[async_trait]
impl Command for SetNotApplicable {
    const NAME: &'static str = "SetNotApplicable";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Exclusions;
    /// Codes of the leaves.
    type Output = Vec<String>;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Exclusions>, Error> {
        let stream = self.stream();
        let desk = Desk::load(read, &stream, None).await?;
        let decided = read.all::<Exclusion>(&stream).await?;
        let leaves = desk.framework.under(&self.criterion);
        let owners = desk.owners_of(leaves.into_iter().map(|(node, _)| &node.code));
        let decided = decided.into_iter().map(|one| one.value).collect();
        let state = Exclusions { desk, decided };
        Ok(Loaded { state, owners })
    }

    fn decide(&self, state: Exclusions, context: &Context<'_>) -> Result<Decision<Vec<String>>, Error> {
        let Exclusions { mut desk, decided } = state;
        check_text("reason", &self.reason)?;
        check_name("document", &self.document)?;
        check_not_sealed(&desk)?;
        let leaves: Vec<String> = desk
            .framework
            .under(&self.criterion)
            .into_iter()
            .map(|(node, _)| node.code.clone())
            .collect();
        if leaves.is_empty() {
            return Err(Error::NotFound { what: "criterion" }.about("criterion"));
        }
        let standing = self.standing(&decided)?;
        for code in &leaves {
            let excluded = outermost(&desk, code, &standing);
            let leaf = &mut desk.leaf_mut(code)?.assessment.value;
            if leaf.excluded != excluded {
                leaf.excluded = excluded;
                self.reopen_if_late(&mut desk, code, context)?;
                desk.rescore(code, context.now)?;
            }
        }
        desk.dossier.value.applicable = desk
            .leaves
            .values()
            .filter(|leaf| leaf.assessment.excluded.is_none() && leaf.assessment.section.is_none())
            .fold(Exact::zero(), |sum, leaf| &sum + &leaf.assessment.max);
        // Every place in the queue is measured by the applicable maximum, which has just changed.
        desk.requeue_all();
        let exclusion = Exclusion {
            criterion: self.criterion.clone(),
            reason: self.reason.clone(),
            document: self.document.clone(),
            at: context.now,
            by: context.login.to_owned(),
            lifted: self.lift,
        };
        let mut decision = Decision::new(leaves).put(exclusion).put(desk.dossier.value.clone());
        desk.write(&mut decision);
        Ok(decision.because(self.reason.clone()))
    }
}

impl SetNotApplicable {
    /// Roots of the subtrees that do not apply once this is decided.
    fn standing(&self, decided: &[Exclusion]) -> Result<BTreeSet<String>, Error> {
        let mut standing: BTreeSet<String> = decided
            .iter()
            .filter(|one| !one.lifted)
            .map(|one| one.criterion.clone())
            .collect();
        if !self.lift {
            standing.insert(self.criterion.clone());
        } else if !standing.remove(&self.criterion) {
            return Err(Error::invalid(
                "lift",
                format!("Tiêu chí {} không có quyết định loại trừ nào để bỏ.", self.criterion),
                format!("No exclusion of {} stands that could be lifted.", self.criterion),
            ));
        }
        Ok(standing)
    }

    /// A leaf that applies again after the unit has submitted, and was never submitted itself, is opened for the unit
    /// like a supplement: otherwise nobody could ever declare or verify it.
    fn reopen_if_late(&self, desk: &mut Desk, code: &str, context: &Context<'_>) -> Result<(), Error> {
        let late = desk.dossier.is_submitted() || desk.dossier.phase != DossierPhase::SelfAssessment;
        let leaf = desk.leaf(code)?;
        let unsubmitted = matches!(leaf.assessment.state, AssessmentState::Open | AssessmentState::Declared);
        if !late || !unsubmitted || leaf.assessment.excluded.is_some() || !leaf.assessment.method.is_appraised() {
            return Ok(());
        }
        let today = context.today(&desk.dossier.time_zone)?;
        let Some(due) = self.due.filter(|due| *due >= today) else {
            return Err(Error::invalid(
                "due",
                format!(
                    "Tiêu chí {code} áp dụng trở lại sau khi đã nộp; nêu hạn để đơn vị tự chấm, từ hôm nay trở đi."
                ),
                format!(
                    "Criterion {code} applies again after submission; say until when, from today on, the unit declares it."
                ),
            ));
        };
        let leaf = &mut desk.leaf_mut(code)?.assessment.value;
        leaf.state = AssessmentState::SupplementRequested;
        leaf.supplement = Some(Supplement {
            text: self.reason.clone(),
            due,
            requested_at: context.now,
            requested_by: context.login.to_owned(),
            answer: None,
        });
        Ok(())
    }
}

/// The exclusion that covers a leaf; the outermost one if several do.
fn outermost(desk: &Desk, leaf: &str, standing: &BTreeSet<String>) -> Option<String> {
    let above = desk.framework.ancestors(leaf);
    let codes = above.iter().rev().map(|node| node.code.as_str()).chain([leaf]);
    codes
        .into_iter()
        .find(|code| standing.contains(*code))
        .map(str::to_owned)
}
