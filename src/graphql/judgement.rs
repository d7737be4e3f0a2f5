//! What was judged and why: links with their verdicts, reviews, corrections, waivers, exclusions.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Enum, ID, Object, SimpleObject};

use super::assessment::InputValue;
use super::evidence::Evidence;
use super::ids;
use super::inputs::{CorrectionBasis, RejectReason, VerdictKind};
use super::scalars::{Date, DateTime, Decimal, Fraction};
use crate::app::browse::{DossierView, Sight};
use crate::domain::score::LinkFacts;
use crate::domain::{assessment, discrepancy, dossier, evidence};

/// A document used for a leaf.
pub struct Link {
    /// Round and unit, as in the dossier's key.
    dossier: String,
    facts: LinkFacts,
    full: bool,
    view: Arc<DossierView>,
}

impl Link {
    /// A link of a leaf that the viewer sees.
    pub fn of(view: &Arc<DossierView>, facts: &LinkFacts) -> Self {
        let head = &view.desk.dossier;
        Self {
            dossier: dossier::Dossier::key(&head.round, &head.unit),
            facts: facts.clone(),
            full: view.sight(&facts.link.criterion) == Sight::Full,
            view: Arc::clone(view),
        }
    }

    /// Those of a document, to leaves that the viewer sees.
    pub fn of_document(view: &Arc<DossierView>, evidence: &str) -> Vec<Self> {
        view.links_of(evidence).map(|facts| Self::of(view, facts)).collect()
    }
}

/// A document used for a leaf, with its page reference and the verdict that stands.
#[Object]
impl Link {
    /// Opaque id, for verdicts.
    pub async fn id(&self) -> ID {
        ids::encode_part("Link", &self.dossier, &self.facts.link.id)
    }

    /// Code of the leaf.
    async fn criterion(&self) -> &str {
        &self.facts.link.criterion
    }

    /// Pages or section.
    async fn pages(&self) -> Option<&str> {
        self.facts.link.pages.as_deref()
    }

    /// Which required evidence it is meant to be.
    async fn requirement(&self) -> Option<&str> {
        self.facts.link.requirement.as_deref()
    }

    /// Added after a supplement request, or to explain.
    async fn supplementary(&self) -> bool {
        self.facts.link.supplementary
    }

    /// Added after the first of two rounds of appraisal: it counts in the final ledger alone.
    async fn after_first_round(&self) -> bool {
        self.facts.link.after_first
    }

    /// The verdict of the first round, or of the only one, on the newest revision; null while there is none.
    async fn first_verdict(&self) -> Option<VerdictKind> {
        self.facts
            .standing_in(assessment::Ledger::Verified)
            .map(|verdict| verdict.kind.into())
    }

    /// The unit's note to the appraiser; those with full sight only.
    async fn note(&self) -> Option<&str> {
        self.facts.link.note.as_deref().filter(|_| self.full)
    }

    /// The newest verdict: ACCEPTED, REJECTED or SUPPLEMENT; null while nobody has judged the newest revision.
    async fn verdict(&self) -> Option<VerdictKind> {
        self.facts.standing().map(|verdict| verdict.kind.into())
    }

    /// Number of the revision that was judged last, which need not be the newest; those with full sight only.
    async fn judged_revision(&self) -> Option<u32> {
        let verdict = self.facts.link.judged().filter(|_| self.full)?;
        Some(verdict.revision)
    }

    /// Why it was rejected, as a code; those with full sight only.
    async fn reject_reason(&self) -> Option<RejectReason> {
        let verdict = self.facts.standing().filter(|_| self.full)?;
        verdict.reason.map(Into::into)
    }

    /// Why it was rejected, in words; those with full sight only.
    async fn verdict_text(&self) -> Option<&str> {
        self.facts
            .standing()
            .filter(|_| self.full)
            .and_then(|verdict| verdict.text.as_deref())
    }

    /// The document in its newest revision.
    async fn evidence(&self) -> Evidence {
        Evidence {
            dossier: self.dossier.clone(),
            evidence: self.facts.evidence.clone(),
            revision: self.facts.revision.clone(),
            full: self.full,
            view: Some(Arc::clone(&self.view)),
        }
    }
}

/// An appraiser's act on one leaf.
pub struct Review {
    /// Round and unit, as in the dossier's key.
    pub dossier: String,
    pub review: assessment::Review,
}

/// An appraiser's act on one leaf: immutable, superseded by a later one with a reason.
#[Object]
impl Review {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode_part("Review", &self.dossier, &self.review.id)
    }

    /// Login of who reviewed.
    async fn author(&self) -> &str {
        &self.review.reviewer
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.review.at)
    }

    /// VERIFY or REQUEST_SUPPLEMENT.
    async fn outcome(&self) -> &'static str {
        match self.review.outcome {
            assessment::ReviewOutcome::Verify => "VERIFY",
            assessment::ReviewOutcome::RequestSupplement => "REQUEST_SUPPLEMENT",
        }
    }

    /// Whether it was made in the second of two rounds of appraisal.
    async fn second_round(&self) -> bool {
        self.review.second
    }

    /// Whether it is one of two that were made without one knowing the other.
    async fn independent(&self) -> bool {
        self.review.independent
    }

    /// What it asked the unit to explain before the second round.
    async fn explain(&self) -> Option<&str> {
        self.review.asks.as_deref()
    }

    /// The reviewer's comment.
    async fn comment(&self) -> Option<&str> {
        self.review.comment.as_deref()
    }

    /// Id of the review that this one replaces.
    async fn replaces(&self) -> Option<ID> {
        let replaced = self.review.replaces.as_deref()?;
        Some(ids::encode_part("Review", &self.dossier, replaced))
    }

    /// Why it replaces the one before.
    async fn reason(&self) -> Option<&str> {
        self.review.reason.as_deref()
    }

    /// The verdict on each link.
    async fn verdicts(&self) -> Vec<Verdict> {
        let verdict = |one: &evidence::LinkVerdict| Verdict {
            link: ids::encode_part("Link", &self.dossier, &one.link),
            revision: one.revision,
            kind: one.kind.into(),
            reason: one.reason.map(Into::into),
            text: one.text.clone(),
        };
        self.review.verdicts.iter().map(verdict).collect()
    }

    /// Inputs that it corrected; the others were confirmed.
    async fn corrections(&self) -> Vec<Correction> {
        corrections(&self.review.corrections)
    }

    /// Required evidence that need not be there.
    async fn waivers(&self) -> Vec<Waiver> {
        waivers(&self.review.waivers)
    }

    /// What it asked the unit for.
    async fn supplement(&self) -> Option<Supplement> {
        self.review.supplement.clone().map(Into::into)
    }
}

/// A verdict of a review on one link, naming the revision judged.
#[derive(SimpleObject)]
pub struct Verdict {
    /// Id of the link.
    pub link: ID,
    /// Number of the revision that was looked at.
    pub revision: u32,
    /// The verdict.
    pub kind: VerdictKind,
    /// Reason code of a rejection.
    pub reason: Option<RejectReason>,
    /// In words.
    pub text: Option<String>,
}

/// An input that an appraiser corrected.
#[derive(SimpleObject)]
pub struct Correction {
    /// Code of the input.
    pub input: String,
    /// The right value.
    pub value: InputValue,
    /// Why.
    pub reason: String,
    /// On what it rests.
    pub basis: CorrectionBasis,
}

/// Corrections by input.
pub fn corrections(found: &BTreeMap<String, assessment::Correction>) -> Vec<Correction> {
    found
        .iter()
        .map(|(input, one)| Correction {
            input: input.clone(),
            value: InputValue::of(input, &one.value),
            reason: one.reason.clone(),
            basis: one.basis.into(),
        })
        .collect()
}

/// Required evidence that need not be there.
#[derive(SimpleObject)]
pub struct Waiver {
    /// Code of the required evidence.
    pub requirement: String,
    /// Why.
    pub reason: String,
}

/// Waivers by required evidence.
pub fn waivers(found: &BTreeMap<String, String>) -> Vec<Waiver> {
    found
        .iter()
        .map(|(requirement, reason)| Waiver {
            requirement: requirement.clone(),
            reason: reason.clone(),
        })
        .collect()
}

/// Why a leaf does not apply to the unit: a decision about it, or about a subtree above it.
#[derive(SimpleObject)]
pub struct Exclusion {
    /// Root of the subtree.
    pub criterion: String,
    /// Why.
    pub reason: String,
    /// The document that decided it.
    pub document: String,
    /// When it was recorded.
    pub at: DateTime,
}

impl From<assessment::Exclusion> for Exclusion {
    fn from(exclusion: assessment::Exclusion) -> Self {
        Self {
            criterion: exclusion.criterion,
            reason: exclusion.reason,
            document: exclusion.document,
            at: DateTime(exclusion.at),
        }
    }
}

/// A value of an earlier year.
#[derive(SimpleObject)]
pub struct PreviousInput {
    /// The value.
    pub value: InputValue,
    /// The entry of the published dossier that it was taken from, or the document of a baseline.
    pub source: String,
}

/// A figure of another index.
#[derive(SimpleObject)]
pub struct ImportedInput {
    /// The value.
    pub value: InputValue,
    /// The document or place where it is published.
    pub source: String,
}

/// What all ranked units under the same framework have in another input of the leaf, in whatever ranking group they are.
#[derive(SimpleObject)]
pub struct GroupInput {
    /// The figure, by the code of the input that takes it.
    pub value: InputValue,
    /// Over so many units.
    pub units: u32,
    /// When it was measured.
    pub measured_at: DateTime,
}

/// Where the comparison of a declared figure with a system's stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "discrepancy::ComparisonState")]
pub enum ComparisonState {
    /// The unit has stated nothing, and its rows give nothing.
    NothingDeclared,
    /// The same, or within the tolerance.
    Agrees,
    /// They differ, and no review has decided.
    Open,
    /// The declared figure stands, for the reason given.
    DeclaredStands,
    /// The system's figure stands: the review corrected the declared one to it.
    SystemStands,
    /// The review found a third figure.
    Neither,
}

/// A figure of a system beside the declared one.
#[derive(SimpleObject)]
pub struct Comparison {
    /// What the system says; its code names the input.
    pub system: InputValue,
    /// Which system, and its export.
    pub source: String,
    /// How far the declared figure may lie from it.
    pub tolerance: Decimal,
    /// What the unit states, or what its rows give; null where there is nothing.
    pub declared: Option<InputValue>,
    /// Declared less the system's figure; null where they are no numbers.
    pub difference: Option<Fraction>,
    /// Where it stands.
    pub state: ComparisonState,
    /// Why, in the appraiser's words; null while it is not decided.
    pub reason: Option<String>,
}

impl Comparison {
    /// As the API shows it.
    pub fn of(one: &discrepancy::Comparison<'_>) -> Self {
        Self {
            system: InputValue::of(one.input, &one.system.value),
            source: one.system.source.clone(),
            tolerance: Decimal(one.system.tolerance.clone().unwrap_or_default()),
            declared: one.declared.as_ref().map(|value| InputValue::of(one.input, value)),
            difference: one.difference.clone().map(Fraction),
            state: one.state.into(),
            reason: one.reason.map(str::to_owned),
        }
    }
}

/// What the appraiser asked for, and the answer.
#[derive(SimpleObject)]
pub struct Supplement {
    /// What is asked.
    pub text: String,
    /// Last day.
    pub due: Date,
    /// What the unit answered.
    pub answer: Option<String>,
}

impl From<assessment::Supplement> for Supplement {
    fn from(supplement: assessment::Supplement) -> Self {
        Self {
            text: supplement.text,
            due: Date(supplement.due),
            answer: supplement.answer,
        }
    }
}
