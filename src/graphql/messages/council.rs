//! The council: its meetings.

use async_graphql::{ID, InputObject, SimpleObject};

use crate::graphql::council::{CouncilMeeting, CouncilMinutesInput};
use crate::graphql::inputs::Idempotency;
use crate::graphql::journal::Receipt;

/// Input of recordCouncilMeeting.
#[derive(InputObject)]
pub struct RecordCouncilMeetingInput {
    /// Code of the round.
    pub round: String,
    /// What the minutes say, with the signed minutes as files.
    pub minutes: CouncilMinutesInput,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of reviseCouncilMeeting.
#[derive(InputObject)]
pub struct ReviseCouncilMeetingInput {
    /// Code of the round.
    pub round: String,
    /// Which meeting.
    pub meeting_id: ID,
    /// All that the minutes say now.
    pub minutes: CouncilMinutesInput,
    /// Why they are corrected.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What recordCouncilMeeting or reviseCouncilMeeting did.
#[derive(SimpleObject)]
pub struct CouncilMeetingPayload {
    /// The meeting with its newest minutes.
    pub meeting: CouncilMeeting,
    /// Proof that it was taken.
    pub receipt: Option<Receipt>,
}
