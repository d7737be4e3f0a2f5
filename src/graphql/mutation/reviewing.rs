//! What an appraiser does: claims and reviews.

use async_graphql::{Context, Object, Result};

use crate::app::error::Error;
use crate::app::{prepare_dossier, review, review_many};
use crate::domain::dossier::Dossier;
use crate::graphql::inputs::nfc;
use crate::graphql::messages::*;
use crate::graphql::query::{AssessmentKey, AssessmentRef, assessment};
use crate::graphql::queue::QueueOrder;
use crate::graphql::{ids, session};

/// Leaves grouped by dossier.
fn by_dossier(
    references: Vec<AssessmentRef>,
) -> Result<std::collections::BTreeMap<(String, String), Vec<String>>, Error> {
    let mut groups = std::collections::BTreeMap::new();
    for reference in references {
        let key = reference.resolve()?;
        groups
            .entry((key.round, key.unit))
            .or_insert_with(Vec::new)
            .push(key.criterion);
    }
    Ok(groups)
}

/// What an appraiser does: claims and reviews.
#[derive(Default)]
pub struct ReviewingMutation;

/// What an appraiser does: claims and reviews.
#[Object]
impl ReviewingMutation {
    /// Holds leaves for 20 minutes and returns everything needed to judge them. It needs no idempotencyKey: sent again it
    /// renews the leaves that one holds and answers with them.
    async fn claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which leaves.")] input: ClaimInput,
    ) -> Result<ClaimPayload> {
        let first = usize::try_from(input.first).unwrap_or(0);
        if first == 0 || first > review::MAX_CLAIM || input.assessments.len() > review::MAX_CLAIM {
            return Err(Error::invalid("first", "Từ 1 đến 50 tiêu chí.", "1 to 50 leaves.").into());
        }
        let (mut got, mut receipts) = (Vec::new(), Vec::new());
        if input.assessments.is_empty() {
            let filter = input.filter.unwrap_or_default().into();
            let order = input.order.unwrap_or(QueueOrder::Stake).into();
            let (leaves, of_dossiers) = session(context).claim_next(&input.round, &filter, order, first).await?;
            receipts = of_dossiers;
            for (unit, criterion) in leaves {
                got.push((input.round.clone(), unit, criterion));
            }
        } else {
            for ((round, unit), criteria) in by_dossier(input.assessments)? {
                let command = review::Claim {
                    round: round.clone(),
                    unit: unit.clone(),
                    criteria,
                    release: false,
                };
                let done = session(context).run(command, None).await?;
                receipts.extend(done.receipt);
                got.extend(
                    done.output
                        .into_iter()
                        .map(|criterion| (round.clone(), unit.clone(), criterion)),
                );
            }
        }
        let mut assessments = Vec::with_capacity(got.len());
        for (round, unit, criterion) in got {
            assessments.push(assessment(context, AssessmentKey { round, unit, criterion }).await?);
        }
        Ok(ClaimPayload {
            assessments,
            receipts: receipts.into_iter().map(Into::into).collect(),
        })
    }

    /// Gives claimed leaves back. It needs no idempotencyKey: sent again it changes nothing.
    async fn release_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The leaves.")] input: ReleaseClaimInput,
    ) -> Result<ItemsPayload> {
        let mut items = Vec::new();
        for ((round, unit), criteria) in by_dossier(input.assessments)? {
            let command = review::Claim {
                round,
                unit: unit.clone(),
                criteria,
                release: true,
            };
            let done = session(context).run(command, None).await?;
            for criterion in done.output {
                items.push(ItemResult {
                    unit: Some(unit.clone()),
                    criterion: Some(criterion),
                    made: None,
                    problem: None,
                    receipt: done.receipt.clone().map(Into::into),
                });
            }
        }
        Ok(ItemsPayload { items })
    }

    /// Reviews leaves: a verdict on every link, inputs confirmed or corrected, an outcome.
    async fn review(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The reviews.")] input: ReviewInput,
    ) -> Result<ItemsPayload> {
        let items = input
            .items
            .into_iter()
            .map(|item| item.resolve(None))
            .collect::<Result<Vec<_>, _>>()?;
        review_all(context, items, input.idempotency.key).await
    }

    /// Replaces one's own review, with a reason.
    async fn revise_review(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The new review and why.")] input: ReviseReviewInput,
    ) -> Result<ItemsPayload> {
        let item = input.item.resolve(Some(nfc(&input.reason)))?;
        review_all(context, vec![item], input.idempotency.key).await
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
