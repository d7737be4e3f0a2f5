//! Documents and their links.

use crate::graphql::inputs::Idempotency;
use async_graphql::{ComplexObject, Context, ID, InputObject, Result, SimpleObject};

use crate::graphql::content::{LinkInput, RevisionInput};
use crate::graphql::dossier::Dossier;
use crate::graphql::evidence::Evidence;
use crate::graphql::journal::Receipt;
use crate::graphql::judgement::Link;
use crate::graphql::query::DossierRef;

/// What a change of a document did.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct EvidencePayload {
    /// Id of the document.
    pub evidence_id: ID,
    /// The document's own key, for what is told of it.
    #[graphql(skip)]
    pub changed: String,
    /// The dossier as it stands.
    pub dossier: Dossier,
    /// Proof that the change was taken; null when nothing had to change.
    pub receipt: Option<Receipt>,
}

/// What a change of a document did.
#[ComplexObject]
impl EvidencePayload {
    /// The document as it stands.
    async fn evidence(&self, context: &Context<'_>) -> Result<Evidence> {
        let view = self.dossier.view(context).await?;
        Evidence::changed(context, &view, &self.changed).await
    }

    /// Its links as they stand, those that the call made among them; in order of the leaves.
    async fn links(&self, context: &Context<'_>) -> Result<Vec<Link>> {
        let view = self.dossier.view(context).await?;
        Ok(Link::of_document(&view, &self.changed))
    }
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
