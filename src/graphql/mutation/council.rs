//! What is recorded of a round's council, and appeals to it.

use async_graphql::{Context, Object, Result};

use crate::app::receipt::Done;
use crate::app::{keep_appeals, record_meeting};
use crate::graphql::appeals::Appeal;
use crate::graphql::council::CouncilMeeting;
use crate::graphql::inputs::nfc;
use crate::graphql::messages::*;
use crate::graphql::{ids, session};

/// What is recorded of a round's council, and appeals to it.
#[derive(Default)]
pub struct CouncilMutation;

async fn meeting_payload(context: &Context<'_>, round: &str, done: Done<String>) -> Result<CouncilMeetingPayload> {
    let seen = session(context).council_meeting(round, &done.output, None).await?;
    Ok(CouncilMeetingPayload {
        meeting: CouncilMeeting(seen),
        receipt: done.receipt.map(Into::into),
    })
}

async fn appeal_payload(context: &Context<'_>, round: &str, done: Done<String>) -> Result<AppealPayload> {
    Ok(AppealPayload {
        appeal: Appeal(session(context).appeal(round, &done.output).await?),
        receipt: done.receipt.map(Into::into),
    })
}

/// What is recorded of a round's council, and appeals to it.
#[Object]
impl CouncilMutation {
    /// Records a meeting of a round's council with its signed minutes, for those who publish. Results that are published
    /// may rest on it (publishResults), and must where the round says so (appraisal.councilDecides). A meeting of the same
    /// number and day is recorded once.
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
            expected_version: input.expected_version,
            round: round.clone(),
            minutes: input.minutes.resolve(context).await?,
            reason: nfc(&input.reason),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        meeting_payload(context, &round, done).await
    }

    /// Appeals by the unit's letter to the council against the unit's published results, for its head: until the day that
    /// the newest publication names (appealDay), and one appeal at a time.
    async fn file_appeal(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dossier, the letter, and what it is against.")] input: FileAppealInput,
    ) -> Result<AppealPayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let command = keep_appeals::FileAppeal {
            round: round.clone(),
            unit,
            letter: input.letter.resolve(context).await?,
            grounds: input.grounds.into_iter().map(Into::into).collect(),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        appeal_payload(context, &round, done).await
    }

    /// Answers an appeal on behalf of the council, for those who publish; an answer does not change. What it upholds changes
    /// no points by itself: reopenDossier, a new review and publishResults with a correction and appealIds do.
    async fn answer_appeal(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The appeal and the council's answer.")] input: AnswerAppealInput,
    ) -> Result<AppealPayload> {
        let round = input.round;
        let minutes = input.council_minutes_id.as_ref();
        let command = keep_appeals::AnswerAppeal {
            appeal: ids::in_round("Appeal", &round, &input.appeal_id),
            minutes: minutes.map(|id| ids::in_round("CouncilMinutes", &round, id)),
            round: round.clone(),
            letter: input.letter.resolve(context).await?,
            findings: input.findings.into_iter().map(Into::into).collect(),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        appeal_payload(context, &round, done).await
    }
}
