//! Documents and their links.

use crate::graphql::inputs::Idempotency;
use async_graphql::{ID, InputObject, SimpleObject};

use crate::graphql::content::{LinkInput, RevisionInput};
use crate::graphql::dossier::Dossier;
use crate::graphql::journal::Receipt;
use crate::graphql::query::DossierRef;

/// What a change of a document did.
#[derive(SimpleObject)]
pub struct EvidencePayload {
    /// Id of the document.
    pub evidence_id: ID,
    /// The dossier as it stands.
    pub dossier: Dossier,
    /// Proof that the change was taken; null when nothing had to change.
    pub receipt: Option<Receipt>,
}

/// Input of reviseEvidence.
#[derive(InputObject)]
pub struct ReviseEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Id of the document.
    pub evidence_id: ID,
    /// The new content.
    pub content: RevisionInput,
    /// Why.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of linkEvidence.
#[derive(InputObject)]
pub struct LinkEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Id of the document.
    pub evidence_id: ID,
    /// Leaves that it is used for.
    pub links: Vec<LinkInput>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of unlinkEvidence.
#[derive(InputObject)]
pub struct UnlinkEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Id of the link.
    pub link_id: ID,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of withdrawEvidence.
#[derive(InputObject)]
pub struct WithdrawEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// Id of the document.
    pub evidence_id: ID,
    /// Why.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}
