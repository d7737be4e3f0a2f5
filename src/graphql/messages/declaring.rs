//! Declaring, submitting, returning, answering a request for a supplement.

use async_graphql::{InputObject, SimpleObject};

use super::ItemResult;
use crate::graphql::assessment::Assessment;
use crate::graphql::dossier::Dossier;
use crate::graphql::inputs::{DeclareItemInput, Idempotency};
use crate::graphql::journal::Receipt;
use crate::graphql::query::{AssessmentRef, DossierRef};

/// Input of declare.
#[derive(InputObject)]
pub struct DeclareInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Leaves, all in one commit.
    pub items: Vec<DeclareItemInput>,
    /// Only say what would become of each item.
    #[graphql(default)]
    pub dry_run: bool,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What declare did.
#[derive(SimpleObject)]
pub struct DeclarePayload {
    /// One per item.
    pub items: Vec<ItemResult>,
    /// The dossier as it stands.
    pub dossier: Dossier,
    /// Proof that the declarations were taken; null after a dry run, and when nothing had to change.
    pub receipt: Option<Receipt>,
}

/// Input of submitDossier.
#[derive(InputObject)]
pub struct SubmitDossierInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of returnDossier and reopenDossier.
#[derive(InputObject)]
pub struct ReturnDossierInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Why.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of answerSupplement.
#[derive(InputObject)]
pub struct AnswerSupplementInput {
    /// Which leaf.
    pub assessment: AssessmentRef,
    /// The unit's answer.
    pub answer: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of submitExplanation.
#[derive(InputObject)]
pub struct SubmitExplanationInput {
    /// Which leaf.
    pub assessment: AssessmentRef,
    /// What the unit says to what the first round found.
    pub text: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What a change of a leaf did.
#[derive(SimpleObject)]
pub struct AssessmentPayload {
    /// The leaf as it stands.
    pub assessment: Assessment,
    /// Proof that the change was taken; null when nothing had to change.
    pub receipt: Option<Receipt>,
}
