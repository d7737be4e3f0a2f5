//! What an appraiser does: claims and reviews.

use async_graphql::{Context, Object, Result};

use crate::app::claim::{self, Claimed};
use crate::app::error::Error;
use crate::app::receipt::Done;
use crate::app::review_many::{self, LeafKey};
use crate::app::{prepare_dossier, review, second_person};
use crate::domain::dossier::Dossier;
use crate::graphql::inputs::{nfc, nfc_option};
use crate::graphql::messages::*;
use crate::graphql::query::{AssessmentKey, AssessmentRef, assessment};
use crate::graphql::queue::QueueOrder;
use crate::graphql::{ids, session};

fn leaf_keys(references: Vec<AssessmentRef>) -> Result<Vec<LeafKey>, Error> {
    let leaf = |(place, reference): (usize, AssessmentRef)| {
        let AssessmentKey { round, unit, criterion } = reference.resolve(&format!("assessments.{place}"))?;
        Ok(LeafKey { round, unit, criterion })
    };
    references.into_iter().enumerate().map(leaf).collect()
}

/// What an appraiser does: claims and reviews.
#[derive(Default)]
pub struct ReviewingMutation;

/// What an appraiser does: claims and reviews.
#[Object]
impl ReviewingMutation {
    /// Holds leaves for 20 minutes and returns everything needed to judge them: given ones, or the next by filter that
    /// nobody holds yet, the viewer neither. It needs no idempotencyKey. Given leaves that one holds already are renewed;
    /// after an answer that was lost, reviewQueue with the filter claim: MINE finds what one holds, and claim with that
    /// filter renews it. Nobody holds more than 200 leaves of a round at once: beyond that the call is REJECTED with the
    /// rule TOO_MANY_CLAIMS. What is wrong with a leaf or a dossier is told in its items.
    async fn claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which leaves.")] input: ClaimInput,
    ) -> Result<ClaimPayload> {
        let first = usize::try_from(input.first).unwrap_or(0);
        for (field, wanted) in [("first", first), ("assessments", input.assessments.len().max(1))] {
            if wanted == 0 || wanted > claim::MAX_CLAIM {
                return Err(Error::invalid(field, "Từ 1 đến 50 tiêu chí.", "1 to 50 leaves.").into());
            }
        }
        let outcomes = if input.assessments.is_empty() {
            let filter = input.filter.unwrap_or_default().into();
            let order = input.order.unwrap_or(QueueOrder::Stake).into();
            let next = session(context).claim_next(&input.round, &filter, order, first);
            next.await?
        } else {
            session(context).claim(leaf_keys(input.assessments)?).await?
        };
        let mut assessments = Vec::with_capacity(outcomes.len());
        for (leaf, _) in outcomes
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Ok(done) if matches!(done.output, Claimed::Mine { .. })))
        {
            let LeafKey { round, unit, criterion } = leaf.clone();
            assessments.push(assessment(context, AssessmentKey { round, unit, criterion }).await?);
        }
        let mut receipts: Vec<_> = Vec::new();
        for done in outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()) {
            let new = done.receipt.clone().filter(|receipt| !receipts.contains(receipt));
            receipts.extend(new);
        }
        Ok(ClaimPayload {
            items: outcomes.into_iter().map(Into::into).collect(),
            assessments,
            receipts: receipts.into_iter().map(Into::into).collect(),
        })
    }

    /// Gives claimed leaves back. It needs no idempotencyKey: sent again it changes nothing. What is wrong with a leaf or a
    /// dossier is told in its items.
    async fn release_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The leaves.")] input: ReleaseClaimInput,
    ) -> Result<ItemsPayload> {
        let released = session(context).release_claim(leaf_keys(input.assessments)?).await?;
        let item = |(leaf, outcome): (LeafKey, Result<Done<bool>, prepare_dossier::ItemProblem>)| {
            let (receipt, problem) = match outcome {
                Ok(done) => (done.receipt, None),
                Err(problem) => (None, Some(problem.into())),
            };
            ItemResult {
                unit: Some(leaf.unit),
                criterion: Some(leaf.criterion),
                made: None,
                problem,
                receipt: receipt.map(Into::into),
            }
        };
        Ok(ItemsPayload {
            items: released.into_iter().map(item).collect(),
        })
    }

    /// Reviews leaves: a verdict on every link, inputs confirmed or corrected, an outcome. The reviews of one dossier are
    /// made together or not at all, those of other dossiers by themselves. What is wrong with a leaf or a dossier is told
    /// by the problem of each item that it concerns, and the others of that dossier say which item stood in their way
    /// (rule OTHER_ITEM_REFUSED). Only what is wrong with the whole call is an error: no token, no right to review
    /// anything, too many items, input that is not well formed, an outcome that nobody knows. A leaf of a penalty section,
    /// with a veto or named by a condition of a class may be reviewed although the unit declared nothing there: what was
    /// found is stated as corrections. A penalty is not verified without its figures; a bonus without evidence is
    /// verified as none.
    async fn review(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The reviews.")] input: ReviewInput,
    ) -> Result<ItemsPayload> {
        let items = input
            .items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                item.resolve(None)
                    .map_err(|error| error.within(&format!("items.{index}")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        review_all(context, items, input.idempotency.key).await
    }

    /// Replaces one's own review, with a reason. What is wrong with it is told by the item's problem, as review does.
    async fn revise_review(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new review and why.")] input: ReviseReviewInput,
    ) -> Result<ItemsPayload> {
        let item = input.item.resolve(Some(nfc(&input.reason)));
        let item = item.map_err(|error| error.within("item"))?;
        review_all(context, vec![item], input.idempotency.key).await
    }

    /// A second person confirms a review that changes more points than one may, or does not: then the leaf waits as if it had
    /// not been reviewed.
    async fn confirm_review(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which leaf, and whether its review is confirmed.")] input: ConfirmReviewInput,
    ) -> Result<AssessmentPayload> {
        let key = input.assessment.resolve("assessment")?;
        let command = second_person::ConfirmReview {
            round: key.round.clone(),
            unit: key.unit.clone(),
            criterion: key.criterion.clone(),
            expected_version: input.expected_version.0,
            confirms: input.confirms,
            reason: nfc_option(input.reason),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        Ok(AssessmentPayload {
            assessment: assessment(context, key).await?,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// The lead decides a leaf on which two independent reviews differ, by a review of the lead's own. A lead who made one of the
    /// two is refused with the rule OWN_DISPUTE.
    async fn reconcile_review(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The review that decides.")] input: ReconcileReviewInput,
    ) -> Result<AssessmentPayload> {
        let (leaf, mut item) = input.item.resolve(None).map_err(|error| error.within("item"))?;
        item.alone = true;
        let command = second_person::ReconcileReview {
            round: leaf.round.clone(),
            unit: leaf.unit.clone(),
            item,
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        let LeafKey { round, unit, criterion } = leaf;
        Ok(AssessmentPayload {
            assessment: assessment(context, AssessmentKey { round, unit, criterion }).await?,
            receipt: done.receipt.map(Into::into),
        })
    }
}

async fn review_all(
    context: &Context<'_>,
    items: Vec<(review_many::LeafKey, review::ReviewItem)>,
    key: Option<String>,
) -> Result<ItemsPayload> {
    let outcomes = session(context).review(items, key).await?;
    let item = |(leaf, outcome): (
        review_many::LeafKey,
        Result<review_many::Made, prepare_dossier::ItemProblem>,
    )| {
        let (made, receipt, problem) = match outcome {
            Ok(made) => (Some(made.review), Some(made.receipt.into()), None),
            Err(problem) => (None, None, Some(problem.into())),
        };
        ItemResult {
            made: made.map(|id| ids::encode_part("Review", &Dossier::key(&leaf.round, &leaf.unit), &id)),
            unit: Some(leaf.unit),
            criterion: Some(leaf.criterion),
            problem,
            receipt,
        }
    };
    Ok(ItemsPayload {
        items: outcomes.into_iter().map(item).collect(),
    })
}
