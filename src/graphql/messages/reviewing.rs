//! Claims and reviews.

use async_graphql::{InputObject, SimpleObject};

use crate::graphql::assessment::Assessment;
use crate::graphql::inputs::{Idempotency, ReviewItemInput};
use crate::graphql::journal::Receipt;
use crate::graphql::query::AssessmentRef;
use crate::graphql::queue::{QueueFilter, QueueOrder};

/// Input of claim: the next leaves by filter, or given ones.
#[derive(InputObject)]
pub struct ClaimInput {
    /// Code of the round.
    pub round: String,
    /// Given leaves; the next ones by filter if empty.
    #[graphql(default)]
    pub assessments: Vec<AssessmentRef>,
    /// Which criteria.
    pub filter: Option<QueueFilter>,
    /// Order; most points at stake first if not stated.
    pub order: Option<QueueOrder>,
    /// How many, 1 to 50.
    #[graphql(default = 10)]
    pub first: i32,
}

/// What claim or releaseClaim did.
#[derive(SimpleObject)]
pub struct ClaimPayload {
    /// The leaves that the viewer holds for 20 minutes, with everything needed to judge; those that others hold are
    /// left out.
    pub assessments: Vec<Assessment>,
    /// Proof of the claims, one for each dossier where something changed.
    pub receipts: Vec<Receipt>,
}

/// Input of releaseClaim.
#[derive(InputObject)]
pub struct ReleaseClaimInput {
    /// The leaves.
    pub assessments: Vec<AssessmentRef>,
}

/// Input of review.
#[derive(InputObject)]
pub struct ReviewInput {
    /// Up to 200 leaves of many dossiers; atomic per dossier.
    pub items: Vec<ReviewItemInput>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of reviseReview.
#[derive(InputObject)]
pub struct ReviseReviewInput {
    /// The new review of one's own leaf.
    pub item: ReviewItemInput,
    /// Why it replaces the one before.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}
