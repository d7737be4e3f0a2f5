//! Claims and reviews.

use async_graphql::{Enum, InputObject, SimpleObject};

use super::ItemProblem;
use crate::app::claim::Claimed;
use crate::app::prepare_dossier;
use crate::app::receipt::Done;
use crate::app::review_many::LeafKey;
use crate::graphql::allocation::AllocationPlan;
use crate::graphql::assessment::Assessment;
use crate::graphql::inputs::{Idempotency, ReviewItemInput};
use crate::graphql::journal::Receipt;
use crate::graphql::query::AssessmentRef;
use crate::graphql::queue::{QueueFilter, QueueOrder};
use crate::graphql::scalars::{DateTime, Long};

/// Input of claim: the next leaves by filter, or given ones.
#[derive(InputObject)]
pub struct ClaimInput {
    /// Code of the round.
    pub round: String,
    /// Given leaves; the next ones by filter that nobody holds yet if empty.
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

/// What became of a leaf that the viewer wanted to claim.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// The viewer holds it.
    Claimed,
    /// Somebody else holds it.
    Held,
    /// It is not in the queue, or not any more: judged, returned, or the unit's turn.
    NotWaiting,
    /// It could not be claimed, and with it nothing of its dossier; the problem says why.
    Refused,
}

/// What became of one leaf of a claim.
#[derive(SimpleObject)]
pub struct ClaimItem {
    /// Code of the round.
    pub round: String,
    /// Code of the unit.
    pub unit: String,
    /// Code of the leaf.
    pub criterion: String,
    /// What became of it.
    pub outcome: ClaimOutcome,
    /// Until when the viewer or somebody else holds it; null if it is not waiting or refused.
    pub held_until: Option<DateTime>,
    /// Why it is refused.
    pub problem: Option<ItemProblem>,
}

impl From<(LeafKey, Result<Done<Claimed>, prepare_dossier::ItemProblem>)> for ClaimItem {
    fn from((leaf, claimed): (LeafKey, Result<Done<Claimed>, prepare_dossier::ItemProblem>)) -> Self {
        let (outcome, held_until, problem) = match claimed.map(|done| done.output) {
            Ok(Claimed::Mine { until }) => (ClaimOutcome::Claimed, Some(DateTime(until)), None),
            Ok(Claimed::Others { until }) => (ClaimOutcome::Held, Some(DateTime(until)), None),
            Ok(Claimed::NotWaiting) => (ClaimOutcome::NotWaiting, None, None),
            Err(problem) => (ClaimOutcome::Refused, None, Some(problem.into())),
        };
        Self {
            round: leaf.round,
            unit: leaf.unit,
            criterion: leaf.criterion,
            outcome,
            held_until,
            problem,
        }
    }
}

/// What claim did.
#[derive(SimpleObject)]
pub struct ClaimPayload {
    /// One per leaf, in the order given or, without given leaves, in the order of the queue.
    pub items: Vec<ClaimItem>,
    /// The leaves that the viewer holds for 20 minutes, in the same order, with everything needed to judge.
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
    /// Up to 200 leaves of many dossiers; those of one dossier are reviewed together or not at all.
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

/// Input of confirmReview.
#[derive(InputObject)]
pub struct ConfirmReviewInput {
    /// Which leaf.
    pub assessment: AssessmentRef,
    /// Version of the leaf that was looked at.
    pub expected_version: Long,
    /// Whether the review is confirmed.
    pub confirms: bool,
    /// Why; needed where it is not.
    pub reason: Option<String>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of reconcileReview.
#[derive(InputObject)]
pub struct ReconcileReviewInput {
    /// The lead's own review of the leaf.
    pub item: ReviewItemInput,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// How much one person is given at most.
#[derive(InputObject)]
pub struct AppraiserLimitInput {
    /// Login of the person.
    pub login: String,
    /// Most leaves; 0 gives the person nothing.
    pub max_leaves: u32,
}

/// Input of allocateReviews.
#[derive(InputObject)]
pub struct AllocateReviewsInput {
    /// Code of the round.
    pub round: String,
    /// Logins of the people who are given something, at most 1,000; everybody with a grant to review in force if empty.
    #[graphql(default)]
    pub appraisers: Vec<String>,
    /// Most leaves of each person; no limit if not stated.
    pub max_leaves: Option<u32>,
    /// Other limits of single people, each named once, at most 1,000.
    #[graphql(default)]
    pub limits: Vec<AppraiserLimitInput>,
    /// Only make the plan and show it. False puts it in force, in place of the plan before.
    #[graphql(default = true)]
    pub dry_run: bool,
}

/// What allocateReviews did.
#[derive(SimpleObject)]
pub struct AllocateReviewsPayload {
    /// The plan.
    pub plan: AllocationPlan,
    /// Proof that the plan is in force from then on; null after a dry run, and when the same plan was in force.
    pub receipt: Option<Receipt>,
}
