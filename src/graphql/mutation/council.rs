//! What the manager records of a round's council.

use async_graphql::{Context, Object, Result};

use crate::app::receipt::Done;
use crate::app::record_meeting;
use crate::graphql::council::CouncilMeeting;
use crate::graphql::inputs::nfc;
use crate::graphql::messages::*;
use crate::graphql::{ids, session};

/// What the manager records of a round's council.
#[derive(Default)]
pub struct CouncilMutation;

async fn meeting_payload(context: &Context<'_>, round: &str, done: Done<String>) -> Result<CouncilMeetingPayload> {
    let seen = session(context).council_meeting(round, &done.output, None).await?;
    Ok(CouncilMeetingPayload {
        meeting: CouncilMeeting(seen),
        receipt: done.receipt.map(Into::into),
    })
}

/// What the manager records of a round's council.
#[Object]
impl CouncilMutation {
    /// Records a meeting of a round's council with its signed minutes, for those who publish. Results that are published
    /// may rest on it (publishResults), and must where the round says so (appraisal.councilDecides).
    async fn record_council_meeting(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The round and what the minutes say.")] input: RecordCouncilMeetingInput,
    ) -> Result<CouncilMeetingPayload> {
        let round = input.round;
        let command = record_meeting::RecordCouncilMeeting {
            round: round.clone(),
            minutes: input.minutes.resolve(context).await?,
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        meeting_payload(context, &round, done).await
    }

    /// Corrects the minutes of a meeting by a new version; the versions before stay readable, and what was published rests
    /// on the version that it names.
    async fn revise_council_meeting(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which meeting, all that its minutes say now, and why.")] input: ReviseCouncilMeetingInput,
    ) -> Result<CouncilMeetingPayload> {
        let round = input.round;
        let command = record_meeting::ReviseCouncilMeeting {
            meeting: ids::in_round("CouncilMeeting", &round, &input.meeting_id),
            round: round.clone(),
            minutes: input.minutes.resolve(context).await?,
            reason: nfc(&input.reason),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        meeting_payload(context, &round, done).await
    }
}
