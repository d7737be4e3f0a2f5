//! Issuing conclusions, and following up what they ask.

use async_graphql::{Context, Object, Result};

use crate::app::follow_up::{AmendFollowUp, Asked, DecideFollowUp, ReportFollowUp};
use crate::app::receipt::Done;
use crate::graphql::conclusions::conclusion_of;
use crate::graphql::follow_ups::FollowUp;
use crate::graphql::inputs::nfc;
use crate::graphql::messages::*;
use crate::graphql::session;

/// Conclusions, and following up what they ask.
#[derive(Default)]
pub struct ConclusionMutation;

async fn follow_up_payload<O>(context: &Context<'_>, asked: &Asked, done: Done<O>) -> Result<FollowUpPayload> {
    let found = session(context)
        .follow_up(&asked.conclusion, &asked.task, &asked.unit)
        .await?;
    Ok(FollowUpPayload {
        follow_up: FollowUp(found),
        receipt: done.receipt.map(Into::into),
    })
}

/// Conclusions, and following up what they ask.
#[Object]
impl ConclusionMutation {
    /// Issues a conclusion: a signed notice or decision with its sections, findings and tasks, for those who run rounds. Its figures are
    /// references to published results and to figures of indices; their values are taken as they stand. An issued conclusion never changes;
    /// a correction is another one that names it in replaces. What the
    /// replaced one asks stays asked until it is lifted (amendFollowUp).
    async fn issue_conclusion(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The conclusion.")] input: IssueConclusionInput,
    ) -> Result<IssueConclusionPayload> {
        let (command, key) = input.resolve();
        let done = session(context).run(command, key).await?;
        Ok(IssueConclusionPayload {
            conclusion: conclusion_of(context, &done.output).await?,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// Reports what a unit did of what a conclusion asks, for its officers and its head. The deadline is kept by the day on which the report
    /// comes in, if it is accepted.
    async fn report_follow_up(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is reported on, and the letter.")] input: ReportFollowUpInput,
    ) -> Result<FollowUpPayload> {
        let asked = Asked::from(input.asked);
        let command = ReportFollowUp {
            asked: asked.clone(),
            text: nfc(&input.text),
            letter: input.letter.resolve(context).await?,
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        follow_up_payload(context, &asked, done).await
    }

    /// Accepts the report that waits, or sends it back, for those who run rounds; never that of one's own unit.
    async fn decide_follow_up(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose report, and what becomes of it.")] input: DecideFollowUpInput,
    ) -> Result<FollowUpPayload> {
        let asked = Asked::from(input.asked);
        let command = DecideFollowUp {
            asked: asked.clone(),
            report: input.report,
            accept: input.accept,
            reason: nfc(&input.reason),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        follow_up_payload(context, &asked, done).await
    }

    /// Puts a unit's deadline off, or asks the unit no more, for those who run rounds; never for one's own unit.
    async fn amend_follow_up(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What changes, and why.")] input: AmendFollowUpInput,
    ) -> Result<FollowUpPayload> {
        let amendment = input.amendment()?;
        let asked = Asked::from(input.asked);
        let command = AmendFollowUp {
            asked: asked.clone(),
            amendment,
            reason: nfc(&input.reason),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        follow_up_payload(context, &asked, done).await
    }
}
