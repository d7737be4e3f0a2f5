//! Documents and their links.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Result, SimpleObject};

use crate::app::carry_forward;

use crate::graphql::content::{LinkInput, RevisionInput};
use crate::graphql::dossier::Dossier;
use crate::graphql::evidence::Evidence;
use crate::graphql::framework_changes::FrameworkNodeAspect;
use crate::graphql::inputs::Idempotency;
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

/// Input of carryForward. Sent again it changes nothing: what came forward once does not come again.
#[derive(InputObject)]
pub struct CarryForwardInput {
    /// This year's dossier.
    pub dossier: DossierRef,
    /// This year's leaves; all of them if empty.
    #[graphql(default)]
    pub criteria: Vec<String>,
    /// Only say what would come forward.
    #[graphql(default)]
    pub dry_run: bool,
}

/// What carryForward did.
#[derive(SimpleObject)]
pub struct CarryForwardPayload {
    /// The dossier as it stands.
    pub dossier: Dossier,
    /// Code of the round that documents come from.
    pub from_round: String,
    /// This year's leaves that the round before had, too, in the order of the framework.
    pub leaves: Vec<CarriedLeaf>,
    /// How many uses of documents are left for another call, because one takes only so many: send it again until it is 0.
    pub left: u32,
    /// Proof that the documents were taken; null after a dry run and when nothing came forward.
    pub receipt: Option<Receipt>,
}

/// A leaf and its documents of the year before.
#[derive(SimpleObject)]
pub struct CarriedLeaf {
    /// Its code this year.
    pub criterion: String,
    /// Its code the year before.
    pub from_criterion: String,
    /// In which respects the leaf differs from the year before; empty where nothing does. See Dossier.changesSinceLastYear.
    pub changed: Vec<FrameworkNodeAspect>,
    /// The documents that it was given the year before, withdrawn ones left out.
    pub documents: Vec<CarriedDocument>,
}

/// A document of the year before, as one leaf used it.
#[derive(SimpleObject)]
pub struct CarriedDocument {
    /// Id of the document of the year before.
    pub from_evidence_id: ID,
    /// Its number and symbol, or its title where it has none.
    pub label: String,
    /// What becomes of it.
    pub fate: CarriedFate,
}

/// What becomes of a document of the year before.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "carry_forward::Fate")]
pub enum CarriedFate {
    /// It is one of this year's documents, linked to the leaf, without a verdict.
    Carried,
    /// It came forward before; what the unit did with it since stays.
    Already,
    /// Its rows are statistics of the year before.
    Statistics,
    /// It states that there was nothing to do, which is true of the year before alone.
    NothingToDo,
    /// It was rejected the year before.
    Rejected,
    /// The leaf takes no evidence: it does not apply to the unit.
    NotOpen,
    /// It is left for another call.
    Left,
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
