//! Publishing results.

use crate::graphql::inputs::Idempotency;
use async_graphql::{ID, InputObject, SimpleObject};

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
    /// Its date, for a correction not before the answers to the appeals that it follows.
    pub decision_date: Date,
    /// Why the published version is corrected; needed from version 2 on.
    pub correction: Option<String>,
    /// Leaves that count zero because nobody verified them; a correction lists them again.
    #[graphql(default)]
    pub unverified: Vec<UnverifiedLeafInput>,
    /// The minutes of the round's council that the decision rests on, in their newest version (minutes.id of the meeting), of
    /// the day of the decision or before; the results name this version for good. Needed where the round says so
    /// (appraisal.councilDecides), for a correction too.
    pub council_minutes_id: Option<ID>,
    /// Appeals that the correction follows, at most 500: each answered, and upheld or upheld in part. They are named with the
    /// results, and name this version then.
    #[graphql(default)]
    pub appeal_ids: Vec<ID>,
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
