//! Publishing results.

use crate::graphql::inputs::Idempotency;
use async_graphql::{InputObject, SimpleObject};

use crate::graphql::journal::Receipt;
use crate::graphql::rounds::Round;
use crate::graphql::scalars::Date;

/// A leaf that may be published unverified.
#[derive(InputObject)]
pub struct UnverifiedLeafInput {
    /// Code of the unit.
    pub unit: String,
    /// Code of the leaf.
    pub criterion: String,
    /// Why.
    pub reason: String,
}

/// Input of publishResults.
#[derive(InputObject)]
pub struct PublishResultsInput {
    /// Code of the round.
    pub round: String,
    /// Number of the announcing decision.
    pub decision_number: String,
    /// Its date.
    pub decision_date: Date,
    /// Why the published version is corrected; needed from version 2 on.
    pub correction: Option<String>,
    /// Leaves that count zero because nobody verified them.
    #[graphql(default)]
    pub unverified: Vec<UnverifiedLeafInput>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What reopenDossier did.
#[derive(SimpleObject)]
pub struct ReopenDossierPayload {
    /// The round, in appraisal again.
    pub round: Round,
    /// Proof of what was taken: by the round, if it had to be reopened, and by the dossier.
    pub receipts: Vec<Receipt>,
}
