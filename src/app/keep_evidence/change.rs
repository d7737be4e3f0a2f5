//! Revising and withdrawing a document.

use async_trait::async_trait;
use serde::Serialize;

use super::linking::EvidenceInUse;
use super::{NewRevision, RevisionInput, check_dossier_open, check_still_serves, file_uses, replace_revision};
use crate::app::documents::streams;
use crate::app::error::Error;
use crate::app::gate::{Command, Context, Decision, Loaded};
use crate::app::reader::Reader;
use crate::app::text::check_text;
use crate::domain::assessment::AssessmentState;
use crate::domain::evidence::{Evidence, EvidenceState};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::store::StreamId;

/// Replaces a document's content by a new revision; the old one stays readable.
#[derive(Clone, Debug, Serialize)]
pub struct ReviseEvidence {
    pub round: String,
    pub unit: String,
    pub evidence: String,
    pub revision: RevisionInput,
    pub reason: String,
}

#[async_trait]
impl Command for ReviseEvidence {
    const NAME: &'static str = "ReviseEvidence";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = EvidenceInUse;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        EvidenceInUse::to_change(read, &self.stream(), &self.evidence).await
    }

    fn decide(&self, mut state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        state.check_active()?;
        let linked = state.linked();
        check_dossier_open(&state.desk, linked.is_empty(), context.now)?;
        let zone = state.desk.dossier.time_zone.clone();
        for link in state.links() {
            state.desk.check_link_open(link, context.now)?;
        }
        let number = state.evidence.revision + 1;
        let next = NewRevision {
            evidence: &self.evidence,
            number,
            kind: state.evidence.kind,
            input: &self.revision,
            reason: Some(self.reason.clone()),
        }
        .make(context, &zone)?;
        let evidence = Evidence {
            revision: number,
            changed_at: context.now,
            ..state.evidence.value.clone()
        };
        check_still_serves(&state.desk, state.links(), &evidence, &next)?;
        let mut decision = Decision::new(self.evidence.clone()).put_all(file_uses(&state.desk, &next));
        for criterion in &linked {
            replace_revision(&mut state.desk, criterion, &evidence, &next, &self.revision)?;
            state.desk.note_explained(criterion)?;
            state.desk.rescore(criterion, context.now)?;
        }
        decision.add(evidence);
        decision.add(next);
        state.desk.write(&mut decision);
        Ok(decision.because(self.reason.clone()))
    }
}

/// Withdraws a document before submission; it stays readable in the history.
#[derive(Clone, Debug, Serialize)]
pub struct WithdrawEvidence {
    pub round: String,
    pub unit: String,
    pub evidence: String,
    pub reason: String,
}

#[async_trait]
impl Command for WithdrawEvidence {
    const NAME: &'static str = "WithdrawEvidence";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = EvidenceInUse;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        EvidenceInUse::to_change(read, &self.stream(), &self.evidence).await
    }

    fn decide(&self, mut state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        let mut decision = Decision::new(self.evidence.clone()).because(self.reason.clone());
        if state.evidence.state == EvidenceState::Withdrawn {
            return Ok(decision);
        }
        if state.desk.dossier.is_submitted() {
            let document = state.label();
            return Err(Rejection::EvidenceInUse { document }.into());
        }
        check_dossier_open(&state.desk, true, context.now)?;
        let withdrawn = Evidence {
            state: EvidenceState::Withdrawn,
            changed_at: context.now,
            ..state.evidence.value.clone()
        };
        for criterion in state.linked() {
            debug_assert!(state.desk.leaf(&criterion)?.assessment.state <= AssessmentState::Declared);
            for facts in &mut state.desk.leaf_mut(&criterion)?.links {
                if facts.evidence.id == withdrawn.id {
                    facts.evidence = withdrawn.clone();
                }
            }
            state.desk.rescore(&criterion, context.now)?;
        }
        decision.add(withdrawn);
        state.desk.write(&mut decision);
        Ok(decision)
    }
}
